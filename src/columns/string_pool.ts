const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

// Pools are made for others to fill as well.
const NO_BYTES = new Uint8Array(0);
/** The first string begins at 0. */
const NO_OFFSETS = new Uint32Array(1);
const MIN_BYTES = 1024;
const MIN_OFFSETS = 64;

/**
 * Strings as UTF-8, end to end in one buffer; a string is named by its code, its place in the
 * order of arrival. Columns hold codes, and share a pool for as long as it serves them.
 */
export class StringPool {
  /** Whether equal strings have equal codes in this pool. */
  readonly interned: boolean;
  /** UTF-8 of all strings; valid up to `offsets[length]`. */
  bytes: Uint8Array = NO_BYTES;
  /** String `code` is `bytes[offsets[code] .. offsets[code + 1])`. */
  offsets: Uint32Array = NO_OFFSETS;
  /** How many strings there are. */
  length = 0;

  constructor(options: { readonly interned: boolean }) {
    this.interned = options.interned;
  }

  /** Length of all strings in bytes. */
  get byteLength(): number {
    return this.offsets[this.length]!;
  }

  /** Adds a string and returns its code. Lone surrogates become U+FFFD. */
  add(value: string): number {
    const start = this.offsets[this.length]!;
    // UTF-8 takes at most three bytes for each UTF-16 code unit.
    if (this.bytes.length < start + value.length * 3) this.#growBytes(start + value.length * 3);
    const target = start === 0 ? this.bytes : this.bytes.subarray(start);
    return this.#close(start + encoder.encodeInto(value, target).written);
  }

  /** Adds a string that is UTF-8 already. */
  addBytes(utf8: Uint8Array): number {
    const start = this.offsets[this.length]!;
    if (this.bytes.length < start + utf8.length) this.#growBytes(start + utf8.length);
    this.bytes.set(utf8, start);
    return this.#close(start + utf8.length);
  }

  /**
   * Adds many strings at once: their UTF-8, end to end, and where each one ends in the pool as it is
   * then.
   */
  append(utf8: Uint8Array, ends: Uint32Array): void {
    const start = this.byteLength;
    if (this.bytes.length < start + utf8.length) this.#growBytes(start + utf8.length);
    this.bytes.set(utf8, start);
    const length = this.length + ends.length;
    if (this.offsets.length <= length) this.#growOffsets(length + 1);
    this.offsets.set(ends, this.length + 1);
    this.length = length;
  }

  /** The UTF-8 of a string: a view, valid until the next `add`. */
  slice(code: number): Uint8Array {
    return this.bytes.subarray(this.offsets[code]!, this.offsets[code + 1]!);
  }

  /** The string. */
  get(code: number): string {
    return decoder.decode(this.slice(code));
  }

  #close(end: number): number {
    const code = this.length++;
    if (this.length === this.offsets.length) this.#growOffsets(this.length + 1);
    this.offsets[this.length] = end;
    return code;
  }

  #growOffsets(needed: number): void {
    const grown = new Uint32Array(Math.max(needed, this.offsets.length * 2, MIN_OFFSETS));
    grown.set(this.offsets);
    this.offsets = grown;
  }

  #growBytes(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2, MIN_BYTES));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
