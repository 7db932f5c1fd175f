import { asFloats, Column } from "./column.ts";
import { hasCode, LIST } from "./kind.ts";
import { padded } from "./padded.ts";
import { StringPool } from "./string_pool.ts";

/** The columns of a batch, or of some of its rows, by the names of fields. */
export type Columns = ReadonlyMap<string, Column>;

/**
 * Copies of some rows of columns, in the order given, with the items of lists end to end. They keep
 * nothing else of the batch in memory, but for a pool that other batches use too, or of which they
 * use most.
 */
export function takeColumns(
  columns: Columns,
  rows: Uint32Array,
): Map<string, Column> {
  let bytes = 0;
  for (const column of columns.values()) bytes += bytesFor(column, rows.length);
  const room = new Room(bytes);
  const taken = new Map<string, Column>();
  for (const [name, column] of columns) taken.set(name, takeRows(column, rows, room));
  return taken;
}

/** Buffers that arrays share: each by itself would take as much again where batches are small. */
class Room {
  #buffer: ArrayBuffer;
  #used = 0;

  constructor(bytes: number) {
    this.#buffer = new ArrayBuffer(bytes);
  }

  /** Where an array is to be, as constructors of typed arrays want it. */
  take(length: number, size: number): [ArrayBuffer, number, number] {
    const bytes = padded(length * size);
    if (this.#used + bytes > this.#buffer.byteLength) {
      this.#buffer = new ArrayBuffer(Math.max(bytes, MIN_FURTHER_BYTES));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += bytes;
    return [this.#buffer, start, length];
  }
}

/** How many items lists have is known only when one comes to them. */
const MIN_FURTHER_BYTES = 1024;

/** What the arrays of a column take, without those of items. */
function bytesFor({ ints, codes, starts, fields }: Column, rows: number): number {
  let bytes = padded(rows);
  if (ints.length > 0) bytes += 8 * rows;
  if (codes.length > 0) bytes += padded(4 * rows);
  if (starts.length > 0) bytes += 2 * padded(4 * rows);
  for (const field of fields.values()) bytes += bytesFor(field, rows);
  return bytes;
}

function takeRows(column: Column, rows: Uint32Array, room: Room): Column {
  const { length } = rows;
  const taken = new Column(0);
  taken.kinds = new Uint8Array(...room.take(length, 1));
  takeKinds(column, rows, taken);
  if (column.ints.length > 0) {
    taken.ints = new BigInt64Array(...room.take(length, 8));
    taken.floats = asFloats(taken.ints);
    takeNumbers(column, rows, taken);
  }
  if (column.codes.length > 0) {
    taken.codes = new Uint32Array(...room.take(length, 4));
    taken.pool = column.pool!;
    const isMost = length * 2 >= column.kinds.length;
    if (isMost || taken.pool.interned) takeCodes(column, rows, taken);
    else takeStrings(column, rows, taken);
  }
  if (column.starts.length > 0) {
    taken.starts = new Uint32Array(...room.take(length, 4));
    taken.ends = new Uint32Array(...room.take(length, 4));
    takeLists(column, rows, taken);
  }
  for (const [name, field] of column.fields) taken.fields.set(name, takeRows(field, rows, room));
  if (column.items !== undefined) {
    taken.items = takeRows(column.items, itemRows(column, rows), room);
  }
  return taken;
}

// Small functions of plain loops, which are compiled soon, and once.

function takeKinds({ kinds, seen }: Column, rows: Uint32Array, taken: Column): void {
  const { kinds: own } = taken;
  const isUniform = seen !== 0 && (seen & (seen - 1)) === 0;
  if (isUniform) own.fill(31 - Math.clz32(seen));
  else for (let row = 0; row < rows.length; row++) own[row] = kinds[rows[row]!]!;
}

/** By bits: some bits of a number mean nothing as the other type. */
function takeNumbers({ ints }: Column, rows: Uint32Array, taken: Column): void {
  const words = new Int32Array(ints.buffer, ints.byteOffset, 2 * ints.length);
  const own = new Int32Array(taken.ints.buffer, taken.ints.byteOffset, 2 * rows.length);
  for (let row = 0; row < rows.length; row++) {
    const from = 2 * rows[row]!;
    own[2 * row] = words[from]!;
    own[2 * row + 1] = words[from + 1]!;
  }
}

function takeCodes({ codes }: Column, rows: Uint32Array, taken: Column): void {
  const { codes: own } = taken;
  for (let row = 0; row < rows.length; row++) own[row] = codes[rows[row]!]!;
}

function takeStrings({ kinds, codes, pool }: Column, rows: Uint32Array, taken: Column): void {
  const own = new StringPool({ interned: false });
  taken.pool = own;
  for (let row = 0; row < rows.length; row++) {
    const from = rows[row]!;
    if (hasCode(kinds[from]!)) taken.codes[row] = own.addBytes(pool!.slice(codes[from]!));
  }
}

function takeLists({ kinds, starts, ends }: Column, rows: Uint32Array, taken: Column): void {
  let end = 0;
  for (let row = 0; row < rows.length; row++) {
    const from = rows[row]!;
    taken.starts[row] = end;
    if (kinds[from] === LIST) end += ends[from]! - starts[from]!;
    taken.ends[row] = end;
  }
}

/** The rows of `items` that belong to the given rows. */
function itemRows({ kinds, starts, ends }: Column, rows: Uint32Array): Uint32Array {
  let length = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (kinds[row] === LIST) length += ends[row]! - starts[row]!;
  }
  const items = new Uint32Array(length);
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (kinds[row] !== LIST) continue;
    for (let item = starts[row]!; item < ends[row]!; item++) items[at++] = item;
  }
  return items;
}
