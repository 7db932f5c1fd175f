import { Column } from "../columns/column.ts";
import { StringPool } from "../columns/string_pool.ts";

const WORDS_PER_COLUMN = 17;
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

/** Takes columns out of a kernel's memory: they are copied, since the kernel goes on using it. */
export class KernelColumns {
  readonly #memory: WebAssembly.Memory;
  readonly #names: Map<number, string> = new Map();
  readonly #mirrors: Map<number, Mirror> = new Map();
  #words: Uint32Array = new Uint32Array(0);
  #at = 0;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** The columns of `rows` events, described at `address`: see `finish` in kernel/mod.ts. */
  take(address: number, rows: number): Map<string, Column> {
    this.#words = new Uint32Array(this.#memory.buffer, address);
    const [fieldCount] = this.#words;
    this.#at = 1;
    return this.#takeFields(fieldCount!, rows);
  }

  #takeFields(count: number, rows: number): Map<string, Column> {
    const fields: Field[] = [];
    for (let i = 0; i < count; i++) fields.push(this.#takeField(rows));
    return new Map(asObjectsOrder(fields).map(({ name, column }) => [name, column]));
  }

  #takeField(rows: number): Field {
    const [id, nameAt, nameLength, firstRow] = this.#words.subarray(this.#at);
    let name = this.#names.get(id!);
    if (name === undefined) {
      name = utf8.decode(new Uint8Array(this.#memory.buffer, nameAt, nameLength));
      this.#names.set(id!, name);
    }
    return { name, firstRow: firstRow!, column: this.#takeColumn(rows) };
  }

  #takeColumn(rows: number): Column {
    const words = this.#words;
    const at = this.#at;
    this.#at += WORDS_PER_COLUMN;
    const { buffer } = this.#memory;
    const column = new Column(0);
    column.kinds = new Uint8Array(buffer, words[at + 4], rows).slice();
    const numbers = words[at + 5]!;
    if (numbers > 0) {
      column.ints = new BigInt64Array(buffer, numbers, rows).slice();
      column.floats = new Float64Array(column.ints.buffer);
    }
    const codes = words[at + 6]!;
    if (codes > 0) {
      column.codes = new Uint32Array(buffer, codes, rows).slice();
      column.pool = this.#takePool(at);
    }
    if (words[at + 7]! > 0) {
      column.starts = new Uint32Array(buffer, words[at + 7], rows).slice();
      column.ends = new Uint32Array(buffer, words[at + 8], rows).slice();
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
    const { buffer } = this.#memory;
    mirror.pool.append(
      new Uint8Array(buffer, words[at + 11], words[at + 12]),
      new Uint32Array(buffer, words[at + 13], words[at + 14]),
    );
    return mirror.pool;
  }
}

/** Names that are array indices (ECMA-262, 6.1.7), which objects have before others, in order. */
const ARRAY_INDEX = /^(?:0|[1-9]\d{0,9})$/;

/** In the order that objects of JavaScript have their members: that is what the reference reads. */
function asObjectsOrder(fields: readonly Field[]): readonly Field[] {
  if (!fields.some(({ name }) => ARRAY_INDEX.test(name))) return fields;
  const index = ({ name }: Field) =>
    ARRAY_INDEX.test(name) && Number(name) < 2 ** 32 - 1 ? Number(name) : Infinity;
  return fields.toSorted((a, b) =>
    a.firstRow - b.firstRow || (index(a) === index(b) ? 0 : index(a) - index(b))
  );
}
