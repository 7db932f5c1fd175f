import { Column } from "./column.ts";
import { bit, STRUCT } from "./kind.ts";
import { padded } from "./padded.ts";
import {
  BYTES,
  CODES,
  ENDS,
  FIELD,
  FIELD_COUNT,
  FIELDS,
  HELD_WORDS,
  ITEMS,
  KINDS,
  NUMBERS,
  OFFSETS,
  POOL,
  type RowKernel,
  ROWS,
  SEEN,
  STARTS,
} from "./row_kernel.ts";
import type { StringPool } from "./string_pool.ts";
import type { Columns } from "./take.ts";

/** A kernel, and what it knows already. */
export interface BatchTarget {
  readonly kernel: RowKernel;
  /** The number that stands for the name of a field. */
  fieldId(name: string): number;
  /** Where the kernel's copy is of a pool that batches share. */
  placeOf(pool: StringPool): number;
}

/**
 * Puts the columns of a batch into the input of a kernel, and says where: see `Held` in
 * kernel/held.ts.
 */
export function putBatch(target: BatchTarget, columns: Columns, rows: number): number {
  return new BatchWriter(target, columns, rows).batch;
}

class BatchWriter {
  readonly #target: BatchTarget;
  readonly #memory: ArrayBuffer;
  #nextHeld: number;
  #nextArray: number;
  /** Where the `Held` of the batch is. */
  readonly batch: number;

  constructor(target: BatchTarget, columns: Columns, rows: number) {
    const root = new Column(0);
    root.fields = new Map(columns);
    const { count, bytes } = sizeOf(root, rows);
    const heldBytes = padded(4 * HELD_WORDS * count);
    this.#target = target;
    this.batch = target.kernel.input(heldBytes + bytes + PADDING);
    this.#memory = target.kernel.memory.buffer as ArrayBuffer;
    this.#nextHeld = this.batch + 4 * HELD_WORDS;
    this.#nextArray = this.batch + heldBytes;
    const held = this.#write(this.batch, root, rows);
    held[SEEN] = bit(STRUCT);
  }

  /** Gives the words of what was written. */
  #write(at: number, column: Column, rows: number): Uint32Array {
    const { kinds, ints, codes, pool, starts, ends, fields, items } = column;
    const held = new Uint32Array(this.#memory, at, HELD_WORDS).fill(0);
    held[ROWS] = rows;
    if (kinds.length > 0) held[KINDS] = this.#put(kinds, rows);
    if (ints.length > 0) held[NUMBERS] = this.#put(ints, rows);
    if (codes.length > 0) {
      held[CODES] = this.#put(codes, rows);
      if (pool!.interned) held[POOL] = this.#target.placeOf(pool!);
      else {
        held[BYTES] = this.#put(pool!.bytes, pool!.byteLength);
        held[OFFSETS] = this.#put(pool!.offsets, pool!.length + 1);
      }
    }
    if (starts.length > 0) {
      held[STARTS] = this.#put(starts, rows);
      held[ENDS] = this.#put(ends, rows);
    }
    if (fields.size > 0) {
      let next = held[FIELDS] = this.#nextHeld;
      held[FIELD_COUNT] = fields.size;
      this.#nextHeld += 4 * HELD_WORDS * fields.size;
      for (const [name, field] of fields) {
        this.#write(next, field, rows)[FIELD] = this.#target.fieldId(name);
        next += 4 * HELD_WORDS;
      }
    }
    if (items !== undefined) {
      held[ITEMS] = this.#nextHeld;
      this.#nextHeld += 4 * HELD_WORDS;
      this.#write(held[ITEMS], items, items.kinds.length);
    }
    return held;
  }

  /** Puts the first values of an array behind the last one, and says where. */
  #put(array: Uint8Array | Uint32Array | BigInt64Array, length: number): number {
    const at = this.#nextArray;
    const bytes = length * array.BYTES_PER_ELEMENT;
    new Uint8Array(this.#memory, at, bytes).set(
      new Uint8Array(array.buffer, array.byteOffset, bytes),
    );
    this.#nextArray += padded(bytes);
    return at;
  }
}

/** The kernel reads sixteen bytes at a time. */
const PADDING = 16;

/** How many columns there are in one, itself included, and the bytes of their arrays. */
function sizeOf(column: Column, rows: number): { readonly count: number; readonly bytes: number } {
  const { kinds, ints, codes, pool, starts, fields, items } = column;
  let count = 1;
  let bytes = kinds.length > 0 ? padded(rows) : 0;
  if (ints.length > 0) bytes += 8 * rows;
  if (codes.length > 0) {
    bytes += padded(4 * rows);
    if (!pool!.interned) bytes += padded(pool!.byteLength) + padded(4 * (pool!.length + 1));
  }
  if (starts.length > 0) bytes += 2 * padded(4 * rows);
  for (const field of fields.values()) {
    const size = sizeOf(field, rows);
    count += size.count;
    bytes += size.bytes;
  }
  if (items !== undefined) {
    const size = sizeOf(items, items.kinds.length);
    count += size.count;
    bytes += size.bytes;
  }
  return { count, bytes };
}
