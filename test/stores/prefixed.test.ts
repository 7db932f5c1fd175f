import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore } from "../../src/stores/memory.ts";
import { prefixedStore } from "../../src/stores/prefixed.ts";
import { keysOf } from "../../src/testing/store_helpers.ts";

const BYTES = new Uint8Array([1, 2, 3]);

test("a prefixed store writes below its prefix in the store it wraps", async () => {
  const store = new MemoryStore();
  await prefixedStore(prefixedStore(store, "a/b"), "c").put("d", BYTES);
  assert.deepEqual(await keysOf(store, ""), ["a/b/c/d"]);
});

test("a prefixed store shows nothing beside its prefix, nor a value at it", async () => {
  const store = new MemoryStore();
  for (const key of ["a", "a-b", "a/b", "a/b/c", "aa/b", "b"]) await store.put(key, BYTES);
  const prefixed = prefixedStore(store, "a");
  assert.deepEqual(await keysOf(prefixed, ""), ["b", "b/c"]);
  assert.deepEqual(await keysOf(prefixed, "b"), ["b", "b/c"]);
  await prefixed.delete("b");
  assert.deepEqual(await keysOf(store, ""), ["a", "a-b", "a/b/c", "aa/b", "b"]);
});

test("a prefix must be a key", () => {
  for (const prefix of ["", "/", "a/", "..", "a\\b"]) {
    assert.throws(() => prefixedStore(new MemoryStore(), prefix), TypeError);
  }
});

test("a prefixed store does not leave a bad key to the store it wraps", async () => {
  const prefixed = prefixedStore(new MemoryStore(), "a");
  await assert.rejects(prefixed.put("../b", BYTES), /current value is "\.\.\/b"/);
});
