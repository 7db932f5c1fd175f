import { StoreError } from "../errors.ts";
import type {
  Store,
  StoreEntry,
  StoreOptions,
  StorePutOptions,
  StoreRange,
} from "../stores/store.ts";

/** One call of a {@linkcode FaultyStore}. */
export interface StoreCall {
  /** Which verb. */
  readonly operation: StoreError["operation"];
  /** The key or prefix it was given. */
  readonly key: string;
  /** How many calls of any verb the store has had, with this one: 1 is the first. */
  readonly nthCall: number;
}

/**
 * What goes wrong with a call: it fails before anything is done (`fail`), it is done but says it
 * failed, as when an answer is lost (`fail-after`), or it starts late (`delay`).
 */
export type StoreFault =
  | { readonly kind: "fail" | "fail-after"; readonly error?: unknown }
  | { readonly kind: "delay"; readonly ms: number };

/**
 * A store that fails when told to, for tests of what is built on stores.
 *
 * Failures are {@linkcode StoreError}s, as a store's own would be, whose `cause` is the fault's
 * `error`. A plan that fails every call from the n-th on is a process that died there.
 *
 * @example
 * ```ts
 * import { MemoryStore } from "sluice";
 * import { FaultyStore } from "sluice/testing";
 *
 * const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
 * const store = new FaultyStore(new MemoryStore(), ({ operation, nthCall }) =>
 *   operation === "put" && nthCall > 3 ? { kind: "fail", error: full } : undefined);
 * ```
 */
export class FaultyStore implements Store {
  readonly #store: Store;
  readonly #plan: (call: StoreCall) => StoreFault | undefined | Promise<StoreFault | undefined>;
  #calls = 0;

  /**
   * @param plan Says what goes wrong with a call, if anything. It may return a promise, which holds
   * the call until it resolves.
   */
  constructor(
    store: Store,
    plan: (call: StoreCall) => StoreFault | undefined | Promise<StoreFault | undefined>,
  ) {
    this.#store = store;
    this.#plan = plan;
  }

  put(key: string, bytes: Uint8Array, options?: StorePutOptions): Promise<boolean> {
    return this.#call("put", key, () => this.#store.put(key, bytes, options));
  }

  get(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    return this.#call("get", key, () => this.#store.get(key, options));
  }

  getRange(
    key: string,
    range: StoreRange,
    options?: StoreOptions,
  ): Promise<Uint8Array | undefined> {
    return this.#call("getRange", key, () => this.#store.getRange(key, range, options));
  }

  async *list(prefix: string, options?: StoreOptions): AsyncGenerator<StoreEntry, void, void> {
    const failAfter = await this.#before("list", prefix);
    yield* this.#store.list(prefix, options);
    failAfter?.();
  }

  delete(key: string, options?: StoreOptions): Promise<void> {
    return this.#call("delete", key, () => this.#store.delete(key, options));
  }

  async #call<T>(
    operation: StoreError["operation"],
    key: string,
    run: () => Promise<T>,
  ): Promise<T> {
    const failAfter = await this.#before(operation, key);
    const result = await run();
    failAfter?.();
    return result;
  }

  /** Does what the plan says for before the call, and returns what it says for after. */
  async #before(
    operation: StoreError["operation"],
    key: string,
  ): Promise<(() => never) | undefined> {
    const fault = await this.#plan({ operation, key, nthCall: ++this.#calls });
    if (fault === undefined) return undefined;
    if (fault.kind === "delay") {
      await new Promise((resolve) => setTimeout(resolve, fault.ms));
      return undefined;
    }
    const fail = () => {
      const { error = new Error("a fault was planned") } = fault;
      throw new StoreError(operation, key, { cause: error });
    };
    return fault.kind === "fail" ? fail() : fail;
  }
}
