import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore, type Store } from "../../mod.ts";
import { GatedStore } from "../../src/cloudflare/gated_store.ts";
import { LogGate } from "../../src/cloudflare/log_gate.ts";

/** A store that writes down what is put. */
function watched(store: Store): { readonly store: Store; readonly puts: string[] } {
  const puts: string[] = [];
  const put: Store["put"] = (key, bytes, options) => {
    puts.push(key);
    return store.put(key, bytes, options);
  };
  const bind = <K extends "get" | "getRange" | "list" | "delete">(verb: K): Store[K] =>
    store[verb].bind(store) as Store[K];
  return {
    puts,
    store: {
      put,
      get: bind("get"),
      getRange: bind("getRange"),
      list: bind("list"),
      delete: bind("delete"),
    },
  };
}

const own = (value: number): Uint8Array => Uint8Array.of(value);

test("of many that race for a key, the first is put and the bucket hears of no other", async () => {
  const { store, puts } = watched(new MemoryStore());
  const gate = new LogGate(store);
  const won = await Promise.all(
    Array.from({ length: 20 }, (_, i) => gate.put("_delta_log/0.json", own(i), { ifAbsent: true })),
  );
  assert.deepEqual(won, [true, ...Array(19).fill(false)]);
  assert.deepEqual(puts, ["_delta_log/0.json"]);
  assert.deepEqual(await store.get("_delta_log/0.json"), own(0));
});

test("a gate that knows nothing leaves the decision to the bucket", async () => {
  const { store } = watched(new MemoryStore());
  await store.put("_delta_log/0.json", own(1));
  const gate = new LogGate(store);
  assert.equal(await gate.put("_delta_log/0.json", own(2), { ifAbsent: true }), false);
  assert.deepEqual(await store.get("_delta_log/0.json"), own(1));
});

test("a put that failed is tried by the next, and holds up no other key", async () => {
  const { store } = watched(new MemoryStore());
  let isBroken = true;
  const failing: Store = {
    ...store,
    put: (key, bytes, options) =>
      isBroken ? Promise.reject(new Error("no bucket")) : store.put(key, bytes, options),
  };
  const gate = new LogGate(failing);
  await assert.rejects(gate.put("a", own(1), { ifAbsent: true }), /no bucket/);
  isBroken = false;
  const again = gate.put("a", own(2), { ifAbsent: true }); // a second later
  assert.equal(await gate.put("b", own(3), { ifAbsent: true }), true);
  assert.equal(await store.get("a"), undefined);
  assert.equal(await again, true);
});

test("only the log goes through the gate", async () => {
  const direct = watched(new MemoryStore());
  const gated: string[] = [];
  const store = new GatedStore(direct.store, (key, bytes, options) => {
    gated.push(`${key} ${options?.ifAbsent ?? false}`);
    return direct.store.put(key, bytes, options);
  });
  await store.put("_delta_log/0.json", own(0), { ifAbsent: true });
  await store.put("page=1/x.parquet", own(1));
  await store.put("_delta_logs", own(2));
  assert.deepEqual(gated, ["_delta_log/0.json true"]);
  assert.equal(direct.puts.length, 3);
  assert.deepEqual(await store.get("page=1/x.parquet"), own(1));
});
