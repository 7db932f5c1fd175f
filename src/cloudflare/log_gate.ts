import type { Store, StorePutOptions } from "../stores/store.ts";

/** A bucket takes one write a second to a key. */
const SPACING_MS = 1_100;
/** How many keys are remembered; shards that are further behind read the log first. */
const MAX_REMEMBERED = 1_000;

interface Key {
  /** Ends when everything asked for so far is done. */
  done: Promise<unknown>;
  isTaken: boolean;
  writtenMs: number;
}

/**
 * Puts the files of the commit log for all shards. Shards that close a window at the same moment
 * race for the same version; here the first of them is put, and the others are told that the key is
 * taken without another request to the bucket. What is overwritten is so once a second at most.
 *
 * It decides nothing: the bucket's put-if-absent does, so that a gate that was replaced, and one
 * that has forgotten, are as good.
 */
export class LogGate {
  readonly #store: Store;
  readonly #keys: Map<string, Key> = new Map();

  constructor(store: Store) {
    this.#store = store;
  }

  /** {@linkcode Store.put}, one at a time for each key. */
  put(key: string, bytes: Uint8Array, { ifAbsent }: StorePutOptions): Promise<boolean> {
    const known = this.#keys.get(key) ??
      { done: Promise.resolve(), isTaken: false, writtenMs: -Infinity };
    this.#keys.delete(key); // the newest last
    this.#keys.set(key, known);
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= MAX_REMEMBERED) break;
      this.#keys.delete(oldest);
    }
    const put = known.done.then(async () => {
      if (ifAbsent && known.isTaken) return false;
      const waitMs = known.writtenMs + SPACING_MS - Date.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      try {
        const isPut = await this.#store.put(key, bytes, { ifAbsent });
        known.isTaken = true;
        return isPut;
      } finally {
        known.writtenMs = Date.now();
      }
    });
    known.done = put.catch(() => {});
    return put;
  }
}
