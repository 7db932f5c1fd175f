import { asFloats, Column } from "./column.ts";
import {
  bytesOf,
  type LocalRows,
  type RowHolder,
  sharedPools,
  sizesOf,
  summaryOf,
} from "./held_rows.ts";
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
import { StringPool } from "./string_pool.ts";
import type { Columns } from "./take.ts";
import { emptySummary, type TypeSummary } from "./type_summary.ts";

/** Past this a kernel takes no more rows, and they are held as columns: it could not address them. */
const MAX_KERNEL_BYTES = 2 ** 31;

/** The kernel's copy of a pool. */
interface PoolCopy {
  readonly at: number;
  length: number;
  byteLength: number;
}

/**
 * Holds rows in the memory of a kernel, which sorts and gathers them, and encodes them where they
 * are. Pools that batches share are copied once, as they grow.
 */
export class KernelHolder implements RowHolder {
  readonly kernel: RowKernel;
  readonly #fallback: RowHolder;
  readonly #fieldIds: Map<string, number> = new Map();
  readonly #fieldNames: string[] = [];
  readonly #pools: Map<StringPool, PoolCopy> = new Map();
  readonly #poolAt: Map<number, StringPool> = new Map();

  constructor(kernel: RowKernel, fallback: RowHolder) {
    this.kernel = kernel;
    this.#fallback = fallback;
  }

  load(columns: Columns, rows: number): (rows: Uint32Array) => LocalRows {
    const { kernel } = this;
    if (kernel.memory.buffer.byteLength > MAX_KERNEL_BYTES) {
      return this.#fallback.load(columns, rows);
    }
    this.#takePools(columns);
    const bytes = bytesOf(columns, rows) / rows;
    const { batch, room } = new BatchWriter(this, columns, rows);
    kernel.look(batch);
    return (taken) => {
      new Uint32Array(kernel.memory.buffer, room, taken.length).set(taken);
      const at = kernel.hold(batch, room, taken.length);
      return new KernelRows(this, at, { rows: taken.length, bytesPerRow: bytes });
    };
  }

  /** The number that stands for a name. */
  fieldId(name: string): number {
    let id = this.#fieldIds.get(name);
    if (id === undefined) this.#fieldIds.set(name, id = this.#fieldNames.push(name) - 1);
    return id;
  }

  fieldName(id: number): string {
    return this.#fieldNames[id]!;
  }

  /** Where the kernel's copy of a pool is. */
  placeOf(pool: StringPool): number {
    return this.#pools.get(pool)!.at;
  }

  poolAt(at: number): StringPool {
    return this.#poolAt.get(at)!;
  }

  /** Brings the kernel's pools up to date; those that nothing uses are given free. */
  #takePools(columns: Columns): void {
    const { kernel } = this;
    const used = sharedPools(columns);
    for (const [pool, { at }] of this.#pools) {
      if (used.has(pool) || kernel.poolUses(at) > 0) continue;
      kernel.dropPool(at);
      this.#pools.delete(pool);
      this.#poolAt.delete(at);
    }
    for (const pool of used) {
      let copy = this.#pools.get(pool);
      if (copy === undefined) {
        this.#pools.set(pool, copy = { at: kernel.addPool(), length: 0, byteLength: 0 });
        this.#poolAt.set(copy.at, pool);
      }
      if (copy.length < pool.length) this.#extend(copy, pool);
    }
  }

  #extend(copy: PoolCopy, pool: StringPool): void {
    const { kernel } = this;
    const { length, byteLength } = pool;
    kernel.growPool(copy.at, byteLength - copy.byteLength, length - copy.length);
    const { buffer } = kernel.memory;
    const [bytes] = new Uint32Array(buffer, copy.at, 1);
    const [offsets] = new Uint32Array(buffer, copy.at + 12, 1);
    new Uint8Array(buffer, bytes! + copy.byteLength).set(
      pool.bytes.subarray(copy.byteLength, byteLength),
    );
    new Uint32Array(buffer, offsets! + 4 * (copy.length + 1)).set(
      pool.offsets.subarray(copy.length + 1, length + 1),
    );
    copy.length = length;
    copy.byteLength = byteLength;
  }
}

/** Writes the columns of a batch into the input of a kernel. */
class BatchWriter {
  readonly #holder: KernelHolder;
  readonly #memory: ArrayBuffer;
  #nextHeld: number;
  #nextArray: number;
  /** Where the `Held` of the batch is, and where as many row numbers may be put as it has rows. */
  readonly batch: number;
  readonly room: number;

