// Rows that are held until their window is closed: columns as ../column.ts has them, but that an
// array is there only where values are in it, and kinds only where there are several.
import { copyPadded } from "../../kernel/bytes.ts";
import { allocate, release } from "../../kernel/memory.ts";
import { Buffer, fillTo, roomFor } from "../../kernel/buffer.ts";
import { endUse, Pool } from "./pool.ts";

// The kinds of values: as in ../kind.ts.
export const MISSING: u32 = 0;
export const NULL: u32 = 1;
export const BOOL: u32 = 2;
export const INT64: u32 = 3;
export const FLOAT64: u32 = 4;
export const STRING: u32 = 5;
export const TIMESTAMP: u32 = 6;
export const LIST: u32 = 7;
export const STRUCT: u32 = 8;
const JSON_TEXT: u32 = 9;

export const NOTHING: u32 = (1 << MISSING) | (1 << NULL);
export const HAVE_NUMBERS: u32 = (1 << BOOL) | (1 << INT64) | (1 << FLOAT64) | (1 << TIMESTAMP);
export const HAVE_STRINGS: u32 = (1 << STRING) | (1 << JSON_TEXT);

/** The layout is known to ../kernel_rows.ts. */
// @ts-ignore: decorator
@unmanaged
export class Held {
  /** The number that stands for the name. */
  field: u32;
  rows: u32;
  /** The set of kinds: bit `1 << kind`. */
  seen: u32;
  /** The kind of each row, a byte; 0 where all are of one. */
  kinds: usize;
  /** Of bools, integers, floats and timestamps, eight bytes each. */
  numbers: usize;
  /** Which string each row has, as u32; 0 where there is one for each row. */
  codes: usize;
  /**
   * The pool that has the strings. Rows that are held have one only if equal strings have equal codes in
   * it; else strings of their own: their bytes, and where each begins.
   */
  pool: Pool | null;
  bytes: usize;
  offsets: usize;
  /** Of lists, where their items begin and end. */
  starts: usize;
  ends: usize;
  /** Columns of a struct's fields, one behind the other. */
  fields: usize;
  fieldCount: u32;
  /** The column of the items of lists, or 0. */
  items: Held | null;
}

// @ts-ignore: decorator
@inline
export function fieldAt(struct: Held, index: u32): Held {
  return changetype<Held>(struct.fields + index * offsetof<Held>());
}

// @ts-ignore: decorator
@inline
export function wordAt(array: usize, index: u32): u32 {
  return load<u32>(array + ((<usize> index) << 2));
}

// @ts-ignore: decorator
@inline
export function setWord(array: usize, index: u32, word: u32): void {
  store<u32>(array + ((<usize> index) << 2), word);
}

/** The kind of a row, where there are several. */
// @ts-ignore: decorator
@inline
export function kindAt(column: Held, row: u32): u32 {
  return <u32> load<u8>(column.kinds + row);
}

/** Whether a row is of one of these kinds. */
// @ts-ignore: decorator
@inline
export function isIn(column: Held, row: u32, set: u32): bool {
  return ((column.kinds == 0 ? column.seen : <u32> 1 << kindAt(column, row)) & set) != 0;
}

/** Finds out which kinds there are in a column that is not held, and in those below. */
export function lookAtKinds(column: Held): void {
  const kinds = column.kinds;
  const rows = column.rows;
  if (kinds != 0) {
    const first = i8x16.splat(load<u8>(kinds));
    let at: u32 = 0;
    while (at + 16 <= rows && i8x16.all_true(i8x16.eq(v128.load(kinds + at), first))) at += 16;
    let seen: u32 = rows == 0 ? 0 : <u32> 1 << load<u8>(kinds);
    for (; at < rows; at++) seen |= <u32> 1 << load<u8>(kinds + at);
    column.seen = seen;
    if (popcnt(seen) <= 1) column.kinds = 0;
  }
  for (let i: u32 = 0; i < column.fieldCount; i++) lookAtKinds(fieldAt(column, i));
  const items = column.items;
  if (items !== null) lookAtKinds(items);
}

