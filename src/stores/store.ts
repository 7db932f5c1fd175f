/**
 * A flat, durable map from keys to whole values: what a table is kept in.
 *
 * Keys are `/`-separated paths without a leading slash, without empty, `.` or `..` segments
 * ({@linkcode assertStoreKey} is the rule). Values are whole: there is no append, and no reader
 * ever sees half of one.
 *
 * A verb given a bad key rejects with a `TypeError`; one that was aborted, with the signal's reason
 * as it is; one whose medium failed, with a {@linkcode StoreError} that keeps the medium's error as
 * its `cause`. {@linkcode storeOperation} does all three for authors of stores.
 *
 * The conformance suite in `sluice/testing` says exactly what an implementation owes.
 *
 * @example
 * ```ts
 * import { MemoryStore, type Store } from "sluice";
 *
 * const store: Store = new MemoryStore();
 * await store.put("day=1/a.json", new TextEncoder().encode("{}"));
 * await store.getRange("day=1/a.json", { start: -1 }); // the last byte, "}"
 * for await (const { key, size } of store.list("day=1")) console.log(key, size);
 * ```
 */
export interface Store {
  /**
   * Writes a whole value. Atomic: a reader sees the old value or the new one, never a part. Where
   * the medium allows, the value is durable when the promise resolves. A `put` that rejects may or
   * may not have happened, but never in part.
   *
   * @param bytes Not to be changed before the promise settles; free again after that.
   * @returns `false` when `ifAbsent` was asked for and the key already had a value (which is left
   * as it was), otherwise `true`.
   */
  put(key: string, bytes: Uint8Array, options?: StorePutOptions): Promise<boolean>;

  /** The whole value, the caller's to change, or `undefined` when the key is absent. */
  get(key: string, options?: StoreOptions): Promise<Uint8Array | undefined>;

  /**
   * Bytes `[start, end)` of a value, cut at its end, or `undefined` when the key is absent. A
   * negative `start` counts from the end (as in `Array.prototype.slice`); `end` defaults to the
   * end. A range that holds nothing yields no bytes.
   *
   * @throws {RangeError} If `start` or `end` is not a whole number, or `end` is negative.
   */
  getRange(
    key: string,
    range: StoreRange,
    options?: StoreOptions,
  ): Promise<Uint8Array | undefined>;

  /**
   * Every entry below a prefix, in ascending order of the key's UTF-16 code units. Prefixes match
   * whole segments: `"a/b"` finds `a/b` and `a/b/c`, not `a/bc`. `""` finds everything.
   *
   * What is there from beginning to end is listed once; what is written or deleted meanwhile may
   * or may not be.
   */
  list(prefix: string, options?: StoreOptions): AsyncIterable<StoreEntry>;

  /** Removes a value; one that is absent already is no error. */
  delete(key: string, options?: StoreOptions): Promise<void>;
}

/** One listed value. */
export interface StoreEntry {
  /** The whole key. */
  readonly key: string;
  /** Length of the value in bytes. */
  readonly size: number;
}

/** Bytes `[start, end)` of a value. */
export interface StoreRange {
  /** First byte; negative counts from the end. */
  readonly start: number;
  /** One past the last byte; the end of the value when omitted. */
  readonly end?: number | undefined;
}

/** What every verb of a {@linkcode Store} takes. */
export interface StoreOptions {
  /** Gives up with the signal's reason. A `put` that was given up may or may not have happened. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@linkcode Store.put} takes. */
export interface StorePutOptions extends StoreOptions {
  /** Write only if the key has no value yet. Of several at once, exactly one succeeds. */
  readonly ifAbsent?: boolean | undefined;
}

/**
 * Throws a `TypeError` for a string no store would take as a key: one that is empty, has an empty,
 * `.` or `..` segment, a backslash, a NUL or half of a surrogate pair (which no UTF-8 name can
 * hold).
 */
export function assertStoreKey(key: string): void {
  if (typeof key !== "string" || key === "") {
    throw new TypeError(`Cannot use a store key that is empty: current value is ${String(key)}`);
  }
  if (key.includes("\0") || key.includes("\\") || !key.isWellFormed()) {
    throw new TypeError(
      `Cannot use a store key with a NUL, a backslash or a lone surrogate: current value is ${
        JSON.stringify(key)
      }`,
    );
  }
  for (const segment of key.split("/")) {
    if (segment === "" || segment === "." || segment === "..") {
      throw new TypeError(
        `Cannot use a store key with an empty, "." or ".." segment: current value is ${
          JSON.stringify(key)
        }`,
      );
    }
  }
}

/** Throws a `TypeError` for what is neither `""` nor a key: see {@linkcode assertStoreKey}. */
export function assertStorePrefix(prefix: string): void {
  if (prefix !== "") assertStoreKey(prefix);
}

/** Whether `key` is `prefix` or lies below it, by whole segments. `""` holds every key. */
export function isUnderPrefix(key: string, prefix: string): boolean {
  return prefix === "" || key === prefix || key.startsWith(prefix + "/");
}

/** Throws a `RangeError` for a range with a bound that is not whole, or a negative `end`. */
export function assertStoreRange(range: StoreRange): void {
  const { start, end = 0 } = range;
  if (!Number.isSafeInteger(start)) {
    throw new RangeError(`Cannot read from a start that is not whole: current value is ${start}`);
  }
  if (!Number.isSafeInteger(end) || end < 0) {
    throw new RangeError(
      `Cannot read to an end that is negative or not whole: current value is ${end}`,
    );
  }
}

/** The bytes a range means in a value of `size` bytes: `0 <= start <= end <= size`. */
export function resolveStoreRange(
  range: StoreRange,
  size: number,
): { start: number; end: number } {
  const start = range.start < 0 ? Math.max(size + range.start, 0) : Math.min(range.start, size);
  return { start, end: Math.max(start, Math.min(range.end ?? size, size)) };
}
