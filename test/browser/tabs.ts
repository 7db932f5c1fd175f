/** What several tabs may do to the same storage at once: for a worker, and for the page. */

import assert from "node:assert/strict";
import { patternOf } from "../../src/testing/store_helpers.ts";
import { KINDS, storeAt, testIn } from "./places.ts";
import { startRival } from "./rivals.ts";

/** Registers tests of stores. */
export function testStoresOfTabs(): void {
  for (const kind of KINDS) {
    testIn(kind, `${kind}Store: one of four tabs puts if absent`, async (place) => {
      const keys = Array.from({ length: 40 }, (_, i) => `a/${i % 3}/${i}`);
      const values = [0, 1, 2, 3].map((tab) => patternOf(1000 + tab, tab));
      const rivals = values.slice(1).map((value) =>
        startRival({ do: "put if absent", place, keys, value })
      );
      const store = storeAt(place);
      const won: boolean[][] = [[]];
      for (const key of keys) won[0]!.push(await store.put(key, values[0]!, { ifAbsent: true }));
      for (const { answer } of rivals) won.push(await answer as boolean[]);
      for (const [i, key] of keys.entries()) {
        const winners = [0, 1, 2, 3].filter((tab) => won[tab]![i]);
        assert.equal(winners.length, 1, `winners of ${key}`);
        assert.deepEqual(await store.get(key), values[winners[0]!], key);
      }
      for (const { end } of rivals) end();
    });

    testIn(
      kind,
      `${kind}Store: a value that another tab keeps replacing is read whole`,
      async (place) => {
        const rival = startRival({ do: "overwrite", place, key: "a/b" });
        await rival.answer;
        const store = storeAt(place);
        const seen = new Set<number>();
        for (let i = 0; i < 100 || seen.size < 3; i++) {
          const value = await store.get("a/b");
          const byte = value?.[0] ?? 0;
          assert.equal(value?.length, 1000 * byte);
          assert(value.every((other) => other === byte), "it is a mix of two");
          assert.equal((await store.getRange("a/b", { start: -7 }))?.length, 7);
          seen.add(byte);
        }
        rival.end();
      },
    );
  }
}
