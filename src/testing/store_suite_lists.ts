import { assert, assertBytes, assertEquals, assertRejects } from "./assert.ts";
import { keysOf, patternOf } from "./store_helpers.ts";
import type { Check, StoreCapabilities } from "./store_suite.ts";

/** What a store lists. */
export function checkLists(check: Check, capabilities: StoreCapabilities): void {
  const { listOrder = "utf-16", listPage = 1000 } = capabilities;

  check("lists below a prefix by whole segments", async (store) => {
    for (const key of ["a/b/c", "a/b/d/e", "a/bc", "a/b-c", "a/b.c/d", "ab/b", "b/a/b/c"]) {
      await store.put(key, patternOf(key.length, 0));
    }
    assertEquals(await keysOf(store, "a/b"), ["a/b/c", "a/b/d/e"], "list a/b");
    assertEquals(await keysOf(store, "a/b/c"), ["a/b/c"], "list a/b/c");
    assertEquals(await keysOf(store, "a/b/d"), ["a/b/d/e"], "list a/b/d");
    assertEquals(await keysOf(store, "a/b.c"), ["a/b.c/d"], "list a/b.c");
    assertEquals(await keysOf(store, "b"), ["b/a/b/c"], "list b");
    for (const prefix of ["c", "a/c", "a/b/c/d", "a/b/d/e/f", "b/a/b/d"]) {
      assertEquals(await keysOf(store, prefix), [], `list ${prefix}`);
    }
    for await (const { key, size } of store.list("a")) {
      assertEquals(size, key.length, `size of ${key}`);
    }
  });

  check("lists in the order of whole keys", async (store) => {
    // "-" and "." sort before "/", letters and digits after: a walk by segments goes wrong here.
    const keys = [
      "a/b",
      "a-b/c",
      "a0",
      "a/b-c",
      "a.b",
      "a/b.c/d",
      "a-",
      "Z/a",
      "_z",
      "a/a/z",
      "aa",
    ];
    for (const key of keys) await store.put(key, new Uint8Array(1));
    assertEquals(await keysOf(store, ""), [...keys].sort(), "list");
    const below = keys.filter((key) => key.startsWith("a/")).sort();
    assertEquals(await keysOf(store, "a"), below, "list a");
  });

  check(`lists in the order of ${listOrder}`, async (store) => {
    const sorted = ["z", "\u3042", "\u{1f600}", "\uff5e"];
    if (listOrder === "utf-8") sorted.push(...sorted.splice(2, 1));
    for (const key of [...sorted].reverse()) await store.put(key, new Uint8Array(1));
    assertEquals(await keysOf(store, ""), sorted, "list");
  });

  check("lists more keys than one page has", async (store) => {
    const keys = Array.from({ length: listPage + 100 }, (_, i) => `a/${i % 7}/${i}`);
    for (let i = 0; i < keys.length; i += 50) {
      const some = keys.slice(i, i + 50);
      await Promise.all(some.map((key) => store.put(key, new Uint8Array(1))));
    }
    assertEquals(await keysOf(store, "a"), keys.sort(), "list");
  });

  check("lists each key once while others are written and deleted", async (store) => {
    const kept = Array.from({ length: 12 }, (_, i) => `a/${i % 3}/k${i}`).sort();
    for (const key of kept) await store.put(key, new Uint8Array(1));
    for (const key of kept) await store.put(key + "-old", new Uint8Array(1));
    const listed: string[] = [];
    for await (const { key, size } of store.list("a")) {
      assertEquals(size, 1, `size of ${key}`);
      listed.push(key);
      const i = listed.length;
      if (i > kept.length) continue;
      await store.put(`a/${i % 4}/k-new${i}`, new Uint8Array(1));
      await store.delete(kept[kept.length - i] + "-old");
    }
    assertEquals(listed, [...new Set(listed)].sort(), "keys in order, each once");
    assertEquals(listed.filter((key) => kept.includes(key)), kept, "keys there all the while");
  });

  check("stops listing when nobody wants more", async (store) => {
    for (const key of ["a/b", "a/c", "a/d"]) await store.put(key, new Uint8Array(1));
    for await (const { key } of store.list("a")) {
      assertEquals(key, "a/b", "first key");
      break;
    }
    await store.put("a/b", patternOf(2, 1));
    assertBytes(await store.get("a/b"), patternOf(2, 1), "a value put after that");
    assertEquals(await keysOf(store, "a"), ["a/b", "a/c", "a/d"], "list from the start");
  });

  check("stops listing with the reason of an aborted signal", async (store) => {
    for (const key of ["a/b", "a/c", "a/d"]) await store.put(key, new Uint8Array(1));
    const controller = new AbortController();
    const reason = new Error("enough");
    let listed = 0;
    const thrown = await assertRejects(async () => {
      for await (const _ of store.list("a", { signal: controller.signal })) {
        listed++;
        controller.abort(reason);
      }
    }, "list");
    assert(thrown === reason, `reason: expected ${reason}, got ${thrown}`);
    assertEquals(listed, 1, "entries listed");
  });
}
