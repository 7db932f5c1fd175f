import { isArrayIndex } from "./array_index.ts";
import { putBatch } from "./batch_writer.ts";
import { asFloats, Column } from "./column.ts";
import { sharedPools } from "./column_rows.ts";
import type { LoadedBatch, LocalRows, RowHolder } from "./held_rows.ts";
import { bit, MISSING } from "./kind.ts";
import { LentColumns } from "./lent_columns.ts";
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
  POOL_BYTE_LENGTH,
  POOL_BYTES,
  POOL_LENGTH,
  POOL_OFFSETS,
  POOL_SERIAL,
  type RowKernel,
  ROWS,
  SEEN,
  STARTS,
} from "./row_kernel.ts";
import type { Grouping, RowGroups } from "./row_groups.ts";
import { StringPool } from "./string_pool.ts";
import { type Columns, takeColumns } from "./take.ts";
import { emptySummary, summaryOf, type TypeSummary } from "./type_summary.ts";

/** Past this a kernel takes no more rows, and they are held as columns: it could not address them. */
const MAX_KERNEL_BYTES = 2 ** 31;
/** So many copies of pools are kept, for what the kernel cannot gather. */
const MAX_COPIES = 1000;
/** See `kinds` in kernel/mod.ts. */
const WORDS_OF_KINDS = 4;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The kernel's copy of a pool. */
interface PoolCopy {
  readonly at: number;
  length: number;
  byteLength: number;
}

/**
 * Holds rows in the memory of a kernel, which sorts and gathers them, and encodes them where they
 * are. If it has decoded them as well, they never leave it.
 */
