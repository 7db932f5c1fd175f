import { assert, assertBytes, assertEquals } from "./assert.ts";
import { keysOf, patternOf } from "./store_helpers.ts";
import type { Check } from "./store_suite.ts";

/** What a store does when much happens at once. */
export function checkRaces(check: Check): void {
  check("lets one of 16 win who put if absent at once", async (store) => {
    for (let round = 0; round < 4; round++) {
      const key = `a/${round}/b`;
      const racers = Array.from({ length: 16 }, (_, i) => patternOf(10_000 + i, i));
      const won = await Promise.all(
        racers.map((bytes) => store.put(key, bytes, { ifAbsent: true })),
      );
      assertEquals(won.filter((one) => one === true).length, 1, "winners");
      assertEquals(won.filter((one) => one === false).length, 15, "losers");
      assertBytes(await store.get(key), racers[won.indexOf(true)]!, "the winner's value");
    }
    assertEquals((await keysOf(store, "")).length, 4, "keys");
  });

  check("leaves one whole value of several put at once", async (store) => {
    const values = Array.from({ length: 8 }, (_, i) => patternOf(100_000 + i * 1000, i));
    const puts = await Promise.all(values.map((bytes) => store.put("a/b", bytes)));
    assertEquals(puts, values.map(() => true), "puts");
    const value = await store.get("a/b");
    const same = values.find((bytes) => bytes.length === value?.length);
    assert(same !== undefined, `expected the length of one of the values, got ${value?.length}`);
    assertBytes(value, same, "the value");
    for await (const { size } of store.list("a")) {
      // Of values that raced, the index of an object store may have another than its data: Ceph's.
      const isOne = values.some(({ length }) => length === size);
      assert(isOne, `expected the length of one of the values in a list, got ${size}`);
    }
  });

  check("keeps all of many put at once below a new prefix", async (store) => {
    const keys = Array.from({ length: 32 }, (_, i) => `a/b${i % 3}/c${i % 4}/d${i}`);
    await Promise.all(keys.map((key, i) => store.put(key, patternOf(100 + i, i))));
    for (const [i, key] of keys.entries()) {
      assertBytes(await store.get(key), patternOf(100 + i, i), key);
    }
    assertEquals(await keysOf(store, "a"), keys.sort(), "list");
  });

  check("keeps what is put while its neighbour is deleted", async (store) => {
    for (let round = 0; round < 20; round++) {
      const bytes = patternOf(100, round);
      await store.put("a/b/old", new Uint8Array(1));
      await Promise.all([store.delete("a/b/old"), store.put("a/b/new", bytes)]);
      assertBytes(await store.get("a/b/new"), bytes, `round ${round}`);
      assertEquals(await keysOf(store, "a"), ["a/b/new"], `list in round ${round}`);
      await Promise.all([store.delete("a/b/new"), store.delete("a/b/new")]);
    }
  });

  check("shows no part of a value that is being put", async (store) => {
    // The length follows from the byte a value is filled with: half of one, or a mix of two, shows.
    const versions = [1, 2, 3, 4, 5, 6];
    const lengthOf = (version: number | undefined) => 300_001 * (version ?? NaN);
    let writing = true;

    async function write(): Promise<void> {
      try {
        for (const version of versions) {
          const bytes = new Uint8Array(lengthOf(version)).fill(version);
          await Promise.all([store.put("a/same", bytes), store.put(`a/${version}`, bytes)]);
        }
      } finally {
        writing = false;
      }
    }
    async function read(): Promise<void> {
      while (writing) {
        const value = await store.get("a/same");
        if (value !== undefined) {
          assertEquals(value.length, lengthOf(value[0]), "length");
          assert(value.every((byte) => byte === value[0]), "expected one value, got a mix of two");
        }
        const last = await store.getRange("a/same", { start: -1 });
        assert(last === undefined || last.length === 1, "expected the last byte, got none");
        for await (const { key, size } of store.list("a")) {
          const version = key === "a/same" ? Math.round(size / lengthOf(1)) : Number(key.slice(2));
          assert(version > 0, `size of ${key}: expected a whole value's, got ${size}`);
          assertEquals(size, lengthOf(version), `size of ${key}`);
        }
        // A store in memory would otherwise never let go of the processor.
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }
    await Promise.all([write(), read()]);
    assertBytes(await store.get("a/same"), new Uint8Array(lengthOf(6)).fill(6), "the last value");
  });
}
