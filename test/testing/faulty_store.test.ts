import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore } from "../../src/stores/memory.ts";
import { FaultyStore, type StoreCall, storeConformance } from "../../src/testing/mod.ts";
import { everyVerb, keysOf, patternOf } from "../../src/testing/store_helpers.ts";

const BYTES = patternOf(4, 1);
const FULL = Object.assign(new Error("no space left"), { code: "ENOSPC" });

storeConformance({
  test,
  name: "FaultyStore without faults",
  create: () => Promise.resolve({ store: new FaultyStore(new MemoryStore(), () => undefined) }),
  capabilities: { listPage: 20 },
});

test("a faulty store tells its plan of each call", async () => {
  const calls: StoreCall[] = [];
  const store = new FaultyStore(new MemoryStore(), (call) => void calls.push(call));
  for (const run of Object.values(everyVerb(store, "a"))) await run();
  assert.deepEqual(
    calls,
    ["put", "put", "get", "getRange", "list", "delete"].map((operation, i) => ({
      operation,
      key: "a",
      nthCall: i + 1,
    })),
  );
});

test("a faulty store that fails has done nothing", async () => {
  const inner = new MemoryStore();
  await inner.put("a", BYTES);
  const store = new FaultyStore(inner, () => ({ kind: "fail", error: FULL }));
  for (const [verb, run] of Object.entries(everyVerb(store, "a"))) {
    const operation = verb === "put if absent" ? "put" : verb;
    await assert.rejects(run, { name: "StoreError", operation, key: "a", cause: FULL });
  }
  assert.deepEqual(await inner.get("a"), BYTES);
});

test("a faulty store that fails after has done it", async () => {
  const inner = new MemoryStore();
  const store = new FaultyStore(
    inner,
    ({ nthCall }) => nthCall === 2 ? undefined : { kind: "fail-after" },
  );
  await assert.rejects(store.put("a", BYTES), { name: "StoreError", operation: "put" });
  assert.deepEqual(await store.get("a"), BYTES);
  const listed: string[] = [];
  await assert.rejects(async () => {
    for await (const { key } of store.list("")) listed.push(key);
  }, { name: "StoreError", operation: "list" });
  assert.deepEqual(listed, ["a"]);
  await assert.rejects(store.delete("a"), { name: "StoreError", operation: "delete" });
  assert.deepEqual(await keysOf(inner, ""), []);
});

test("a faulty store holds a call back: for a time, or until its plan resolves", async () => {
  let release = () => {};
  const held = new Promise<undefined>((resolve) => release = () => resolve(undefined));
  const store = new FaultyStore(new MemoryStore(), ({ key, operation }) => {
    if (operation !== "put") return undefined;
    return key === "held" ? held : { kind: "delay", ms: 1 };
  });
  const put = store.put("held", BYTES);
  await store.put("delayed", BYTES);
  assert.deepEqual(await keysOf(store, ""), ["delayed"]);
  release();
  await put;
  assert.deepEqual(await keysOf(store, ""), ["delayed", "held"]);
});