/** A copy of some rows of a column, given by their numbers, which keeps nothing else of it. */
export function takeRows(from: Held, rows: usize, count: u32): Held {
  const taken = changetype<Held>(allocate(offsetof<Held>()));
  takeInto(taken, from, rows, count);
  return taken;
}

function takeInto(to: Held, from: Held, rows: usize, count: u32): void {
  memory.fill(changetype<usize>(to), 0, offsetof<Held>());
  to.field = from.field;
  to.rows = count;
  takeKinds(to, from, rows);
  if ((to.seen & HAVE_NUMBERS) != 0) takeNumbers(to, from, rows);
  if ((to.seen & HAVE_STRINGS) != 0) {
    const pool = from.pool;
    if (pool !== null && pool.isInterned) takeCodes(to, from, pool, rows);
    else takeStrings(to, from, rows);
  }
  if ((to.seen & (1 << LIST)) != 0) takeLists(to, from, rows);
  if (from.fieldCount == 0) return;
  to.fieldCount = from.fieldCount;
  to.fields = allocate(from.fieldCount * offsetof<Held>());
  for (let i: u32 = 0; i < from.fieldCount; i++) {
    takeInto(fieldAt(to, i), fieldAt(from, i), rows, count);
  }
}

function takeKinds(to: Held, from: Held, rows: usize): void {
  if (from.kinds == 0) {
    to.seen = to.rows == 0 ? 0 : from.seen;
    return;
  }
  const kinds = allocate(to.rows);
  let seen: u32 = 0;
  for (let i: u32 = 0; i < to.rows; i++) {
    const kind = kindAt(from, wordAt(rows, i));
    store<u8>(kinds + i, <u8> kind);
    seen |= <u32> 1 << kind;
  }
  to.seen = seen;
  if (popcnt(seen) > 1) to.kinds = kinds;
  else release(kinds, to.rows);
}

function takeNumbers(to: Held, from: Held, rows: usize): void {
  const numbers = allocate((<usize> to.rows) << 3);
  for (let i: u32 = 0; i < to.rows; i++) {
    const number = load<u64>(from.numbers + ((<usize> wordAt(rows, i)) << 3));
    store<u64>(numbers + ((<usize> i) << 3), number);
  }
  to.numbers = numbers;
}

function takeCodes(to: Held, from: Held, pool: Pool, rows: usize): void {
  const codes = allocate((<usize> to.rows) << 2);
  for (let i: u32 = 0; i < to.rows; i++) setWord(codes, i, wordAt(from.codes, wordAt(rows, i)));
  to.codes = codes;
  to.pool = pool;
  pool.uses++;
}

function takeStrings(to: Held, from: Held, rows: usize): void {
  const offsets = allocate(((<usize> to.rows) + 1) << 2);
  let end: u32 = 0;
  setWord(offsets, 0, 0);
  for (let i: u32 = 0; i < to.rows; i++) {
    const row = wordAt(rows, i);
    if (isIn(from, row, HAVE_STRINGS)) end += stringLength(from, row);
    setWord(offsets, i + 1, end);
  }
  const bytes = allocate(end);
  for (let i: u32 = 0; i < to.rows; i++) {
    const at = wordAt(offsets, i);
    const length = wordAt(offsets, i + 1) - at;
    if (length > 0) copyPadded(bytes + at, stringAt(from, wordAt(rows, i)), length);
  }
  to.offsets = offsets;
  to.bytes = bytes;
}

/** Where the string of a row is that is not in a pool. */
// @ts-ignore: decorator
@inline
export function stringAt(column: Held, row: u32): usize {
  return column.bytes + wordAt(column.offsets, column.codes == 0 ? row : wordAt(column.codes, row));
}

