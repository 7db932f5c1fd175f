import { StoreError } from "../errors.ts";
import { assertStoreKey, type StoreOptions } from "./store.ts";

/**
 * Runs one verb of a store the way {@linkcode Store} promises it: a bad key rejects with a
 * `TypeError`, an aborted signal with its reason, whatever else goes wrong with a
 * {@linkcode StoreError} around it.
 *
 * @example
 * ```ts
 * import { storeOperation, type StoreOptions } from "sluice";
 *
 * class ExampleStore {
 *   #values = new Map<string, Uint8Array>();
 *
 *   delete(key: string, options?: StoreOptions): Promise<void> {
 *     return storeOperation("delete", key, options, () => {
 *       this.#values.delete(key);
 *     });
 *   }
 * }
 * ```
 */
export async function storeOperation<T>(
  operation: StoreError["operation"],
  key: string,
  options: StoreOptions | undefined,
  run: () => T | Promise<T>,
): Promise<T> {
  assertStoreKey(key);
  options?.signal?.throwIfAborted();
  try {
    return await run();
  } catch (thrown) {
    throw storeFailure(operation, key, options, thrown);
  }
}

/**
 * What a store throws when `thrown` stopped it: the signal's reason if that was aborted, otherwise
 * a {@linkcode StoreError}. For `list`, which is a generator and cannot be wrapped.
 */
export function storeFailure(
  operation: StoreError["operation"],
  key: string,
  options: StoreOptions | undefined,
  thrown: unknown,
): unknown {
  if (options?.signal?.aborted) return options.signal.reason;
  return new StoreError(operation, key, { cause: thrown });
}
