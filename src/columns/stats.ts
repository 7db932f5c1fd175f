import type { Field } from "./schema.ts";
import { timestampText } from "./time_text.ts";
import { bitAt, isNull, type Table, type Vector } from "./vector.ts";

/** What is known of one column of a file; a struct has the statistics of its fields instead. */
export interface ColumnStats {
  readonly nullCount: number;
  /** Absent where no value has an order, or there is none. */
  readonly min?: StatValue;
  readonly max?: StatValue;
  readonly fields?: Readonly<Record<string, ColumnStats>>;
}

/** Timestamps are ISO 8601 text. */
export type StatValue = string | number | bigint | boolean;

/** As in Delta: statistics of the first columns serve nearly every query. */
const MAX_COLUMNS = 32;
/** Longer strings are cut, the least downwards and the greatest upwards. */
const MAX_STRING_LENGTH = 32;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Statistics of the first 32 columns of a table, by name. */
export function tableStats(table: Table): Readonly<Record<string, ColumnStats>> {
  return statsOf(table.fields.slice(0, MAX_COLUMNS), table.vectors);
}

function statsOf(
  fields: readonly Field[],
  vectors: readonly Vector[],
): Readonly<Record<string, ColumnStats>> {
  const stats: Record<string, ColumnStats> = Object.create(null);
  for (const [i, { name }] of fields.entries()) stats[name] = columnStats(vectors[i]!);
  return stats;
}

function columnStats(vector: Vector): ColumnStats {
  const { nullCount, type } = vector;
  switch (type.kind) {
    case "bool":
      return { nullCount, ...extremes(vector, (row) => bitAt(vector.bits!, row)) };
    case "int64":
      return { nullCount, ...intExtremes(vector) };
    case "float64": {
      const { min, max } = extremes(vector, (row) => vector.floats![row]!);
      if (min === undefined || max === undefined) return { nullCount };
      // Readers may tell the zeros apart, which are equal here: both are to be in the range.
      return { nullCount, min: min === 0 ? -0 : min, max: max === 0 ? 0 : max };
    }
    case "timestamp": {
      const { min, max } = intExtremes(vector);
      if (min === undefined || max === undefined) return { nullCount };
      return { nullCount, min: timestampText(min), max: timestampText(max) };
    }
    case "string":
      return { nullCount, ...stringExtremes(vector) };
    case "struct":
      return { nullCount, fields: statsOf(type.fields, vector.children!) };
    default:
      return { nullCount };
  }
}

/** As halves of 32 bits, since every 64-bit integer that is looked at is an object. */
function intExtremes({ ints, validity, length }: Vector): { min?: bigint; max?: bigint } {
  const halves = new Int32Array(ints!.buffer, ints!.byteOffset, length * 2);
  let min = -1;
  let max = -1;
  for (let row = 0; row < length; row++) {
    if (validity !== undefined && !bitAt(validity, row)) continue;
    if (min < 0) min = max = row;
    else if (isLess(halves, row, min)) min = row;
    else if (isLess(halves, max, row)) max = row;
  }
  return min < 0 ? {} : { min: ints![min]!, max: ints![max]! };
}

/** Whether of two integers, low half first, one is less. */
function isLess(halves: Int32Array, a: number, b: number): boolean {
  const highA = halves[2 * a + 1]!;
  const highB = halves[2 * b + 1]!;
  return highA < highB || (highA === highB && halves[2 * a]! >>> 0 < halves[2 * b]! >>> 0);
}

function extremes<T extends number | boolean>(
  vector: Vector,
  valueAt: (row: number) => T,
): { min?: T; max?: T } {
  let min: T | undefined;
  let max: T | undefined;
  for (let row = 0; row < vector.length; row++) {
    if (isNull(vector, row)) continue;
    const value = valueAt(row);
    if (min === undefined || value < min) min = value;
    if (max === undefined || value > max) max = value;
  }
  return min === undefined || max === undefined ? {} : { min, max };
}

/** The first and last string in the order of their UTF-8, which is that of their code points. */
function stringExtremes(vector: Vector): { min?: string; max?: string } {
  const { offsets, bytes, distinctRows, length } = vector;
  let min = -1;
  let max = -1;
  for (let i = 0; i < (distinctRows?.length ?? length); i++) {
    const row = distinctRows?.[i] ?? i;
    if (isNull(vector, row)) continue;
    if (min < 0) min = max = row;
    else if (compare(bytes!, offsets!, row, min) < 0) min = row;
    else if (compare(bytes!, offsets!, row, max) > 0) max = row;
  }
  if (min < 0) return {};
  const text = (row: number) => decoder.decode(bytes!.subarray(offsets![row]!, offsets![row + 1]!));
  return { min: cut(text(min)), max: cutUpwards(text(max)) };
}

function compare(bytes: Uint8Array, offsets: Int32Array, a: number, b: number): number {
  const startA = offsets[a]!;
  const startB = offsets[b]!;
  const lengthA = offsets[a + 1]! - startA;
  const lengthB = offsets[b + 1]! - startB;
  const shared = Math.min(lengthA, lengthB);
  for (let i = 0; i < shared; i++) {
    const difference = bytes[startA + i]! - bytes[startB + i]!;
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}

function cut(text: string): string {
  return text.length <= MAX_STRING_LENGTH ? text : [...text].slice(0, MAX_STRING_LENGTH).join("");
}

/**
 * The greatest code point after the cut makes the text greater than all that begin like it, if it is
 * not what is cut off itself.
 */
function cutUpwards(text: string): string {
  const start = cut(text);
  if (start.length === text.length) return text;
  const [greatest] = /^\u{10FFFF}*/u.exec(text.slice(start.length))!;
  return `${start}${greatest}\u{10FFFF}`;
}
