// Processes whose steps are taken in an order that is chosen, one call of the store at a time.
import { setImmediate } from "node:timers/promises";
import type {
  Store,
  StoreEntry,
  StoreOptions,
  StorePutOptions,
  StoreRange,
} from "../../src/stores/store.ts";

/** A call that waits for its turn. */
interface Waiting {
  readonly process: number;
  proceed(): void;
}

/** Takes the steps of processes that share a store. */
export class Turns {
  readonly #store: Store;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  /** How many steps were taken. */
  steps = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Starts a process; it does its first call when it is its turn. */
  start<T>(process: number, run: (store: Store) => Promise<T>): Promise<T> {
    const store = new TurnsStore(this.#store, () => this.#turn(process));
    this.#running++;
    return run(store).finally(() => this.#running--);
  }

  /**
   * Takes steps until no process is left that can take one.
   *
   * @param choose Says which of the calls that wait, by the numbers of their processes, is next;
   * `undefined` ends it.
   */
  async take(choose: (processes: readonly number[]) => number | undefined): Promise<void> {
    while (true) {
      await setImmediate(); // everyone goes on to their next call
      if (this.#waiting.length === 0) {
        if (this.#running === 0) return;
        continue; // somebody waits for a timer
      }
      const index = choose(this.#waiting.map(({ process }) => process));
      if (index === undefined) return;
      const [next] = this.#waiting.splice(index, 1);
      this.steps++;
      next!.proceed();
    }
  }

  #turn(process: number): Promise<void> {
    return new Promise((proceed) => this.#waiting.push({ process, proceed }));
  }
}

class TurnsStore implements Store {
  readonly #store: Store;
  readonly #turn: () => Promise<void>;

  constructor(store: Store, turn: () => Promise<void>) {
    this.#store = store;
    this.#turn = turn;
  }

  async put(key: string, bytes: Uint8Array, options?: StorePutOptions): Promise<boolean> {
    await this.#turn();
    return await this.#store.put(key, bytes, options);
  }

  async get(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    await this.#turn();
    return await this.#store.get(key, options);
  }

  async getRange(
    key: string,
    range: StoreRange,
    options?: StoreOptions,
  ): Promise<Uint8Array | undefined> {
    await this.#turn();
    return await this.#store.getRange(key, range, options);
  }

  async *list(prefix: string, options?: StoreOptions): AsyncGenerator<StoreEntry, void, void> {
    await this.#turn();
    yield* this.#store.list(prefix, options);
  }

  async delete(key: string, options?: StoreOptions): Promise<void> {
    await this.#turn();
    await this.#store.delete(key, options);
  }
}
