import fc from "fast-check";
import type { Store } from "../../mod.ts";

/** Lines of a source: mostly events, some that are none, over a few windows and pages. */
export const lines: fc.Arbitrary<string[]> = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        id: fc.nat(1e9),
        at: fc.integer({ min: 0, max: 7_200_000 }),
        page: fc.constantFrom("/home", "/cart", "..", "é😀", ""),
        value: fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.string(), fc.constant(null)),
      }).map((event) => JSON.stringify(event)),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "",
        "{",
        "[]",
        "7",
        '{"at":"never"}',
        '{"page":"/home"}',
        "\u0000",
      ),
    },
  ),
  { maxLength: 60 },
);

/** Text as bytes, cut into chunks at the given places. */
export function chunked(text: string, cuts: readonly number[]): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const edges = [0, ...places, bytes.length];
  return edges.slice(1).map((end, i) => bytes.slice(edges[i], end));
}

/** Every value of a store as text a test can compare: its key, and a digest of its bytes. */
export async function digests(
  store: Store,
  isWanted: (key: string) => boolean = () => true,
): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list("")) {
    if (!isWanted(key)) continue;
    const bytes = (await store.get(key))! as Uint8Array<ArrayBuffer>;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    found.push(
      `${key} ${Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")}`,
    );
  }
  return found;
}

/** Whether a key is a data file or a file of dead letters: all but the log, which has times in it. */
export function isContent(key: string): boolean {
  return key.endsWith(".parquet") || key.startsWith("_dead_letter/");
}
