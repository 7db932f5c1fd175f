import type { ColumnStats } from "../columns/stats.ts";
import type { FileStats, StatRecord, StatValue } from "./stats.ts";

/** Statistics of a table's columns in the shape the log has them. */
export function toFileStats(
  rows: number,
  columns: Readonly<Record<string, ColumnStats>>,
): FileStats {
  return {
    numRecords: rows,
    minValues: pick(columns, ({ min }) => min),
    maxValues: pick(columns, ({ max }) => max),
    nullCount: pick(columns, ({ nullCount }) => nullCount),
  };
}

function pick(
  columns: Readonly<Record<string, ColumnStats>>,
  valueOf: (column: ColumnStats) => StatValue | undefined,
): StatRecord {
  const record: Record<string, StatValue> = Object.create(null);
  for (const [name, column] of Object.entries(columns)) {
    const value = column.fields === undefined ? valueOf(column) : pick(column.fields, valueOf);
    if (value !== undefined) record[name] = toPlain(value);
  }
  return record;
}

/** An integer that a `number` holds, as one: it makes the same JSON. */
function toPlain(value: StatValue): StatValue {
  return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
