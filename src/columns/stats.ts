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
export const MAX_STATS_COLUMNS = 32;
/** Longer strings are cut, the least downwards and the greatest upwards. */
const MAX_STRING_LENGTH = 32;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Statistics of the first 32 columns of a table, by name. */
export function tableStats(table: Table): Readonly<Record<string, ColumnStats>> {
  return statsOf(table.fields.slice(0, MAX_STATS_COLUMNS), table.vectors);
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
  if (type.kind === "struct") return { nullCount, fields: statsOf(type.fields, vector.children!) };
  const extremes = extremesOf(vector);
  if (extremes === undefined) return { nullCount };
  const { min, max } = extremes;
  switch (type.kind) {
    case "bool":
      return { nullCount, min: bitAt(vector.bits!, min), max: bitAt(vector.bits!, max) };
    case "int64":
      return { nullCount, min: vector.ints![min]!, max: vector.ints![max]! };
    case "timestamp":
      return {
        nullCount,
        min: timestampText(vector.ints![min]!),
        max: timestampText(vector.ints![max]!),
      };
    case "float64": {
      const [least, greatest] = withBothZeros(vector.floats![min]!, vector.floats![max]!);
      return { nullCount, min: least, max: greatest };
    }
    default: {
      const { min, max } = stringBounds(vector, extremes);
      return { nullCount, min, max };
    }
  }
}

/** Readers may tell the zeros apart, which are equal here: both are to be in the range. */
function withBothZeros(min: number, max: number): readonly [min: number, max: number] {
  return [min === 0 ? -0 : min, max === 0 ? 0 : max];
}

/** The least and the greatest string of a column, cut where they are long. */
export interface StringBounds {
  readonly min: string;
  readonly max: string;
  /** Whether they were not cut. */
  readonly isExact: { readonly min: boolean; readonly max: boolean };
}

/** The log and the footer of a file tell the same, which need be found once. */
const knownBounds: WeakMap<Vector, StringBounds> = new WeakMap();

/** See {@linkcode StringBounds}. */
export function stringBounds(vector: Vector, extremes: Extremes): StringBounds {
  let bounds = knownBounds.get(vector);
  if (bounds === undefined) knownBounds.set(vector, bounds = findBounds(vector, extremes));
  return bounds;
}

function findBounds({ offsets, bytes }: Vector, { min, max }: Extremes): StringBounds {
  const text = (at: number) => decoder.decode(bytes!.subarray(offsets![at]!, offsets![at + 1]!));
  const least = text(min);
  const greatest = text(max);
  const [from, to] = [cut(least), cutUpwards(greatest)];
  return { min: from, max: to, isExact: { min: from === least, max: to === greatest } };
}

/** Where the least and the greatest value stand: the row, or of strings with codes the code. */
export interface Extremes {
  readonly min: number;
  readonly max: number;
}

const known: WeakMap<Vector, Extremes | undefined> = new WeakMap();

/**
 * The least and the greatest value of a column; `undefined` where there is none, or values have no
 * order.
 */
export function extremesOf(vector: Vector): Extremes | undefined {
  if (known.has(vector)) return known.get(vector);
  const extremes = findExtremes(vector);
  known.set(vector, extremes);
  return extremes;
}

/** Says what {@linkcode extremesOf} would find. */
export function noteExtremes(vector: Vector, extremes: Extremes): void {
  known.set(vector, extremes);
}

function findExtremes(vector: Vector): Extremes | undefined {
  if (vector.nullCount === vector.length) return undefined;
  switch (vector.type.kind) {
    case "bool":
      return extremeRows(vector, (a, b) => !bitAt(vector.bits!, a) && bitAt(vector.bits!, b));
    case "int64":
    case "timestamp":
      return extremeInts(vector);
    case "float64": {
      const { floats } = vector;
      // No number has a place beside one that is none.
      if (floats!.some((value, row) => Number.isNaN(value) && !isNull(vector, row))) {
        return undefined;
      }
      return extremeRows(vector, (a, b) => floats![a]! < floats![b]!);
    }
    case "string":
      return extremeStrings(vector);
    default:
      return undefined;
  }
}

/** As halves of 32 bits, since every 64-bit integer that is looked at is an object. */
function extremeInts(vector: Vector): Extremes | undefined {
  const { ints, length } = vector;
  const halves = new Int32Array(ints!.buffer, ints!.byteOffset, length * 2);
  return extremeRows(vector, (a, b) => {
    const highA = halves[2 * a + 1]!;
    const highB = halves[2 * b + 1]!;
    return highA < highB || (highA === highB && halves[2 * a]! >>> 0 < halves[2 * b]! >>> 0);
  });
}

/** In the order of their UTF-8, which is that of their code points. */
function extremeStrings(vector: Vector): Extremes | undefined {
  const { codes, offsets, bytes } = vector;
  const isLess = (a: number, b: number) => isLessText(bytes!, offsets!, a, b);
  if (codes === undefined) return extremeRows(vector, isLess);
  return extremeRows({ length: offsets!.length - 1 }, isLess);
}

function extremeRows(
  { length, validity }: Pick<Vector, "length" | "validity">,
  isLess: (a: number, b: number) => boolean,
): Extremes | undefined {
  let min = -1;
  let max = -1;
  for (let row = 0; row < length; row++) {
    if (validity !== undefined && !bitAt(validity, row)) continue;
    if (min < 0) min = max = row;
    else if (isLess(row, min)) min = row;
    else if (isLess(max, row)) max = row;
  }
  return min < 0 ? undefined : { min, max };
}

function isLessText(bytes: Uint8Array, offsets: Int32Array, a: number, b: number): boolean {
  const startA = offsets[a]!;
  const startB = offsets[b]!;
  const lengthA = offsets[a + 1]! - startA;
  const lengthB = offsets[b + 1]! - startB;
  const shared = Math.min(lengthA, lengthB);
  for (let i = 0; i < shared; i++) {
    const difference = bytes[startA + i]! - bytes[startB + i]!;
    if (difference !== 0) return difference < 0;
  }
  return lengthA < lengthB;
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
