import { promisifyRequest, type UseStore } from "idb-keyval";
import { committed, useObjects } from "./idb_objects.ts";
import { storeFailure, storeOperation } from "./operation.ts";
import {
  assertStorePrefix,
  assertStoreRange,
  resolveStoreRange,
  type Store,
  type StoreEntry,
  type StoreOptions,
  type StorePutOptions,
  type StoreRange,
} from "./store.ts";

/** How many keys are listed at a time. */
const LIST_PAGE = 1000;

/** A key, and the length of its value: so that values can be listed without being read. */
type ObjectKey = readonly [key: string, size: number];

/**
 * A {@linkcode Store} in IndexedDB: in browsers, in the page as well as in workers.
 *
 * Each verb is a transaction, so any number of tabs may use it at once, and `put` and `delete` are
 * synced when they resolve. Values are read and written whole: it suits files of some megabytes.
 * A `put` for which there is no room rejects with a {@linkcode StoreError} whose `cause` is the
 * browser's `QuotaExceededError`, and leaves nothing.
 *
 * @example
 * ```ts
 * import { IdbStore } from "sluice/stores/idb";
 *
 * const store = new IdbStore("visits");
 * await store.put("year=2024/a.parquet", new Uint8Array(8));
 * ```
 */
export class IdbStore implements Store {
  readonly #use: UseStore;

  /**
   * Keeps values in a database.
   *
   * @param database Name of a database for this store alone; made by the first verb.
   */
  constructor(database: string) {
    this.#use = useObjects(database, "values");
  }

  put(key: string, bytes: Uint8Array, options?: StorePutOptions): Promise<boolean> {
    return storeOperation("put", key, options, () =>
      this.#use("readwrite", async (objects) => {
        if (options?.ifAbsent) {
          if (await promisifyRequest(objects.getKey(rangeOf(key))) !== undefined) return false;
        }
        objects.delete(rangeOf(key));
        // A copy: of a view, the database would keep the whole buffer.
        objects.put(new Uint8Array(bytes), [key, bytes.length]);
        await committed(objects.transaction);
        return true;
      }));
  }

  get(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    return storeOperation("get", key, options, () => this.#get(key));
  }

  async getRange(
    key: string,
    range: StoreRange,
    options?: StoreOptions,
  ): Promise<Uint8Array | undefined> {
    assertStoreRange(range);
    return await storeOperation("getRange", key, options, async () => {
      const value = await this.#get(key);
      if (value === undefined) return undefined;
      const { start, end } = resolveStoreRange(range, value.length);
      return value.slice(start, end);
    });
  }

  async *list(prefix: string, options?: StoreOptions): AsyncGenerator<StoreEntry, void, void> {
    assertStorePrefix(prefix);
    options?.signal?.throwIfAborted();
    // "0" is what follows "/".
    const ranges = prefix === ""
      ? [IDBKeyRange.bound([], [[]])]
      : [rangeOf(prefix), IDBKeyRange.bound([`${prefix}/`], [`${prefix}0`], false, true)];
    try {
      for (const range of ranges) {
        for await (const [key, size] of this.#keysIn(range)) {
          options?.signal?.throwIfAborted();
          yield { key, size };
        }
      }
    } catch (error) {
      throw storeFailure("list", prefix, options, error);
    }
  }

  delete(key: string, options?: StoreOptions): Promise<void> {
    return storeOperation("delete", key, options, () =>
      this.#use("readwrite", async (objects) => {
        objects.delete(rangeOf(key));
        await committed(objects.transaction);
      }));
  }

  #get(key: string): Promise<Uint8Array | undefined> {
    return this.#use("readonly", (objects) => promisifyRequest(objects.get(rangeOf(key))));
  }

  async *#keysIn(range: IDBKeyRange): AsyncGenerator<ObjectKey, void, void> {
    for (let rest = range;;) {
      const keys = await this.#use(
        "readonly",
        (objects) => promisifyRequest(objects.getAllKeys(rest, LIST_PAGE)),
      ) as unknown as ObjectKey[];
      yield* keys;
      if (keys.length < LIST_PAGE) return;
      rest = IDBKeyRange.bound([keys.at(-1)![0], []], range.upper, true, range.upperOpen);
    }
  }
}

/** Where a key is, whatever the length of its value: an array comes after all numbers. */
function rangeOf(key: string): IDBKeyRange {
  return IDBKeyRange.bound([key], [key, []]);
}