export class KernelHolder implements RowHolder {
  readonly kernel: RowKernel;
  readonly #fallback: RowHolder;
  readonly #fieldIds: Map<string, number> = new Map();
  readonly #fieldNames: string[] = [];
  /** Whether fields may be in another order than they have in JSON. */
  #hasIndexNames = false;
  /** Pools that were not made by the kernel. */
  readonly #pools: Map<StringPool, PoolCopy> = new Map();
  /** Pools that were asked for, by their serial numbers. */
  readonly #copies: Map<number, StringPool> = new Map();
  /** The kinds that were last asked for. */
  #seen: { readonly kinds: Uint32Array; readonly seen: ReadonlyMap<string, TypeSummary> } = {
    kinds: new Uint32Array(0),
    seen: new Map(),
  };

  constructor(kernel: RowKernel, fallback: RowHolder) {
    this.kernel = kernel;
    this.#fallback = fallback;
  }

  load(columns: Columns, rows: number): LoadedBatch {
    const { kernel } = this;
    if (kernel.memory.buffer.byteLength > MAX_KERNEL_BYTES) {
      return this.#fallback.load(columns, rows);
    }
    const batch = this.#isHere(columns) ? kernel.batch() : this.#put(columns, rows);
    const size = {
      bytesPerRow: kernel.batchBytes(batch) / rows,
      poolBytes: kernel.sharedBytes(batch),
    };
    kernel.look(batch);
    return {
      group: (grouping) => this.#group(batch, grouping),
      hold: (taken) => {
        const at = kernel.hold(batch, putRows(kernel, taken), taken.length);
        return new KernelRows(this, at, { ...size, rows: taken.length });
      },
    };
  }

  #group(batch: number, grouping: Grouping): RowGroups {
    const { kernel } = this;
    const { times, earliest, latest, stretches, fields } = grouping;
    const at = kernel.group(times.length);
    new Float64Array(kernel.memory.buffer, at, times.length).set(times);
    if (earliest > -Infinity || latest < Infinity) kernel.groupByLimits(earliest, latest);
    for (const { lengthMs, offsetMs } of stretches) kernel.groupByTime(lengthMs, offsetMs);
    for (const name of fields) kernel.groupByField(batch, this.fieldId(name));
    const count = kernel.groups();
    const maxTimesAt = kernel.groupMaxTimes();
    const { buffer } = kernel.memory;
    const words = (start: number, length: number) => new Uint32Array(buffer, start, length).slice();
    return {
      firstRows: words(kernel.groupStarts(), count),
      maxTimes: new Float64Array(buffer as ArrayBuffer, maxTimesAt, count).slice(),
      sort(places, placeCount) {
        const placesAt = kernel.placesOfGroups();
        new Uint32Array(kernel.memory.buffer, placesAt, count).set(places);
        const rowsAt = kernel.sortByPlace(placeCount);
        const { buffer } = kernel.memory;
        const ends = new Uint32Array(buffer, kernel.placeEnds(), placeCount).slice();
        return { rows: new Uint32Array(buffer, rowsAt, ends.at(-1) ?? 0).slice(), ends };
      },
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

  /** All names, by their numbers. */
  get fieldNames(): readonly string[] {
    return this.#fieldNames;
  }

  /** Where the kernel's copy of a pool is. */
  placeOf(pool: StringPool): number {
    return this.#pools.get(pool)!.at;
  }

  /** A copy of a pool that the kernel has. */
  poolAt(at: number): StringPool {
    const { buffer } = this.kernel.memory;
    const words = new Uint32Array(buffer, at, POOL_SERIAL + 1);
    const serial = words[POOL_SERIAL]!;
    let pool = this.#copies.get(serial);
    if (pool === undefined) {
      if (this.#copies.size === MAX_COPIES) this.#copies.clear();
      this.#copies.set(serial, pool = new StringPool({ interned: true }));
    }
    const bytes = new Uint8Array(buffer, words[POOL_BYTES], words[POOL_BYTE_LENGTH]);
    const offsets = new Uint32Array(buffer, words[POOL_OFFSETS], words[POOL_LENGTH]! + 1);
    pool.append(bytes.subarray(pool.byteLength), offsets.subarray(pool.length + 1));
    return pool;
  }

  /** Which kinds of values rows have, as the kernel tells them. */
  seenOf(kinds: Uint32Array): ReadonlyMap<string, TypeSummary> {
    // Batches have what those before had, as a rule.
    const { kinds: last } = this.#seen;
    if (isEqual(kinds, last)) return this.#seen.seen;
    const seen = new Map<string, TypeSummary>();
    let at = 0;
    const addHere = (summary: TypeSummary): void => {
      const [, own, fieldCount, hasItems] = kinds.subarray(at, at += WORDS_OF_KINDS);
      summary.kinds |= own!;
      for (let i = 0; i < fieldCount!; i++) addField(summary);
      if (hasItems === 1) addHere(summary.items ??= emptySummary());
    };
    const addField = ({ fields }: TypeSummary): void => {
      const name = this.fieldName(kinds[at]!);
      // As `summarise` does: a struct has the fields that some row has.
      const isThere = fields === seen || (kinds[at + 1]! & ~bit(MISSING)) !== 0;
      addHere(isThere ? summaryOf(fields, name) : emptySummary());
    };
    addHere({ kinds: 0, fields: seen, items: undefined });
    this.#seen = { kinds, seen };
    return seen;
  }

  /** Whether columns are what the kernel has read, in the order that they are to have. */
  #isHere(columns: Columns): boolean {
    const { kernel } = this;
    if (!(columns instanceof LentColumns) || columns.lender !== kernel) return false;
    for (let at = kernel.unnumbered(); at !== 0; at = kernel.unnumbered()) {
      const words = new Uint32Array(kernel.memory.buffer, at, 4);
      const name = utf8.decode(new Uint8Array(kernel.memory.buffer, words[0], words[1]));
      if (isArrayIndex(name)) this.#hasIndexNames = true;
      words[3] = this.fieldId(name);
    }
    return !this.#hasIndexNames;
  }

  #put(columns: Columns, rows: number): number {
    // Views of the kernel's memory would end when it grows.
    const isLent = columns instanceof LentColumns;
    const own = isLent
      ? takeColumns(columns, Uint32Array.from({ length: rows }, (_, i) => i))
      : columns;
    this.#takePools(own);
    return putBatch(this, own, rows);
  }

  /** Brings the kernel's pools up to date; those that nothing uses are given free. */
  #takePools(columns: Columns): void {
    const { kernel } = this;
    const used = sharedPools(columns);
    for (const [pool, { at }] of this.#pools) {
      if (used.has(pool) || kernel.poolUses(at) > 0) continue;
      kernel.dropPool(at);
      this.#pools.delete(pool);
    }
    for (const pool of used) {
      let copy = this.#pools.get(pool);
      if (copy === undefined) {
        this.#pools.set(pool, copy = { at: kernel.addPool(), length: 0, byteLength: 0 });
      }
      if (copy.length < pool.length) this.#extend(copy, pool);
    }
  }

  #extend(copy: PoolCopy, pool: StringPool): void {
    const { kernel } = this;
    const { length, byteLength } = pool;
    kernel.growPool(copy.at, byteLength - copy.byteLength, length - copy.length);
    const { buffer } = kernel.memory;
    const words = new Uint32Array(buffer, copy.at, POOL_LENGTH);
    new Uint8Array(buffer, words[POOL_BYTES]! + copy.byteLength).set(
      pool.bytes.subarray(copy.byteLength, byteLength),
    );
    new Uint32Array(buffer, words[POOL_OFFSETS]! + 4 * (copy.length + 1)).set(
      pool.offsets.subarray(copy.length + 1, length + 1),
    );
    copy.length = length;
    copy.byteLength = byteLength;
  }
}

