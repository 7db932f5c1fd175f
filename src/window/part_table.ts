import type { Field } from "../columns/schema.ts";
import { type GatheredTable, gatherTable } from "../columns/table.ts";
import type { LocalRows, RowRun } from "../columns/held_rows.ts";
import { gatherInKernel } from "../columns/kernel_table.ts";
import type { PartitionColumn } from "../partition/partition_column.ts";
import { addPathColumns } from "../partition/path_columns.ts";
import type { Partition } from "../partition/partitioner.ts";

/** Where the rows of a part are, and what becomes of them. */
export interface PartContent<R = LocalRows> {
  readonly runs: readonly RowRun<R>[];
  /** The columns of the table so far. */
  readonly schema: readonly Field[];
  /** Whether they hold every value of the rows. */
  readonly isWhole: boolean;
  readonly partition: Partition;
  /** Those of them that are fields need no column. */
  readonly partitionBy: readonly PartitionColumn[];
  /** They get one nevertheless. */
  readonly keepPartitionColumns: boolean;
}

/** The rows of a part as the table that is to be its file. */
export function partTable(content: PartContent): GatheredTable {
  const { runs, schema, isWhole, partition, partitionBy, keepPartitionColumns } = content;
  const inPath = new Set(partitionBy.filter((column) => typeof column === "string"));
  const table = (isWhole ? gatherInKernel(runs, schema) : undefined) ??
    gatherTable(runs, schema, inPath);
  for (const { held, start, end } of runs) held.release(end - start);
  return keepPartitionColumns ? addPathColumns(table, partition, partitionBy) : table;
}