  constructor(holder: KernelHolder, columns: Columns, rows: number) {
    const root = new Column(0);
    root.fields = new Map(columns);
    const { count, bytes } = sizeOf(root, rows);
    const roomBytes = padded(4 * rows);
    const heldBytes = padded(4 * HELD_WORDS * count);
    this.#holder = holder;
    this.batch = holder.kernel.input(heldBytes + roomBytes + bytes + PADDING);
    this.#memory = holder.kernel.memory.buffer as ArrayBuffer;
    this.room = this.batch + heldBytes;
    this.#nextHeld = this.batch + 4 * HELD_WORDS;
    this.#nextArray = this.room + roomBytes;
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
      if (pool!.interned) held[POOL] = this.#holder.placeOf(pool!);
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
        this.#write(next, field, rows)[FIELD] = this.#holder.fieldId(name);
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

/** Rows that a kernel holds. */
export class KernelRows implements LocalRows {
  readonly holder: KernelHolder;
  /** Where the kernel has them. */
  readonly at: number;
  readonly rows: number;
  readonly pools: ReadonlyMap<number, number>;
  rowsLeft: number;
  readonly #bytesPerRow: number;
  #columns: Map<string, Column> | undefined;

  constructor(
    holder: KernelHolder,
    at: number,
    { rows, bytesPerRow }: { readonly rows: number; readonly bytesPerRow: number },
  ) {
    this.holder = holder;
    this.at = at;
    this.rows = this.rowsLeft = rows;
    this.#bytesPerRow = bytesPerRow;
    this.pools = sizesOf(this.#poolsOf(this.#words(at)));
  }

  get bytes(): number {
    return Math.ceil(this.rows * this.#bytesPerRow);
  }

  /** Copies, for what the kernel cannot gather. */
  get columns(): Columns {
    return this.#columns ??= this.#fieldsOf(this.#words(this.at));
  }

  column(name: string): Column | undefined {
    return this.columns.get(name);
  }

  addTo(seen: Map<string, TypeSummary>): void {
    for (const field of this.#heldFields(this.#words(this.at))) {
      this.#addTo(summaryOf(seen, this.holder.fieldName(field[FIELD]!)), field);
    }
  }

  take(rows: Uint32Array): LocalRows {
    const { kernel } = this.holder;
    const room = kernel.input(4 * rows.length + PADDING);
    new Uint32Array(kernel.memory.buffer, room, rows.length).set(rows);
    const at = kernel.hold(this.at, room, rows.length);
    return new KernelRows(this.holder, at, { rows: rows.length, bytesPerRow: this.#bytesPerRow });
  }

  release(rows: number): void {
    this.rowsLeft -= rows;
    if (this.rowsLeft === 0) this.holder.kernel.drop(this.at);
  }

  #words(at: number): Uint32Array {
    return new Uint32Array(this.holder.kernel.memory.buffer, at, HELD_WORDS);
  }

  *#heldFields(held: Uint32Array): Iterable<Uint32Array> {
    for (let i = 0; i < held[FIELD_COUNT]!; i++) {
      yield this.#words(held[FIELDS]! + 4 * HELD_WORDS * i);
    }
  }

  *#poolsOf(held: Uint32Array): Iterable<StringPool> {
    if (held[POOL] !== 0) yield this.holder.poolAt(held[POOL]!);
    for (const field of this.#heldFields(held)) yield* this.#poolsOf(field);
    if (held[ITEMS] !== 0) yield* this.#poolsOf(this.#words(held[ITEMS]!));
  }

  /** As `summarise` does with a column. */
  #addTo(summary: TypeSummary, held: Uint32Array): void {
    summary.kinds |= held[SEEN]!;
    for (const field of this.#heldFields(held)) {
      const name = this.holder.fieldName(field[FIELD]!);
      const known = summary.fields.get(name);
      if (known !== undefined) this.#addTo(known, field);
      else if ((field[SEEN]! & ~1) !== 0) this.#addTo(summaryOf(summary.fields, name), field);
    }
    if (held[ITEMS] === 0) return;
    this.#addTo(summary.items ??= emptySummary(), this.#words(held[ITEMS]!));
  }

  #fieldsOf(held: Uint32Array): Map<string, Column> {
    return new Map(Array.from(
      this.#heldFields(held),
      (field) => [this.holder.fieldName(field[FIELD]!), this.#columnOf(field)],
    ));
  }

  #columnOf(held: Uint32Array): Column {
    const { buffer } = this.holder.kernel.memory;
    const rows = held[ROWS]!;
    const words = (at: number, length = rows) => new Uint32Array(buffer, at, length).slice();
    const column = new Column(0);
    column.kinds = held[KINDS] === 0
      ? new Uint8Array(rows).fill(31 - Math.clz32(held[SEEN]!))
      : new Uint8Array(buffer, held[KINDS]!, rows).slice();
    if (held[NUMBERS] !== 0) {
      column.ints = new BigInt64Array(buffer as ArrayBuffer, held[NUMBERS]!, rows).slice();
      column.floats = asFloats(column.ints);
    }
    if (held[POOL] !== 0) {
      column.codes = words(held[CODES]!);
      column.pool = this.holder.poolAt(held[POOL]!);
    } else if (held[OFFSETS] !== 0) {
      const offsets = words(held[OFFSETS]!, rows + 1);
      column.codes = Uint32Array.from(offsets.subarray(0, rows), (_, row) => row);
      column.pool = new StringPool({ interned: false });
      column.pool.append(new Uint8Array(buffer, held[BYTES]!, offsets[rows]!), offsets.subarray(1));
    }
    if (held[STARTS] !== 0) {
      column.starts = words(held[STARTS]!);
      column.ends = words(held[ENDS]!);
    }
    column.fields = this.#fieldsOf(held);
    if (held[ITEMS] !== 0) column.items = this.#columnOf(this.#words(held[ITEMS]!));
    return column;
  }
}
