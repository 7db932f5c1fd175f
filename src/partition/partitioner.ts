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

/** Each row's number among distinct things, which are numbered by first appearance. */
interface Numbered {
  /** Where each appears first. */
  readonly firstRows: readonly number[];
  readonly indexes: Uint32Array;
}

/** Each row's value of one partition column. */
interface Values {
  readonly distinct: readonly (string | null)[];
  /** For each row, the index of its value; they say nothing where all rows have the same. */
  readonly indexes: Uint32Array;
}

const MICROS_PER_HOUR = 3_600_000_000;

/** Finds the partition of every row of a batch. */
export function partitionRows(
  batch: ColumnBatch,
  columns: readonly PartitionColumn[],
): PartitionedRows {
  let partitions: readonly (Partition | undefined)[] = [{ values: [], path: "" }];
  let indexes: Uint32Array = new Uint32Array(batch.rows);
  let hours: Numbered | undefined;
  for (const column of columns) {
    const values = typeof column === "string"
      ? fieldValues(batch.columns.get(column), batch.rows)
      : valuesOf(
        hours ??= numbered(hoursOf(batch.times)),
        (row) => timePartText(batch.times[row]!, column.part),
      );
    const { distinct } = values;
    const name = partitionName(column);
    if (distinct.length === 1) { // as a day mostly is
      const [value] = distinct as [string | null];
      partitions = partitions.map((partition) => inside(partition, { name, value }));
    } else if (partitions.length === 1) {
      partitions = distinct.map((value) => inside(partitions[0], { name, value }));
      ({ indexes } = values);
    } else {
      const pairs = numbered(pairsOf(indexes, values));
      partitions = pairs.firstRows.map((row) =>
        inside(partitions[indexes[row]!], { name, value: distinct[values.indexes[row]!]! })
      );
      ({ indexes } = pairs);
    }
  }
  return { partitions, indexes };
}

/** The partition of one more column inside another, if there can be a directory of that name. */
function inside(
  partition: Partition | undefined,
  { name, value }: { readonly name: string; readonly value: string | null },
): Partition | undefined {
  const segment = hiveSegment(name, value);
  if (partition === undefined || segment === undefined) return undefined;
  const { values, path } = partition;
  return { values: [...values, value], path: path === "" ? segment : `${path}/${segment}` };
}

// What is done for each row is in small functions, which are compiled soon, and once.

/** Numbers the keys of rows. */
function numbered(keys: Float64Array): Numbered {
  const indexes = new Uint32Array(keys.length);
  const firstRows: number[] = [];
  const indexOfKey = new Map<number, number>();
  let last = NaN;
  let index: number | undefined = 0;
  for (let row = 0; row < keys.length; row++) {
    const key = keys[row]!;
    if (key !== last) {
      last = key;
      index = indexOfKey.get(key);
      if (index === undefined) {
        indexOfKey.set(key, index = firstRows.length);
        firstRows.push(row);
      }
    }
    indexes[row] = index;
  }
  return { firstRows, indexes };
}

/** A key for each pair of a partition so far and a value. */
function pairsOf(left: Uint32Array, { distinct, indexes: right }: Values): Float64Array {
  const pairs = new Float64Array(left.length);
  for (let row = 0; row < pairs.length; row++) {
    pairs[row] = left[row]! * distinct.length + right[row]!;
  }
  return pairs;
}

function hoursOf(times: Float64Array): Float64Array {
  const hours = new Float64Array(times.length);
  for (let row = 0; row < times.length; row++) {
    hours[row] = Math.floor(times[row]! / MICROS_PER_HOUR);
  }
  return hours;
}

/** Keys that only rows with the same text share; strings, which nearly all are, share their code. */
function keysOf({ kinds, codes }: Column, rows: number): Float64Array {
  const keys = new Float64Array(rows);
  for (let row = 0; row < rows; row++) keys[row] = hasCode(kinds[row]!) ? codes[row]! : -1 - row;
  return keys;
}

function fieldValues(column: Column | undefined, rows: number): Values {
  if (column === undefined) return { distinct: [null], indexes: new Uint32Array(rows) };
  return valuesOf(numbered(keysOf(column, rows)), (row) => textAt(column, row));
}

/** The texts of what was numbered; whatever has the same text is one value. */
function valuesOf(
  { firstRows, indexes }: Numbered,
  textOf: (row: number) => string | null,
): Values {
  const texts = firstRows.map(textOf);
  const distinct = [...new Set(texts)];
  if (distinct.length === texts.length || distinct.length === 1) return { distinct, indexes };
  const places = new Map(distinct.map((text, place) => [text, place]));
  return { distinct, indexes: indexes.map((index) => places.get(texts[index]!)!) };
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

function timePartText(time: number, part: TimePart["part"]): string {
  const date = new Date(Math.floor(time / MICROS_PER_HOUR) * 3_600_000);
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
