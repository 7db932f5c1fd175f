import type { Store, StoreOptions } from "../stores/store.ts";

/** Every verb on one key, by name, not yet called. */
export function everyVerb(
  store: Store,
  key: string,
  options?: StoreOptions,
): Record<string, () => Promise<unknown>> {
  return {
    put: () => store.put(key, new Uint8Array(1), options),
    "put if absent": () => store.put(key, new Uint8Array(1), { ...options, ifAbsent: true }),
    get: () => store.get(key, options),
    getRange: () => store.getRange(key, { start: 0 }, options),
    list: () => keysOf(store, key, options),
    delete: () => store.delete(key, options),
  };
}

/** What `list` gives, as an array of keys. */
export async function keysOf(
  store: Store,
  prefix: string,
  options?: StoreOptions,
): Promise<string[]> {
  const keys = [];
  for await (const { key } of store.list(prefix, options)) keys.push(key);
  return keys;
}

/** `length` bytes that tell their place and their seed. */
export function patternOf(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i ^ (i >> 8) ^ (i >> 16) ^ seed;
  return bytes;
}
