/**
 * A flat, durable map from keys to whole values: what a table is kept in.
 *
 * Keys are `/`-separated paths without a leading slash, without empty, `.` or `..` segments
 * ({@linkcode assertStoreKey} is the rule). Values are whole: there is no append, and no reader
 * ever sees half of one.
 *
 * The conformance suite in `sluice/testing` says exactly what an implementation owes.
 */
export interface Store {
  /**
   * Writes a whole value. Atomic: a reader sees the old value or the new one, never a part. Where
   * the medium allows, the value is durable when the promise resolves.
   *
   * @returns `false` when `ifAbsent` was asked for and the key already had a value (which is left
   * as it was), otherwise `true`.
   */
  put(key: string, bytes: Uint8Array, options?: StorePutOptions): Promise<boolean>;

  /** The whole value, or `undefined` when the key is absent. */
  get(key: string, options?: StoreOptions): Promise<Uint8Array | undefined>;

  /**
   * Bytes `[start, end)` of a value, cut at its end, or `undefined` when the key is absent. A
   * negative `start` counts from the end (as in `Array.prototype.slice`); `end` defaults to the
   * end.
   */
  getRange(
    key: string,
    range: StoreRange,
    options?: StoreOptions,
  ): Promise<Uint8Array | undefined>;

  /**
   * Every entry below a prefix, in ascending order of the key's UTF-16 code units. Prefixes match
   * whole segments: `"a/b"` finds `a/b` and `a/b/c`, not `a/bc`. `""` finds everything.
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
  readonly end?: number;
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
 * `.` or `..` segment, a backslash or a NUL.
 */
export function assertStoreKey(key: string): void {
  if (typeof key !== "string" || key === "") {
    throw new TypeError(`Cannot use a store key that is empty: current value is ${String(key)}`);
  }
  if (key.includes("\0") || key.includes("\\")) {
    throw new TypeError(
      `Cannot use a store key with a NUL or a backslash: current value is ${JSON.stringify(key)}`,
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

/** Whether `key` is `prefix` or lies below it, by whole segments. `""` holds every key. */
export function isUnderPrefix(key: string, prefix: string): boolean {
  return prefix === "" || key === prefix || key.startsWith(prefix + "/");
}
