import type { Field } from "../columns/schema.ts";
import { type GatheredTable, gatherTable } from "../columns/table.ts";
import type { RowRun } from "../columns/take.ts";
import type { PartitionColumn } from "../partition/partition_column.ts";
import { addPathColumns } from "../partition/path_columns.ts";
import type { Partition } from "../partition/partitioner.ts";

/** Where the rows of a part are, and what becomes of them. */
export interface PartContent {
  readonly runs: readonly RowRun[];
  /** The columns of the table so far. */
  readonly schema: readonly Field[];
  readonly partition: Partition;
  /** Those of them that are fields need no column. */
  readonly partitionBy: readonly PartitionColumn[];
  /** They get one nevertheless. */
  readonly keepPartitionColumns: boolean;
}

/** The rows of a part as the table that is to be its file. */
export function partTable(content: PartContent): GatheredTable {
  const { runs, schema, partition, partitionBy, keepPartitionColumns } = content;
  const inPath = new Set(partitionBy.filter((column) => typeof column === "string"));
  const table = gatherTable(runs, schema, inPath);
  return keepPartitionColumns ? addPathColumns(table, partition, partitionBy) : table;
}
