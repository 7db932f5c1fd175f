import type { StoreRange } from "../stores/store.ts";
import { assert, assertBytes, assertEquals, assertRejects } from "./assert.ts";
import { everyVerb, keysOf, patternOf } from "./store_helpers.ts";
import type { Check } from "./store_suite.ts";

/** What a store does with one value. */
export function checkValues(check: Check): void {
  for (const length of [0, 1, 1_000_003, 8 * 1024 * 1024]) {
    check(`gives back ${length} bytes`, async (store) => {
      const bytes = patternOf(length, 1);
      assertEquals(await store.put("a/b", bytes), true, "put");
      assertBytes(await store.get("a/b"), bytes, "get");
      assertBytes(await store.getRange("a/b", { start: 0 }), bytes, "getRange");
      for await (const { size } of store.list("")) assertEquals(size, length, "size in list");
    });
  }

  check("has nothing at an absent key", async (store) => {
    for (const key of ["a", "a/b", "b/c/d"]) {
      assertEquals(await store.get(key), undefined, `get ${key}`);
      assertEquals(await store.getRange(key, { start: 0, end: 4 }), undefined, `getRange ${key}`);
      assertEquals(await store.getRange(key, { start: -4 }), undefined, `getRange ${key}`);
      assertEquals(await keysOf(store, key), [], `list ${key}`);
      await store.delete(key);
    }
    assertEquals(await keysOf(store, ""), [], "list everything");
  });

  check("overwrites with shorter, longer and empty values", async (store) => {
    for (const length of [100, 7, 5000, 0, 3]) {
      const bytes = patternOf(length, length);
      assertEquals(await store.put("k", bytes), true, "put");
      assertBytes(await store.get("k"), bytes, `get after put of ${length}`);
    }
    assertEquals(await keysOf(store, ""), ["k"], "list");
  });

  check("deletes, and deletes again", async (store) => {
    await store.put("a/b", patternOf(3, 0));
    await store.put("a/c", patternOf(4, 0));
    for (let time = 0; time < 2; time++) {
      await store.delete("a/b");
      assertEquals(await store.get("a/b"), undefined, "get");
      assertEquals(await keysOf(store, ""), ["a/c"], "list");
    }
    await store.delete("a/c");
    assertEquals(await keysOf(store, ""), [], "list when all is deleted");
    await store.put("a/b", patternOf(5, 0));
    assertBytes(await store.get("a/b"), patternOf(5, 0), "get after another put");
  });

  check("reads ranges as slice does", async (store) => {
    const bytes = patternOf(10, 7);
    await store.put("k", bytes);
    await store.put("empty", new Uint8Array(0));
    const ranges: StoreRange[] = [
      { start: 0, end: 4 },
      { start: 4, end: 10 },
      { start: 4 },
      { start: 4, end: undefined },
      { start: 8, end: 100 },
      { start: -4 },
      { start: -4, end: 8 },
      { start: -4, end: 100 },
      { start: -100 },
      { start: -100, end: 3 },
      { start: 3, end: 3 },
      { start: 0, end: 0 },
      { start: 5, end: 2 },
      { start: -2, end: 3 },
      { start: 10 },
      { start: 10, end: 12 },
      { start: 20 },
      { start: 20, end: 30 },
    ];
    for (const range of ranges) {
      const what = `getRange ${range.start} to ${range.end}`;
      const expected = bytes.slice(range.start, range.end);
      assertBytes(await store.getRange("k", range), expected, what);
      assertBytes(await store.getRange("empty", range), new Uint8Array(0), `${what} of empty`);
    }
  });

  check("refuses ranges that are not whole numbers", async (store) => {
    await store.put("k", patternOf(10, 7));
    const ranges: StoreRange[] = [
      { start: NaN },
      { start: 1.5 },
      { start: -Infinity },
      { start: 0, end: -1 },
      { start: 0, end: 2.5 },
      { start: 0, end: NaN },
    ];
    for (const range of ranges) {
      const what = `getRange ${range.start} to ${range.end}`;
      const error = await assertRejects(() => store.getRange("k", range), what);
      assert(error instanceof RangeError, `${what}: expected a RangeError, got ${error}`);
    }
  });

  check("keeps no array it was given, and gives none it keeps", async (store) => {
    const given = patternOf(8, 1);
    await store.put("k", given);
    given.fill(255);
    const first = await store.get("k");
    assertBytes(first, patternOf(8, 1), "after the array that was put changed");
    // Of a Node Buffer, `slice` is a view.
    first.slice(0, 4).fill(254);
    assertBytes(first, patternOf(8, 1), "after a slice of what get returned changed");
    first.fill(255);
    (await store.getRange("k", { start: 0 }))?.fill(255);
    assertBytes(await store.get("k"), patternOf(8, 1), "after the arrays it returned changed");
  });

  check("keeps of a view what the view shows", async (store) => {
    const whole = patternOf(100, 0);
    await store.put("k", whole.subarray(10, 15));
    assertBytes(await store.get("k"), whole.slice(10, 15), "get");
    assertBytes(await store.getRange("k", { start: -2 }), whole.slice(13, 15), "getRange");
  });

  check("puts only once if absent", async (store) => {
    for (const first of [patternOf(3, 1), new Uint8Array(0)]) {
      assertEquals(await store.put("a/b", first, { ifAbsent: true }), true, "first");
      assertEquals(await store.put("a/b", patternOf(4, 2), { ifAbsent: true }), false, "second");
      assertBytes(await store.get("a/b"), first, "the first value");
      await store.delete("a/b");
    }
    assertEquals(await store.put("a/b", patternOf(5, 3), { ifAbsent: true }), true, "once deleted");
    assertEquals(await store.put("a/b", patternOf(6, 4), { ifAbsent: false }), true, "plain put");
    assertBytes(await store.get("a/b"), patternOf(6, 4), "the plain put's value");
    assertEquals(await keysOf(store, ""), ["a/b"], "list");
  });

  check("rejects with the reason of a signal aborted before", async (store) => {
    await store.put("k", patternOf(3, 1));
    for (const reason of [new Error("enough"), "enough"]) {
      for (
        const [verb, run] of Object.entries(
          everyVerb(store, "k", { signal: AbortSignal.abort(reason) }),
        )
      ) {
        assertEquals(await assertRejects(run, verb), reason, `reason given to ${verb}`);
      }
    }
    assertBytes(await store.get("k"), patternOf(3, 1), "the value that was there");
  });

  check("puts all or nothing when aborted midway", async (store) => {
    const bytes = patternOf(2_000_000, 1);
    const reason = new Error("enough");
    const controller = new AbortController();
    const put = store.put("k", bytes, { signal: controller.signal }).catch((thrown) => thrown);
    controller.abort(reason);
    const outcome = await put;
    if (outcome !== true) assertEquals(outcome, reason, "what put rejected with");
    const value = await store.get("k");
    if (value !== undefined) assertBytes(value, bytes, "the value");
    assertEquals(await keysOf(store, ""), value === undefined ? [] : ["k"], "list");
  });
}
