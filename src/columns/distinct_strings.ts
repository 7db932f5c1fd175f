import type { StringPool } from "./string_pool.ts";
import { isNull, type Vector } from "./vector.ts";

const FIRST_SLOTS = 256;
/** What a large column has left with more than this is not kept. */
const MAX_IDLE_BYTES = 1 << 20;
/** A look-up that takes more steps than this meets strings made to have one hash. */
const MAX_STEPS = 256;
/** A character for each byte. */
const latin1 = new TextDecoder("latin1");
/** Marks are 32-bit integers, which are the fastest. */
const MAX_BASE = 2 ** 30;

/** From a byte to another. */
interface Place {
  readonly start: number;
  readonly end: number;
}

/** Strings with each distinct one once: see `codes` of {@linkcode Vector}. */
export interface CodedStrings {
  readonly codes: Uint32Array;
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

/** A pool, and by its codes the marks of strings that were met: see {@linkcode DistinctStrings}. */
export interface MarkedPool {
  readonly pool: StringPool;
  readonly marks: Int32Array | undefined;
}

/**
 * Finds the distinct strings of one column of a file after another. A string's code is its place in
 * the order of first appearance, whatever pool it is from and whatever code it has there.
 */
export class DistinctStrings {
  /**
   * For pools where equal strings have equal codes: by that code, `base` and the code here. What is
   * less than `base` is of columns before, so nothing has to be cleared.
   */
  #marks: WeakMap<StringPool, Int32Array> = new WeakMap();
  #base = 1;
  /** Whether strings of several origins come together, so that only their bytes can tell. */
  #isMixed = false;

  /** The strings so far, end to end; string `code` is at `offsets[code]` to `offsets[code + 1]`. */
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  #view: DataView<ArrayBuffer> = new DataView(this.#bytes.buffer);
  #offsets: Int32Array<ArrayBuffer> = new Int32Array(256);
  #hashes: Int32Array<ArrayBuffer> = new Int32Array(256);
  #length = 0;
  /** A hash table with linear probing over the first `indexed` of them: the code plus one. */
  #slots: Int32Array<ArrayBuffer> = new Int32Array(FIRST_SLOTS);
  #indexed = 0;
  /** In place of that, once strings have come that were made to have one hash: those of a map differ. */
  #map: Map<string, number> | undefined;

  /** The bytes that were copied from last. */
  #source: Uint8Array = this.#bytes;
  #sourceView: DataView = this.#view;

