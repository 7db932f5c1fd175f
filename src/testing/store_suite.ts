import type { Store } from "../stores/store.ts";
import { checkKeys } from "./store_suite_keys.ts";
import { checkLists } from "./store_suite_lists.ts";
import { checkRaces } from "./store_suite_races.ts";
import { checkValues } from "./store_suite_values.ts";

/** What {@linkcode storeConformance} takes. */
export interface StoreConformanceOptions {
  /** Registers a test: `test` of `node:test`, `Deno.test`, `it`, or a function of your own. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Of the store: what the name of every test begins with. */
  readonly name: string;
  /** Makes an empty store; called for each test. `dispose` runs after it, passed or failed. */
  readonly create: () => Promise<{ store: Store; dispose?: () => Promise<void> }>;
  /** What the medium cannot do. */
  readonly capabilities?: StoreCapabilities | undefined;
}

/** Where media differ. The defaults are what a store should strive for. */
export interface StoreCapabilities {
  /**
   * Whether `a` and `a/b` can both have a value. Where they cannot, because prefixes are
   * directories, the second `put` must reject and change nothing. Default `true`.
   */
  readonly nestedValues?: boolean | undefined;
  /**
   * Whether keys that differ only in case or in Unicode normalisation are two keys: not so in the
   * directories of macOS and Windows. Default `true`.
   */
  readonly exactKeys?: boolean | undefined;
  /** Whether keys may have what names in Windows may not, such as `:` and `?`. Default `true`. */
  readonly reservedNames?: boolean | undefined;
  /**
   * What `list` sorts by. Object storage sorts by UTF-8, whatever it is asked; that differs only
   * between characters from U+E000 to U+FFFF and those above. Default `"utf-16"`.
   */
  readonly listOrder?: "utf-16" | "utf-8" | undefined;
  /**
   * How many entries the medium lists at a time: one test puts some more than that. Default 1000,
   * which is what object storage gives out; where there are no pages, less makes the test faster.
   */
  readonly listPage?: number | undefined;
}

/** Registers one test, whose body is given a fresh store. */
export type Check = (title: string, run: (store: Store) => Promise<void>) => void;

/**
 * Registers the tests every {@linkcode Store} must pass, one by one, with the test function given.
 * They need nothing of a runtime but timers, so they run in a browser or a Worker as well.
 *
 * Run it over the store itself and over that store in a prefix ({@linkcode prefixedStore}): keys
 * are where stores go wrong.
 *
 * @example
 * ```ts
 * import { test } from "node:test";
 * import { MemoryStore } from "sluice";
 * import { storeConformance } from "sluice/testing";
 *
 * storeConformance({
 *   test,
 *   name: "MemoryStore",
 *   create: () => Promise.resolve({ store: new MemoryStore() }),
 * });
 * ```
 */
export function storeConformance(options: StoreConformanceOptions): void {
  const { test, name, create, capabilities = {} } = options;
  const check: Check = (title, run) => {
    test(`${name}: ${title}`, async () => {
      const { store, dispose } = await create();
      try {
        await run(store);
      } finally {
        await dispose?.();
      }
    });
  };
  checkValues(check);
  checkKeys(check, capabilities);
  checkLists(check, capabilities);
  checkRaces(check);
}
