import type { Store, StoreOptions } from "../stores/store.ts";

/** Where it is written down; readers skip names that begin with `_`. */
const SIGHTINGS_KEY = "_sluice/vacuum.json";

/** When a vacuum first saw a file that the table does not know of: milliseconds since the epoch. */
export type Sightings = ReadonlyMap<string, number>;

/** Reads what earlier vacuums saw; nothing, if what is there is of no use. */
export async function readSightings(store: Store, options?: StoreOptions): Promise<Sightings> {
  const bytes = await store.get(SIGHTINGS_KEY, options);
  if (bytes === undefined) return new Map();
  try {
    const entries = Object.entries(JSON.parse(new TextDecoder().decode(bytes)) as object);
    return new Map(entries.filter(([, time]) => typeof time === "number"));
  } catch {
    return new Map();
  }
}

/** Writes down what a vacuum saw and left for the next. Of two at once, either may win. */
export async function writeSightings(
  store: Store,
  sightings: Sightings,
  options?: StoreOptions,
): Promise<void> {
  if (sightings.size === 0) return await store.delete(SIGHTINGS_KEY, options);
  const text = JSON.stringify(Object.fromEntries(sightings));
  await store.put(SIGHTINGS_KEY, new TextEncoder().encode(text + "\n"), options);
}
