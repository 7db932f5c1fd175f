import { isArrayIndex } from "../columns/array_index.ts";
import { Column } from "../columns/column.ts";
import { padded } from "../columns/padded.ts";
import { StringPool } from "../columns/string_pool.ts";
import type { Columns } from "../columns/take.ts";
import { type ColumnSource, LentColumns } from "../columns/lent_columns.ts";
import type { Kernel } from "./kernel_module.ts";

const WORDS_PER_COLUMN = 17;
/** Of the description: before it is what is said of all columns. */
const FIRST_WORD = 2;
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** A field as it stands in the batch, with what its place among others depends on. */
interface Field {
  readonly name: string;
  readonly firstRow: number;
  readonly column: Column;
}

/** The pool that mirrors the kernel's dictionary of a column, while it is the same. */
interface Mirror {
  readonly epoch: number;
  readonly pool: StringPool;
}

/** What a kernel has read into columns. */
export interface KernelRows {
  readonly columns: Columns;
  /** As they are in a batch; nothing of the kind without a time field. */
  readonly times: Float64Array<ArrayBuffer>;
  readonly lineIndices: Uint32Array<ArrayBuffer>;
}

/**
 * Takes columns out of a kernel's memory. They are copied, since the kernel goes on using it, into one
 * buffer for all arrays of a batch; unless that is done with before the next one.
 */
export class KernelColumns {
  readonly #kernel: Kernel;
  readonly #isLent: boolean;
  readonly #names: Map<number, string> = new Map();
  readonly #mirrors: Map<number, Mirror> = new Map();
  #words: Uint32Array = new Uint32Array(0);
  #at = 0;
  #copies: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #copied = 0;

  constructor(kernel: Kernel, isLent: boolean) {
    this.#kernel = kernel;
    this.#isLent = isLent;
  }

  /** Ends the kernel's batch: see `finish` in kernel/mod.ts. */
  take(): KernelRows {
    const kernel = this.#kernel;
    const rows = kernel.rowCount();
    const address = kernel.finish(); // may make the memory grow, which gives it a new buffer
    this.#words = new Uint32Array(kernel.memory.buffer, address);
    const [arrayBytes, fieldCount] = this.#words;
    const copiedBytes = this.#isLent ? 0 : arrayBytes! + padded(8 * rows);
    this.#copies = new Uint8Array(copiedBytes);
    this.#copied = 0;
    const times = new Float64Array(...this.#place(kernel.timesAt(), { length: rows, size: 8 }));
    return {
      columns: this.#isLent
        ? new LentColumns(kernel, this.#lent(address, fieldCount!, rows))
        : this.#takeAll(fieldCount!, rows),
      times: this.#isLent ? times.slice() : times,
      // These are asked for later, for dead letters.
      lineIndices: new Uint32Array(kernel.memory.buffer, kernel.linesAt(), rows).slice(),
    };
  }

  #takeAll(fieldCount: number, rows: number): Map<string, Column> {
    this.#at = FIRST_WORD;
    return this.#takeFields(fieldCount, rows);
  }

  /** Takes columns when they are asked for: all, or one. The memory may have grown meanwhile. */
  #lent(address: number, fieldCount: number, rows: number): ColumnSource {
    const { memory } = this.#kernel;
    return {
      all: () => {
        this.#words = new Uint32Array(memory.buffer, address);
        return this.#takeAll(fieldCount, rows);
      },
      one: (name) => {
        this.#words = new Uint32Array(memory.buffer, address);
        this.#at = FIRST_WORD;
        for (let i = 0; i < fieldCount; i++) {
          if (this.#nameHere() === name) return this.#takeColumn(rows);
          this.#skip();
        }
        return undefined;
      },
    };
  }

  /** Goes to behind the column here. */
  #skip(): void {
    const fieldCount = this.#words[this.#at + 15]!;
    const itemCount = this.#words[this.#at + 16]!;
    this.#at += WORDS_PER_COLUMN;
    for (let i = 0; i < fieldCount; i++) this.#skip();
    if (itemCount > 0) this.#skip();
  }

