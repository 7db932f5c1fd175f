import {
  assertStoreKey,
  type Store,
  type StoreEntry,
  type StoreOptions,
  type StorePutOptions,
  type StoreRange,
} from "./store.ts";

/**
 * The part of a store below a prefix, as a store of its own: several tables in one directory or
 * bucket, or a table and its journal. Errors of the medium name the whole key.
 *
 * @throws {TypeError} If the prefix is not a key.
 *
 * @example
 * ```ts
 * import { MemoryStore, prefixedStore } from "sluice";
 *
 * const store = new MemoryStore();
 * const visits = prefixedStore(store, "tables/visits");
 * await visits.put("a", new Uint8Array(1)); // "tables/visits/a" in `store`
 * ```
 */
export function prefixedStore(store: Store, prefix: string): Store {
  assertStoreKey(prefix);
  return new PrefixedStore(store, prefix);
}

class PrefixedStore implements Store {
  readonly #store: Store;
  readonly #prefix: string;

  constructor(store: Store, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  async put(key: string, bytes: Uint8Array, options?: StorePutOptions): Promise<boolean> {
    return await this.#store.put(this.#whole(key), bytes, options);
  }

  async get(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    return await this.#store.get(this.#whole(key), options);
  }

  async getRange(
    key: string,
    range: StoreRange,
    options?: StoreOptions,
  ): Promise<Uint8Array | undefined> {
    return await this.#store.getRange(this.#whole(key), range, options);
  }

  async *list(prefix: string, options?: StoreOptions): AsyncGenerator<StoreEntry, void, void> {
    const whole = prefix === "" ? this.#prefix : this.#whole(prefix);
    for await (const { key, size } of this.#store.list(whole, options)) {
      // A value at the prefix itself is not below it.
      if (key !== this.#prefix) yield { key: key.slice(this.#prefix.length + 1), size };
    }
  }

  async delete(key: string, options?: StoreOptions): Promise<void> {
    await this.#store.delete(this.#whole(key), options);
  }

  /** Checked here as well, so that the error names the caller's own key. */
  #whole(key: string): string {
    assertStoreKey(key);
    return `${this.#prefix}/${key}`;
  }
}
