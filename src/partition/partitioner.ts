import type { ColumnBatch } from "../columns/column_batch.ts";
import { type Column, jsonText } from "../columns/column.ts";
import { hasCode, MISSING, NULL, STRING, TIMESTAMP } from "../columns/kind.ts";
import { timestampText } from "../columns/time_text.ts";
import { hiveSegment } from "./hive.ts";
import { type PartitionColumn, partitionName, type TimePart } from "./partition_column.ts";

/** One combination of partition values: a directory. */
export interface Partition {
  /** The value of each partition column, as text; `null` for null and for missing. */
  readonly values: readonly (string | null)[];
  /** The Hive directory, `year=2022/month=6`; empty without partition columns. */
  readonly path: string;
}

/** Which partition each row of a batch belongs to. */
export interface PartitionedRows {
  /** Those that occur in the batch; `undefined` where a value is too long for a directory name. */
  readonly partitions: readonly (Partition | undefined)[];
  /** For each row, the index of its partition. */
  readonly indexes: Uint32Array;
}

/** Each row's value of one partition column, as an index into the distinct ones. */
interface Values {
  readonly distinct: readonly (string | null)[];
  readonly indexes: Uint32Array;
}

const MICROS_PER_HOUR = 3_600_000_000;

/** Finds the partition of every row of a batch. */
export function partitionRows(
  batch: ColumnBatch,
  columns: readonly PartitionColumn[],
): PartitionedRows {
  let indexes: Uint32Array = new Uint32Array(batch.rows);
  let tuples: (string | null)[][] = [[]];
  for (const column of columns) {
    const values = typeof column === "string"
      ? fieldValues(batch.columns.get(column), batch.rows)
      : timeValues(batch.times, column.part);
    const { distinct } = values;
    if (distinct.length === 1) { // as a day mostly is
      tuples = tuples.map((tuple) => [...tuple, distinct[0]!]);
      continue;
    }
    const pairs = pairUp(indexes, values);
    tuples = pairs.firstRows.map((row) => [
      ...tuples[indexes[row]!]!,
      distinct[values.indexes[row]!]!,
    ]);
    indexes = pairs.indexes;
  }
  const names = columns.map(partitionName);
  return { partitions: tuples.map((values) => toPartition(names, values)), indexes };
}

// What is done for each row is in small functions, which are compiled soon, and once.

/** Numbers the pairs that occur, by first appearance: where that was, and the number of each row. */
function pairUp(
  left: Uint32Array,
  { distinct, indexes: right }: Values,
): { readonly firstRows: readonly number[]; readonly indexes: Uint32Array } {
  const width = distinct.length;
  const indexes = new Uint32Array(left.length);
  const firstRows: number[] = [];
  const seen = new Map<number, number>();
  for (let row = 0; row < left.length; row++) {
    const pair = left[row]! * width + right[row]!;
    let index = seen.get(pair);
    if (index === undefined) {
      seen.set(pair, index = firstRows.length);
      firstRows.push(row);
    }
    indexes[row] = index;
  }
  return { firstRows, indexes };
}

function toPartition(
  names: readonly string[],
  values: readonly (string | null)[],
): Partition | undefined {
  const segments: string[] = [];
  for (const [i, name] of names.entries()) {
    const segment = hiveSegment(name, values[i]!);
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  return { values, path: segments.join("/") };
}

function fieldValues(column: Column | undefined, rows: number): Values {
  const indexes = new Uint32Array(rows);
  if (column === undefined) return { distinct: [null], indexes };
  const distinct = new Distinct();
  const indexOfCode = new Map<number, number>();
  for (let row = 0; row < rows; row++) {
    // Strings, which is what nearly all keys are, become text once for each code.
    const code = hasCode(column.kinds[row]!) ? column.codes[row]! : undefined;
    let index = code === undefined ? undefined : indexOfCode.get(code);
    if (index === undefined) {
      index = distinct.index(textAt(column, row));
      if (code !== undefined) indexOfCode.set(code, index);
    }
    indexes[row] = index;
  }
  return { distinct: distinct.values, indexes };
}

function textAt(column: Column, row: number): string | null {
  switch (column.kinds[row]) {
    case MISSING:
    case NULL:
      return null;
    case STRING:
      return column.pool!.get(column.codes[row]!);
    case TIMESTAMP:
      return timestampText(column.ints[row]!);
    default:
      return jsonText(column, row)!;
  }
}

function timeValues(times: Float64Array, part: TimePart["part"]): Values {
  const indexes = new Uint32Array(times.length);
  const distinct = new Distinct();
  const indexOfHour = new Map<number, number>();
  let last = NaN;
  let index = 0;
  for (let row = 0; row < times.length; row++) {
    const hour = Math.floor(times[row]! / MICROS_PER_HOUR);
    if (hour !== last) { // rows are mostly those of one hour
      last = hour;
      index = indexOfHour.get(hour) ?? distinct.index(timePartText(hour, part));
      indexOfHour.set(hour, index);
    }
    indexes[row] = index;
  }
  return { distinct: distinct.values, indexes };
}

function timePartText(hoursSinceEpoch: number, part: TimePart["part"]): string {
  const date = new Date(hoursSinceEpoch * 3_600_000);
  switch (part) {
    case "year":
      return String(date.getUTCFullYear());
    case "month":
      return String(date.getUTCMonth() + 1);
    case "day":
      return String(date.getUTCDate());
    case "hour":
      return String(date.getUTCHours());
  }
}

/** Distinct values in order of first appearance. */
class Distinct {
  readonly values: (string | null)[] = [];
  readonly #indexes: Map<string | null, number> = new Map();

  index(value: string | null): number {
    let index = this.#indexes.get(value);
    if (index === undefined) {
      this.#indexes.set(value, index = this.values.length);
      this.values.push(value);
    }
    return index;
  }
}