  /** Begins a column, whose strings are in these pools. */
  begin(pools: readonly (StringPool | undefined)[]): void {
    this.#base += this.#length;
    if (this.#base > MAX_BASE) {
      this.#marks = new WeakMap();
      this.#base = 1;
    }
    this.#isMixed = new Set(pools.filter((pool) => pool !== undefined)).size > 1;
    this.#length = this.#indexed = 0;
    this.#map = undefined;
    if (this.#slots.length > FIRST_SLOTS) this.#slots = new Int32Array(FIRST_SLOTS);
    else this.#slots.fill(0);
  }

  /** What the marks of this column are not less than. */
  get base(): number {
    return this.#base;
  }

  /** A pool with its marks, which there are if equal strings have equal codes in it. */
  marked(pool: StringPool): MarkedPool {
    if (!pool.interned) return { pool, marks: undefined };
    let marks = this.#marks.get(pool);
    if (marks === undefined || marks.length < pool.length) {
      this.#marks.set(pool, marks = new Int32Array(2 * pool.length));
    }
    return { pool, marks };
  }

  /** The code of a string in a pool. */
  codeIn({ pool, marks }: MarkedPool, code: number): number {
    if (marks === undefined) return this.newCodeIn(pool, code);
    if (marks[code]! < this.#base) marks[code] = this.#base + this.newCodeIn(pool, code);
    return marks[code]! - this.#base;
  }

  /** The same of one that has no mark. */
  newCodeIn(pool: StringPool, code: number): number {
    this.#append(pool.bytes, { start: pool.offsets[code]!, end: pool.offsets[code + 1]! });
    return this.#isMixed || !pool.interned ? this.#find() : this.#length++;
  }

  /** The code of a string in no pool. */
  codeOf(bytes: Uint8Array, place: Place = { start: 0, end: bytes.length }): number {
    this.#isMixed = true;
    this.#append(bytes, place);
    return this.#find();
  }

  /** The strings, in arrays of their own. */
  take(): Pick<CodedStrings, "offsets" | "bytes"> {
    const offsets = this.#offsets.slice(0, this.#length + 1);
    const bytes = this.#bytes.slice(0, this.#offsets[this.#length]);
    if (this.#bytes.length > MAX_IDLE_BYTES) this.#setBytes(new Uint8Array(1024));
    this.#source = this.#bytes;
    this.#sourceView = this.#view;
    return { offsets, bytes };
  }

  /** Puts a string behind the last one, where it does not count yet. */
  #append(source: Uint8Array, { start, end }: Place): void {
    if (source !== this.#source) {
      this.#source = source;
      this.#sourceView = new DataView(source.buffer, source.byteOffset, source.byteLength);
    }
    const size = end - start;
    const at = this.#offsets[this.#length]!;
    this.#reserve(at + size);
    const from = this.#sourceView;
    const to = this.#view;
    // Four bytes at a time are faster than a call that copies, since most strings are short.
    let i = 0;
    for (; i + 4 <= size; i += 4) to.setInt32(at + i, from.getInt32(start + i, true), true);
    for (; i < size; i++) to.setUint8(at + i, from.getUint8(start + i));
    this.#offsets[this.#length + 1] = at + size;
  }

  #hash(code: number): void {
    const view = this.#view;
    const end = this.#offsets[code + 1]!;
    let at = this.#offsets[code]!;
    let hash = end - at;
    for (; at + 4 <= end; at += 4) {
      hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    for (; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x85ebca77);
    this.#hashes[code] = hash ^ (hash >>> 13);
  }

  /** The code of the string behind the last one, which counts from now on if it is new. */
  #find(): number {
    const last = this.#length;
    while (this.#map === undefined && this.#indexed < last) {
      this.#hash(this.#indexed);
      this.#index(this.#indexed);
    }
    if (this.#map !== undefined) return this.#findInMap(this.#map, last);
    this.#hash(last);
    const hash = this.#hashes[last]!;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const code = this.#slots[slot]! - 1;
      if (this.#hashes[code] === hash && this.#isEqual(code, last)) return code;
    }
    this.#length++;
    this.#index(last);
    return last;
  }

  #findInMap(map: Map<string, number>, last: number): number {
    const text = (code: number) =>
      latin1.decode(this.#bytes.subarray(this.#offsets[code]!, this.#offsets[code + 1]!));
    for (let code = map.size; code < last; code++) map.set(text(code), code);
    const known = map.get(text(last));
    if (known !== undefined) return known;
    map.set(text(last), last);
    return this.#length++;
  }

  #isEqual(a: number, b: number): boolean {
    const startA = this.#offsets[a]!;
    const startB = this.#offsets[b]!;
    const size = this.#offsets[a + 1]! - startA;
    if (this.#offsets[b + 1]! - startB !== size) return false;
    for (let i = 0; i < size; i++) {
      if (this.#bytes[startA + i] !== this.#bytes[startB + i]) return false;
    }
    return true;
  }

  #index(code: number): void {
    this.#indexed = code + 1;
    if (2 * this.#indexed > this.#slots.length) {
      this.#slots = new Int32Array(2 * this.#slots.length);
      for (let earlier = 0; earlier < code; earlier++) this.#putInto(earlier);
    }
    this.#putInto(code);
  }

  #putInto(code: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[code]! & mask;
    for (let steps = 0; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      if (++steps > MAX_STEPS) this.#map ??= new Map();
    }
    this.#slots[slot] = code + 1;
  }

  #setBytes(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  /** Makes room for one more string, which ends there. */
  #reserve(end: number): void {
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#setBytes(grown);
    }
    if (this.#length + 2 > this.#offsets.length) {
      this.#offsets = doubled(this.#offsets);
      this.#hashes = doubled(this.#hashes);
    }
  }
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(2 * array.length);
  grown.set(array);
  return grown;
}

const strings = new DistinctStrings();

/** The strings of a vector, each distinct one once. */
export function withCodes(vector: Vector): CodedStrings {
  const { codes, offsets, bytes, length } = vector;
  if (codes !== undefined) return { codes, offsets: offsets!, bytes: bytes! };
  const found = new Uint32Array(length);
  strings.begin([]);
  for (let row = 0; row < length; row++) {
    if (!isNull(vector, row)) {
      found[row] = strings.codeOf(bytes!, { start: offsets![row]!, end: offsets![row + 1]! });
    }
  }
  return { codes: found, ...strings.take() };
}
