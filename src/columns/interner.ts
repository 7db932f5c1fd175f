import { StringPool } from "./string_pool.ts";

/** A pool past either size is left to the windows that use it, and a new one is begun. */
const MAX_POOL_BYTES = 4 << 20;
const MAX_POOL_LENGTH = 1 << 16;
/** How many strings are looked at before a column is judged. */
const SAMPLE = 1024;

/**
 * Gives the strings of one column their codes, across batches: a value that was seen before costs
 * one look-up and no bytes. A column of ids, where most values are new, stops looking.
 */
export class Interner {
  #pool: StringPool = new StringPool({ interned: true });
  #codes: Map<string, number> | undefined = new Map();
  #found = 0;

  /** The pool that codes given out since the last {@linkcode startBatch} belong to. */
  get pool(): StringPool {
    return this.#pool;
  }

  /** Codes of one batch all belong to one pool, so this is when a pool may be left for a new one. */
  startBatch(): void {
    const pool = this.#pool;
    if (this.#codes === undefined) {
      if (pool.length > 0) this.#pool = new StringPool({ interned: false });
    } else if (pool.length > SAMPLE && pool.length > this.#found) {
      this.#codes = undefined;
      this.#pool = new StringPool({ interned: false });
    } else if (pool.length > MAX_POOL_LENGTH || pool.byteLength > MAX_POOL_BYTES) {
      this.#codes = new Map();
      this.#pool = new StringPool({ interned: true });
    }
  }

  /** The code of a string. */
  code(value: string): number {
    const codes = this.#codes;
    if (codes === undefined) return this.#pool.add(value);
    const known = codes.get(value);
    if (known !== undefined) {
      this.#found++;
      return known;
    }
    // Lone surrogates and U+FFFD are the same bytes, so they must be the same code.
    const valid = value.toWellFormed();
    if (valid !== value) return this.code(valid);
    const code = this.#pool.add(value);
    codes.set(value, code);
    return code;
  }
}