function isEqual(a: Uint32Array, b: Uint32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Puts the numbers of rows into the memory of a kernel, and says where. */
export function putRows(kernel: RowKernel, rows: Uint32Array): number {
  const at = kernel.rowNumbers(rows.length);
  new Uint32Array(kernel.memory.buffer, at, rows.length).set(rows);
  return at;
}

/** Rows that a kernel holds. */
export class KernelRows implements LocalRows {
  readonly holder: KernelHolder;
  /** Where the kernel has them. */
  readonly at: number;
  readonly rows: number;
  readonly place: number = 0;
  readonly poolBytes: number;
  rowsLeft: number;
  readonly #bytesPerRow: number;
  /** Those that were asked for. */
  readonly #columns: Map<string, Column> = new Map();
  #isDropped = false;

  constructor(
    holder: KernelHolder,
    at: number,
    { rows, bytesPerRow, poolBytes }: {
      readonly rows: number;
      readonly bytesPerRow: number;
      readonly poolBytes: number;
    },
  ) {
    this.holder = holder;
    this.at = at;
    this.rows = this.rowsLeft = rows;
    this.poolBytes = poolBytes;
    this.#bytesPerRow = bytesPerRow;
  }

  get bytes(): number {
    return Math.ceil(this.rows * this.#bytesPerRow);
  }

  /** Copies, for what the kernel cannot gather. */
  get columns(): Columns {
    const columns = new Map<string, Column>();
    for (const field of this.#heldFields(this.#words(this.at))) {
      const name = this.holder.fieldName(field[FIELD]!);
      columns.set(name, this.column(name)!);
    }
    return columns;
  }

  /** Copied once, since a part has but a stretch of it. */
  column(name: string): Column | undefined {
    const known = this.#columns.get(name);
    if (known !== undefined) return known;
    const id = this.holder.fieldId(name);
    for (const field of this.#heldFields(this.#words(this.at))) {
      if (field[FIELD] !== id) continue;
      const column = this.#columnOf(field);
      this.#columns.set(name, column);
      return column;
    }
    return undefined;
  }

  get seen(): ReadonlyMap<string, TypeSummary> {
    const { kernel } = this.holder;
    const at = kernel.kinds(this.at);
    return this.holder.seenOf(
      new Uint32Array(kernel.memory.buffer, at, kernel.kindsLength()).slice(),
    );
  }

  take(rows: Uint32Array): LocalRows {
    const { kernel } = this.holder;
    const at = kernel.hold(this.at, putRows(kernel, rows), rows.length);
    const { poolBytes } = this;
    const size = { rows: rows.length, bytesPerRow: this.#bytesPerRow, poolBytes };
    return new KernelRows(this.holder, at, size);
  }

  release(rows: number): void {
    this.rowsLeft -= rows;
    if (this.rowsLeft > 0 || this.#isDropped) return;
    this.holder.kernel.drop(this.at);
    this.#isDropped = true;
  }

  #words(at: number): Uint32Array {
    return new Uint32Array(this.holder.kernel.memory.buffer, at, HELD_WORDS);
  }

  *#heldFields(held: Uint32Array): Iterable<Uint32Array> {
    for (let i = 0; i < held[FIELD_COUNT]!; i++) {
      yield this.#words(held[FIELDS]! + 4 * HELD_WORDS * i);
    }
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
