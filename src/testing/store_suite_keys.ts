import { StoreError } from "../errors.ts";
import type { Store } from "../stores/store.ts";
import { assert, assertBytes, assertEquals, assertRejects } from "./assert.ts";
import { everyVerb, keysOf, patternOf } from "./store_helpers.ts";
import type { Check, StoreCapabilities } from "./store_suite.ts";

const BAD_KEYS = [
  "",
  "/",
  "/a",
  "a/",
  "a//b",
  ".",
  "..",
  "a/./b",
  "../a",
  "a/..",
  "a\\b",
  "a\0b",
  "\ud800a",
];

const ODD_KEYS = [
  "a",
  "a.tmp",
  ".tmp/a",
  "tmp/a",
  ".hidden",
  "..a",
  ".well-known/a",
  "_a",
  "_delta_log/00000000000000000000.json",
  "__proto__",
  "constructor",
  "year=2024/page_url_path=%2Fhome/20240101T000000Z-15m-main-0.parquet",
  "a=b=c",
  "%",
  "%2F",
  "%252F",
  "b%2Fc",
  "b c",
  " b",
  "b+c",
  "b&c=d",
  "b#c",
  "b,c;d@e",
  "b'c",
  "(b) [c] {d}",
  "$!~^`",
  "é",
  "日本語/ключ",
  "😀",
  "deep/e/f/g/h/i/j/k/l/m/n/o/p",
  "long/" + "x".repeat(200),
  "long/" + "語".repeat(66),
  `long/${"y".repeat(200)}/${"z".repeat(200)}`,
];

/** What names in Windows may not have. */
const RESERVED_KEYS = ["b:c", "b*c", "b?c=d", 'b"c', "<b>", "b|c", "b ", "b.", "con", "nul.txt"];

/** Keys that some media take for one. */
const NEAR_KEYS = ["case", "Case", "CASE", "caf\u00e9", "cafe\u0301"];

/** What a store does with keys. */
export function checkKeys(check: Check, capabilities: StoreCapabilities): void {
  const { nestedValues = true, exactKeys = true, reservedNames = true } = capabilities;

  check("refuses bad keys", async (store) => {
    for (const key of BAD_KEYS) {
      for (const [verb, run] of Object.entries(everyVerb(store, key))) {
        // To `list`, "" is everything.
        if (key === "" && verb === "list") continue;
        const what = `${verb} ${JSON.stringify(key)}`;
        const error = await assertRejects(run, what);
        assert(error instanceof TypeError, `${what}: expected a TypeError, got ${error}`);
      }
    }
    assertEquals(await keysOf(store, ""), [], "list");
  });

  check("keeps odd keys as they are", (store) => keepsApart(store, ODD_KEYS));
  if (reservedNames) {
    check("keeps keys with reserved names", (store) => keepsApart(store, RESERVED_KEYS));
  }
  if (exactKeys) {
    check("tells keys apart by code unit", (store) => keepsApart(store, NEAR_KEYS));
  }

  check("has no value at a mere prefix", async (store) => {
    await store.put("a/b/c", patternOf(3, 1));
    for (const prefix of ["a", "a/b"]) {
      assertEquals(await store.get(prefix), undefined, `get ${prefix}`);
      assertEquals(await store.getRange(prefix, { start: 0 }), undefined, `getRange ${prefix}`);
      await store.delete(prefix);
      assertEquals(await keysOf(store, prefix), ["a/b/c"], `list ${prefix}`);
    }
    assertEquals(await store.get("a/b/c/d"), undefined, "get below a value");
    await store.delete("a/b/c/d");
    assertEquals(await keysOf(store, "a/b/c/d"), [], "list below a value");
    assertBytes(await store.get("a/b/c"), patternOf(3, 1), "the value");
  });

  if (nestedValues) {
    check("keeps values at a prefix and below it", async (store) => {
      for (const key of ["a", "a/b", "a/b/c"]) {
        await store.put(key, patternOf(key.length, 1), { ifAbsent: true });
      }
      for (const key of ["a", "a/b", "a/b/c"]) {
        assertBytes(await store.get(key), patternOf(key.length, 1), key);
      }
      assertEquals(await keysOf(store, "a"), ["a", "a/b", "a/b/c"], "list");
      await store.delete("a");
      assertEquals(await keysOf(store, "a"), ["a/b", "a/b/c"], "list after delete");
    });
  } else {
    check("refuses a value at a prefix or below a value", async (store) => {
      await store.put("a", patternOf(3, 1));
      await store.put("b/c", patternOf(4, 2));
      for (const key of ["a/b", "a/b/c", "b"]) {
        for (const ifAbsent of [false, true]) {
          const put = () => store.put(key, new Uint8Array(1), { ifAbsent });
          const error = await assertRejects(put, `put ${key}`);
          assert(error instanceof StoreError, `put ${key}: expected a StoreError, got ${error}`);
        }
      }
      assertBytes(await store.get("a"), patternOf(3, 1), "a");
      assertBytes(await store.get("b/c"), patternOf(4, 2), "b/c");
      assertEquals(await keysOf(store, ""), ["a", "b/c"], "list");
    });
  }
}

/** Whether each of the keys has its own value, is listed as it is and can be deleted alone. */
async function keepsApart(store: Store, keys: readonly string[]): Promise<void> {
  for (const [i, key] of keys.entries()) {
    assertEquals(await store.put(key, patternOf(i, i), { ifAbsent: true }), true, `put ${key}`);
  }
  for (const [i, key] of keys.entries()) {
    assertBytes(await store.get(key), patternOf(i, i), key);
    assertBytes(await store.getRange(key, { start: 0 }), patternOf(i, i), key);
    assertEquals(await keysOf(store, key), [key], `list ${key}`);
  }
  // Sorted here, whatever the order: that is another check.
  assertEquals((await keysOf(store, "")).sort(), [...keys].sort(), "list");
  for (const [i, key] of keys.entries()) {
    await store.delete(key);
    assertEquals((await keysOf(store, "")).length, keys.length - 1 - i, `left after ${key}`);
  }
}