  #takeFields(count: number, rows: number): Map<string, Column> {
    const fields: Field[] = [];
    for (let i = 0; i < count; i++) fields.push(this.#takeField(rows));
    return new Map(asObjectsOrder(fields).map(({ name, column }) => [name, column]));
  }

  #takeField(rows: number): Field {
    const name = this.#nameHere();
    const firstRow = this.#words[this.#at + 3]!;
    return { name, firstRow, column: this.#takeColumn(rows) };
  }

  #nameHere(): string {
    const [id, nameAt, nameLength] = this.#words.subarray(this.#at, this.#at + 3);
    let name = this.#names.get(id!);
    if (name === undefined) {
      name = utf8.decode(new Uint8Array(this.#kernel.memory.buffer, nameAt, nameLength));
      this.#names.set(id!, name);
    }
    return name;
  }

  #takeColumn(rows: number): Column {
    const words = this.#words;
    const at = this.#at;
    this.#at += WORDS_PER_COLUMN;
    const column = new Column(0);
    column.kinds = new Uint8Array(...this.#place(words[at + 4]!, { length: rows, size: 1 }));
    const numbers = words[at + 5]!;
    if (numbers > 0) {
      const place = this.#place(numbers, { length: rows, size: 8 });
      column.ints = new BigInt64Array(...place);
      column.floats = new Float64Array(...place);
    }
    const codes = words[at + 6]!;
    if (codes > 0) {
      column.codes = new Uint32Array(...this.#place(codes, { length: rows, size: 4 }));
      column.pool = this.#takePool(at);
    }
    if (words[at + 7]! > 0) {
      column.starts = new Uint32Array(...this.#place(words[at + 7]!, { length: rows, size: 4 }));
      column.ends = new Uint32Array(...this.#place(words[at + 8]!, { length: rows, size: 4 }));
    }
    column.fields = this.#takeFields(words[at + 15]!, rows);
    const itemCount = words[at + 16]!;
    if (itemCount > 0) column.items = this.#takeColumn(itemCount);
    return column;
  }

  #takePool(at: number): StringPool {
    const words = this.#words;
    const id = words[at]!;
    const epoch = words[at + 9]!;
    let mirror = this.#mirrors.get(id);
    if (mirror?.epoch !== epoch) {
      mirror = { epoch, pool: new StringPool({ interned: words[at + 10] === 1 }) };
      this.#mirrors.set(id, mirror);
    }
    const { buffer } = this.#kernel.memory;
    const { pool } = mirror;
    const bytes = new Uint8Array(buffer, words[at + 11], words[at + 12]);
    const offsets = new Uint32Array(buffer, words[at + 13], words[at + 14]! + 1);
    pool.append(bytes.subarray(pool.byteLength), offsets.subarray(pool.length + 1));
    return mirror.pool;
  }

  /** Says where an array of the kernel is now, as constructors of typed arrays want it. */
  #place(
    address: number,
    { length, size }: { readonly length: number; readonly size: number },
  ): [ArrayBuffer, number, number] {
    const { buffer } = this.#kernel.memory;
    if (this.#isLent) return [buffer as ArrayBuffer, address, length];
    const at = this.#copied;
    this.#copies.set(new Uint8Array(buffer, address, length * size), at);
    this.#copied += padded(length * size);
    return [this.#copies.buffer, at, length];
  }
}

/** In the order that objects of JavaScript have their members: that is what the reference reads. */
function asObjectsOrder(fields: readonly Field[]): readonly Field[] {
  if (!fields.some(({ name }) => isArrayIndex(name))) return fields;
  const index = ({ name }: Field) => isArrayIndex(name) ? Number(name) : Infinity;
  return fields.toSorted((a, b) =>
    a.firstRow - b.firstRow || (index(a) === index(b) ? 0 : index(a) - index(b))
  );
}
