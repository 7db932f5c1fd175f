import { storeOperation } from "./operation.ts";
import {
  assertStorePrefix,
  assertStoreRange,
  isUnderPrefix,
  resolveStoreRange,
  type Store,
  type StoreEntry,
  type StoreOptions,
  type StorePutOptions,
  type StoreRange,
} from "./store.ts";

/**
 * A {@linkcode Store} in memory: for tests, demos and tables that are small and short-lived.
 *
 * @example
 * ```ts
 * import { MemoryStore } from "sluice";
 *
 * const store = new MemoryStore();
 * await store.put("greeting", new TextEncoder().encode("hello"));
 * await store.get("greeting"); // five bytes
 * ```
 */
export class MemoryStore implements Store {
  readonly #values = new Map<string, Uint8Array>();

  put(key: string, bytes: Uint8Array, options?: StorePutOptions): Promise<boolean> {
    return storeOperation("put", key, options, () => {
      if (options?.ifAbsent && this.#values.has(key)) return false;
      // A copy: the caller may use its array for something else next. `new` rather than `slice()`,
      // which for a Node Buffer is no copy.
      this.#values.set(key, new Uint8Array(bytes));
      return true;
    });
  }

  get(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    return storeOperation("get", key, options, () => this.#values.get(key)?.slice());
  }

  async getRange(
    key: string,
    range: StoreRange,
    options?: StoreOptions,
  ): Promise<Uint8Array | undefined> {
    assertStoreRange(range);
    return await storeOperation("getRange", key, options, () => {
      const value = this.#values.get(key);
      if (value === undefined) return undefined;
      const { start, end } = resolveStoreRange(range, value.length);
      return value.slice(start, end);
    });
  }

  async *list(prefix: string, options?: StoreOptions): AsyncGenerator<StoreEntry, void, void> {
    assertStorePrefix(prefix);
    options?.signal?.throwIfAborted();
    const keys = [...this.#values.keys()].filter((key) => isUnderPrefix(key, prefix)).sort();
    for (const key of keys) {
      options?.signal?.throwIfAborted();
      const value = this.#values.get(key);
      if (value !== undefined) yield { key, size: value.length };
    }
  }

  delete(key: string, options?: StoreOptions): Promise<void> {
    return storeOperation("delete", key, options, () => {
      this.#values.delete(key);
    });
  }
}