// @ts-ignore: decorator
@inline
export function stringLength(column: Held, row: u32): u32 {
  const index = column.codes == 0 ? row : wordAt(column.codes, row);
  return wordAt(column.offsets, index + 1) - wordAt(column.offsets, index);
}

/** Items of lists are end to end after it. */
function takeLists(to: Held, from: Held, rows: usize): void {
  const size = (<usize> to.rows) << 2;
  to.starts = allocate(size);
  to.ends = allocate(size);
  let end: u32 = 0;
  for (let i: u32 = 0; i < to.rows; i++) {
    const row = wordAt(rows, i);
    setWord(to.starts, i, end);
    if (isIn(from, row, 1 << LIST)) end += wordAt(from.ends, row) - wordAt(from.starts, row);
    setWord(to.ends, i, end);
  }
  const items = from.items;
  if (items === null) return;
  const itemRows = allocate((<usize> end) << 2);
  for (let i: u32 = 0; i < to.rows; i++) {
    const start = wordAt(to.starts, i);
    const first = wordAt(from.starts, wordAt(rows, i)) - start;
    for (let item = start; item < wordAt(to.ends, i); item++) setWord(itemRows, item, first + item);
  }
  to.items = takeRows(items, itemRows, end);
  release(itemRows, (<usize> end) << 2);
}

/** Gives free what a column of held rows takes. */
export function releaseRows(column: Held): void {
  releaseArrays(column);
  release(changetype<usize>(column), offsetof<Held>());
}

function releaseArrays(column: Held): void {
  const rows = <usize> column.rows;
  release(column.kinds, rows);
  release(column.numbers, rows << 3);
  release(column.codes, rows << 2);
  if (column.offsets != 0) {
    release(column.bytes, wordAt(column.offsets, column.rows));
    release(column.offsets, (rows + 1) << 2);
  }
  release(column.starts, rows << 2);
  release(column.ends, rows << 2);
  const pool = column.pool;
  if (pool !== null) endUse(pool);
  for (let i: u32 = 0; i < column.fieldCount; i++) releaseArrays(fieldAt(column, i));
  release(column.fields, column.fieldCount * offsetof<Held>());
  const items = column.items;
  if (items !== null) releaseRows(items);
}

/** What the arrays of a batch take, as ../held_rows.ts counts it. */
export function arrayBytes(column: Held): u32 {
  let perRow: u32 = 1;
  if (column.numbers != 0) perRow += 8;
  if (column.codes != 0) perRow += 4;
  if (column.starts != 0) perRow += 8;
  let bytes = perRow * column.rows;
  const pool = column.pool;
  if (pool !== null && !pool.isInterned) bytes += pool.byteLength + (pool.length << 2);
  for (let i: u32 = 0; i < column.fieldCount; i++) bytes += arrayBytes(fieldAt(column, i));
  const items = column.items;
  return items === null ? bytes : bytes + arrayBytes(items);
}

/** The same of the pools that it shares with other batches. */
export function poolBytes(column: Held): u32 {
  const pool = column.pool;
  let bytes: u32 = 0;
  if (pool !== null && pool.isInterned) bytes += pool.byteLength + (pool.length << 6);
  for (let i: u32 = 0; i < column.fieldCount; i++) bytes += poolBytes(fieldAt(column, i));
  const items = column.items;
  return items === null ? bytes : bytes + poolBytes(items);
}

/** Puts four words for a column and for each of those below: what it is, and what follows. */
export function putKinds(to: Buffer, column: Held): void {
  const at = roomFor(to, 16);
  store<u32>(at, column.field);
  store<u32>(at, column.seen, 4);
  store<u32>(at, column.fieldCount, 8);
  const items = column.items;
  store<u32>(at, <u32>(items !== null), 12);
  fillTo(to, at + 16);
  for (let i: u32 = 0; i < column.fieldCount; i++) putKinds(to, fieldAt(column, i));
  if (items !== null) putKinds(to, items);
}
