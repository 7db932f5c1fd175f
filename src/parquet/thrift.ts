const TRUE = 1;
const FALSE = 2;
const I32 = 5;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

const encoder = new TextEncoder();

/**
 * Writes structs in Thrift's compact protocol (thrift-compact-protocol.md), as Parquet has its
 * metadata: the fields of each in the order of their ids. Integers are not negative, and below 2^53.
 */
export class ThriftWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  #length = 0;
  /** The id of the last field, in the struct that is being written and in those around it. */
  #last = 0;
  readonly #around: number[] = [];

  /** A list of strings by itself, which is no field of a struct. */
  static list(values: readonly string[]): Uint8Array<ArrayBuffer> {
    const writer = new ThriftWriter();
    writer.#beginList(BINARY, values.length);
    for (const value of values) writer.#putBinary(value);
    return writer.bytes.slice();
  }

  i32(id: number, value: number): void {
    this.#begin(id, I32);
    this.#putVarint(value * 2); // zigzag
  }

  bool(id: number, value: boolean): void {
    this.#begin(id, value ? TRUE : FALSE);
  }

  binary(id: number, value: string): void {
    this.#begin(id, BINARY);
    this.#putBinary(value);
  }

  /** Begins a struct in this one; {@linkcode end} ends it. */
  struct(id: number): void {
    this.#begin(id, STRUCT);
    this.structItem();
  }

  /** Begins a list of structs; each is begun by {@linkcode structItem}. */
  structs(id: number, length: number): void {
    this.#begin(id, LIST);
    this.#beginList(STRUCT, length);
  }

  /** Says that fields up to this one are written elsewhere. */
  passTo(id: number): void {
    this.#last = id;
  }

  /** Begins a struct in a list, or the whole, which is in none; {@linkcode end} ends it. */
  structItem(): void {
    this.#around.push(this.#last);
    this.#last = 0;
  }

  /** Ends the struct that was begun last. */
  end(): void {
    this.#last = this.#around.pop()!;
    this.#putByte(0);
  }

  /** What was written. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** No id here is more than fifteen after the one before, which would take another form. */
  #begin(id: number, type: number): void {
    this.#putByte((id - this.#last) << 4 | type);
    this.#last = id;
  }

  #beginList(type: number, length: number): void {
    if (length < 15) return this.#putByte(length << 4 | type);
    this.#putByte(0xf0 | type);
    this.#putVarint(length);
  }

  #putBinary(value: string): void {
    const binary = encoder.encode(value);
    this.#putVarint(binary.length);
    this.#reserve(binary.length);
    this.#bytes.set(binary, this.#length);
    this.#length += binary.length;
  }

  #putVarint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#putByte(rest % 0x80 | 0x80);
    this.#putByte(rest);
  }

  #putByte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.bytes);
    this.#bytes = grown;
  }
}
