import { nullVector } from "../columns/concat.ts";
import type { GatheredTable } from "../columns/table.ts";
import type { Vector } from "../columns/vector.ts";
import type { PartitionColumn } from "./partition_column.ts";
import type { Partition } from "./partitioner.ts";

/**
 * A table of one partition with the event fields that its path holds as columns too, last. They are
 * strings, the same as in the path, whatever the fields are: a column of a table has one type, while
 * a path takes any value.
 */
export function addPathColumns(
  table: GatheredTable,
  partition: Partition,
  columns: readonly PartitionColumn[],
): GatheredTable {
  const fields = [...table.fields];
  const vectors = [...table.vectors];
  for (const [i, column] of columns.entries()) {
    if (typeof column !== "string") continue;
    fields.push({ name: column, type: { kind: "string" } });
    vectors.push(repeatedText(partition.values[i]!, table.rows));
  }
  return { ...table, fields, vectors };
}

function repeatedText(text: string | null, length: number): Vector {
  if (text === null) return nullVector({ kind: "string" }, length);
  const bytes = new TextEncoder().encode(text);
  return {
    type: { kind: "string" },
    length,
    nullCount: 0,
    codes: new Uint32Array(length),
    offsets: Int32Array.of(0, bytes.length),
    bytes,
  };
}
