import { LOG_DIRECTORY } from "../commit_log/log_files.ts";
import { storeOperation } from "../stores/operation.ts";
import {
  isUnderPrefix,
  type Store,
  type StoreEntry,
  type StoreOptions,
  type StorePutOptions,
  type StoreRange,
} from "../stores/store.ts";

/**
 * A store whose commit log is written through a gate, and everything else directly. All shards write
 * the same keys there, and no other keys are shared.
 */
export class GatedStore implements Store {
  readonly #store: Store;
  readonly #putLog: Store["put"];

  constructor(store: Store, putLog: Store["put"]) {
    this.#store = store;
    this.#putLog = putLog;
  }

  put(key: string, bytes: Uint8Array, options?: StorePutOptions): Promise<boolean> {
    if (!isUnderPrefix(key, LOG_DIRECTORY)) return this.#store.put(key, bytes, options);
    return storeOperation("put", key, options, () => this.#putLog(key, bytes, options));
  }

  get(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    return this.#store.get(key, options);
  }

  getRange(
    key: string,
    range: StoreRange,
    options?: StoreOptions,
  ): Promise<Uint8Array | undefined> {
    return this.#store.getRange(key, range, options);
  }

  list(prefix: string, options?: StoreOptions): AsyncIterable<StoreEntry> {
    return this.#store.list(prefix, options);
  }

  delete(key: string, options?: StoreOptions): Promise<void> {
    return this.#store.delete(key, options);
  }
}
