import { storeFailure, storeOperation } from "./operation.ts";
import {
  assertStoreKey,
  assertStorePrefix,
  assertStoreRange,
  resolveStoreRange,
  type Store,
  type StoreEntry,
  type StoreOptions,
  type StorePutOptions,
  type StoreRange,
} from "./store.ts";

/** What is waited before an operation is tried again. */
const DELAYS_MS = [100, 400, 1600];

/** What a store in object storage takes. */
export interface ObjectStoreOptions {
  /** A key everything is kept below; by default the store is the whole bucket. */
  readonly prefix?: string | undefined;
}

/** Which bytes of an object are asked for; a `length` may go past the end. */
export type ObjectRange =
  | { readonly offset: number; readonly length?: number }
  | { readonly suffix: number };

/** What object storage does, one request each. Keys are whole, absent is `undefined`. */
export interface ObjectClient {
  /**
   * Writes an object. With a `token`, only if it is absent, and keeps that with it.
   *
   * @returns `false` if the object was there.
   */
  put(
    key: string,
    bytes: Uint8Array,
    options: { readonly token: string | undefined; readonly signal: AbortSignal | undefined },
  ): Promise<boolean>;
  /** The length of an object, and the token it was put with. */
  head(
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly size: number; readonly token: string | undefined } | undefined>;
  /** The bytes of a range, or none where it is past the end, and the length of the whole. */
  get(
    key: string,
    options: { readonly range?: ObjectRange; readonly signal: AbortSignal | undefined },
  ): Promise<{ readonly bytes: Uint8Array; readonly size: number } | undefined>;
  /** Some of the objects whose keys begin with a text, in order; a cursor leads to the next. */
  list(
    start: string,
    options: { readonly cursor: string | undefined; readonly signal: AbortSignal | undefined },
  ): Promise<{ readonly entries: readonly StoreEntry[]; readonly cursor: string | undefined }>;
  delete(key: string, signal: AbortSignal | undefined): Promise<void>;
  /** Whether the same request may succeed later. */
  mayPass(error: unknown): boolean;
}

/**
 * A {@linkcode Store} in object storage: what those have in common.
 *
 * A request that failed for what may be a passing reason is made again, up to three times. So a
 * put-if-absent may find an object that is its own, put by a request whose answer was lost: it
 * knows it by a token, which is kept in the object's metadata.
 *
 * Entries are listed in the order of keys in UTF-8.
 */
export abstract class ObjectStore implements Store {
  readonly #client: ObjectClient;
  readonly #root: string;

  constructor(client: ObjectClient, { prefix }: ObjectStoreOptions) {
    if (prefix !== undefined) assertStoreKey(prefix);
    this.#client = client;
    this.#root = prefix === undefined ? "" : `${prefix}/`;
  }

  put(key: string, bytes: Uint8Array, options?: StorePutOptions): Promise<boolean> {
    const signal = options?.signal;
    return storeOperation("put", key, options, async () => {
      const whole = this.#root + key;
      const token = options?.ifAbsent ? crypto.randomUUID() : undefined;
      let isRepeated = false;
      const isPut = await this.#retry(() => {
        const put = this.#client.put(whole, bytes, { token, signal });
        return put.catch((error) => {
          isRepeated = true;
          throw error;
        });
      }, signal);
      if (isPut || !isRepeated) return isPut;
      const found = await this.#retry(() => this.#client.head(whole, signal), signal);
      return found?.token === token;
    });
  }

  get(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    const signal = options?.signal;
    return storeOperation("get", key, options, async () => {
      const found = await this.#retry(() => this.#client.get(this.#root + key, { signal }), signal);
      return found?.bytes;
    });
  }

  async getRange(
    key: string,
    range: StoreRange,
    options?: StoreOptions,
  ): Promise<Uint8Array | undefined> {
    assertStoreRange(range);
    const { start, end } = range;
    const signal = options?.signal;
    return await storeOperation("getRange", key, options, async () => {
      const whole = this.#root + key;
      if (end !== undefined && end <= Math.max(start, 0)) {
        const found = await this.#retry(() => this.#client.head(whole, signal), signal);
        return found && new Uint8Array(0);
      }
      const wanted: ObjectRange = start < 0
        ? { suffix: -start }
        : end === undefined
        ? { offset: start }
        : { offset: start, length: end - start };
      const request = { range: wanted, signal };
      const found = await this.#retry(() => this.#client.get(whole, request), signal);
      if (found === undefined || start >= 0) return found?.bytes;
      // What was fetched goes to the end.
      const resolved = resolveStoreRange(range, found.size);
      return found.bytes.slice(0, resolved.end - resolved.start);
    });
  }

  async *list(prefix: string, options?: StoreOptions): AsyncGenerator<StoreEntry, void, void> {
    assertStorePrefix(prefix);
    const signal = options?.signal;
    signal?.throwIfAborted();
    const whole = this.#root + prefix;
    const start = prefix === "" ? whole : `${whole}/`;
    const listed = (cursor?: string) =>
      this.#retry(() => this.#client.list(start, { cursor, signal }), signal);
    try {
      // A value at the prefix itself is not below it. Asked for meanwhile; where both fail, the list
      // says more.
      const own = prefix === ""
        ? undefined
        : this.#retry(() => this.#client.head(whole, signal), signal);
      own?.catch(() => {});
      let page = await listed();
      const found = await own;
      if (found !== undefined) yield { key: prefix, size: found.size };
      for (;;) {
        for (const { key, size } of page.entries) {
          signal?.throwIfAborted();
          // Some tools mark a directory by an empty object, whose name is no key.
          if (!key.endsWith("/")) yield { key: key.slice(this.#root.length), size };
        }
        if (page.cursor === undefined) return;
        signal?.throwIfAborted();
        page = await listed(page.cursor);
      }
    } catch (error) {
      throw storeFailure("list", prefix, options, error);
    }
  }

  delete(key: string, options?: StoreOptions): Promise<void> {
    const signal = options?.signal;
    return storeOperation(
      "delete",
      key,
      options,
      () => this.#retry(() => this.#client.delete(this.#root + key, signal), signal),
    );
  }

  async #retry<T>(request: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    for (const delayMs of DELAYS_MS) {
      try {
        return await request();
      } catch (error) {
        if (signal?.aborted || !this.#client.mayPass(error)) throw error;
      }
      // Whoever failed together should not come back together.
      await wait(delayMs * (0.5 + Math.random()), signal);
      signal?.throwIfAborted();
    }
    return await request();
  }
}

/** Resolves after some time, or when the signal is aborted. */
function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
    function end(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    }
  });
}
