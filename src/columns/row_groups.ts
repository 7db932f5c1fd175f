import type { Column } from "./column.ts";
import { hasCode } from "./kind.ts";
import type { Columns } from "./take.ts";

/** What rows of one group have in common. */
export interface Grouping {
  /** Of each row of the batch, in whole microseconds since the epoch. */
  readonly times: Float64Array;
  /** Rows before this time, and after that, are apart from those between. */
  readonly earliest: number;
  readonly latest: number;
  /** Stretches of time, one after another, in milliseconds: rows are of the same one in each list. */
  readonly stretches: readonly { readonly lengthMs: number; readonly offsetMs: number }[];
  /** Fields of which rows have the same value. Values that are alike may be told apart. */
  readonly fields: readonly string[];
}

/** Rows of a batch in groups, which are numbered by first appearance. */
export interface RowGroups {
  /** The first row of each group. */
  readonly firstRows: Uint32Array;
  /** The greatest time in each group. */
  readonly maxTimes: Float64Array;
  /**
   * Sorts rows by the places that their groups are given; those of one place stay in their order.
   *
   * @param places For each group; {@linkcode NOWHERE} leaves its rows out.
   * @param count How many places there are.
   */
  sort(places: Uint32Array, count: number): SortedRows;
}

/** Rows in order of their places; those of place `i` are `rows[ends[i - 1] .. ends[i])`. */
export interface SortedRows {
  readonly rows: Uint32Array;
  readonly ends: Uint32Array;
}

/** The place of rows that have none. */
export const NOWHERE: number = 2 ** 32 - 1;

/** Groups rows whose columns are at hand. */
export function groupColumns(
  columns: Columns,
  { times, earliest, latest, stretches, fields }: Grouping,
): RowGroups {
  let groups = numbered(limitKeys(times, earliest, latest));
  for (const stretch of stretches) groups = parted(groups, stretchKeys(times, stretch));
  for (const name of fields) {
    const column = columns.get(name);
    if (column !== undefined) groups = parted(groups, valueKeys(column, times.length));
  }
  const { firstRows, indexes } = groups;
  return {
    firstRows: Uint32Array.from(firstRows),
    maxTimes: maxTimes(times, groups),
    sort: (places, count) => sortRows(indexes, places, count),
  };
}

/** Each row's number among distinct things. */
interface Numbered {
  /** Where each appears first. */
  readonly firstRows: readonly number[];
  readonly indexes: Uint32Array;
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

/** Parts rows of one group whose keys differ. */
function parted(groups: Numbered, keys: Float64Array): Numbered {
  const { firstRows, indexes } = numbered(keys);
  if (firstRows.length === 1) return groups;
  if (groups.firstRows.length === 1) return { firstRows, indexes };
  return numbered(pairKeys(groups.indexes, indexes, firstRows.length));
}

/** A key for each pair of numbers, of which the right one is less than `count`. */
function pairKeys(left: Uint32Array, right: Uint32Array, count: number): Float64Array {
  const pairs = new Float64Array(left.length);
  for (let row = 0; row < pairs.length; row++) pairs[row] = left[row]! * count + right[row]!;
  return pairs;
}

function limitKeys(times: Float64Array, earliest: number, latest: number): Float64Array {
  const keys = new Float64Array(times.length);
  for (let row = 0; row < times.length; row++) {
    keys[row] = times[row]! > latest ? 2 : times[row]! < earliest ? 1 : 0;
  }
  return keys;
}

function stretchKeys(
  times: Float64Array,
  { lengthMs, offsetMs }: Grouping["stretches"][number],
): Float64Array {
  const keys = new Float64Array(times.length);
  for (let row = 0; row < times.length; row++) {
    keys[row] = Math.floor((Math.floor(times[row]! / 1000) - offsetMs) / lengthMs);
  }
  return keys;
}

/** Keys that only rows with the same value share; strings, which nearly all are, share their code. */
function valueKeys({ kinds, codes }: Column, rows: number): Float64Array {
  const keys = new Float64Array(rows);
  for (let row = 0; row < rows; row++) keys[row] = hasCode(kinds[row]!) ? codes[row]! : -1 - row;
  return keys;
}

function maxTimes(times: Float64Array, { firstRows, indexes }: Numbered): Float64Array {
  const greatest = new Float64Array(firstRows.length).fill(-Infinity);
  for (let row = 0; row < times.length; row++) {
    const group = indexes[row]!;
    if (times[row]! > greatest[group]!) greatest[group] = times[row]!;
  }
  return greatest;
}

function sortRows(groups: Uint32Array, places: Uint32Array, count: number): SortedRows {
  const ends = new Uint32Array(count);
  for (const group of groups) {
    if (places[group]! < count) ends[places[group]!]!++;
  }
  let end = 0;
  for (let i = 0; i < count; i++) [ends[i], end] = [end, end + ends[i]!]; // where each begins
  const rows = new Uint32Array(end);
  for (let row = 0; row < groups.length; row++) {
    const place = places[groups[row]!]!;
    if (place < count) rows[ends[place]!++] = row;
  }
  return { rows, ends };
}
