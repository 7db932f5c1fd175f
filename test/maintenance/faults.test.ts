import assert from "node:assert/strict";
import { test } from "node:test";
import { compactTable } from "../../src/maintenance/compact.ts";
import { vacuumTable } from "../../src/maintenance/vacuum.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import type { Store } from "../../src/stores/store.ts";
import { FaultyStore, type StoreFault } from "../../src/testing/mod.ts";
import { copyOf, events, parquetKeys, rowsOf, soundSnapshot, write } from "./table_helpers.ts";

const DAY = 86_400_000;

/** A store of a process that dies with its n-th call, which is done or not. */
function dyingAt(inner: Store, n: number, kind: "fail" | "fail-after") {
  const death = new AbortController();
  let calls = 0;
  const store = new FaultyStore(inner, ({ nthCall }): StoreFault | undefined => {
    calls = nthCall;
    if (nthCall < n) return undefined;
    death.abort(new Error("dead"));
    return { kind: nthCall === n ? kind : "fail" };
  });
  return { store, signal: death.signal, hasDied: () => calls >= n };
}

/** Tells whether a run went through, once it is known that it may fail. */
function succeeds(run: Promise<unknown>): Promise<boolean> {
  return run.then(() => true, () => false);
}

test("wherever a compaction dies, the rows are what they were, and the next one goes through", async () => {
  const original = new MemoryStore();
  await write(original, events(14));
  const rows = await rowsOf(original);
  for (const kind of ["fail", "fail-after"] as const) {
    let outcomes = 0;
    for (let n = 1;; n++) {
      const inner = await copyOf(original);
      const { store, signal, hasDied } = dyingAt(inner, n, kind);
      const isDone = await succeeds(compactTable(store, { signal }));
      assert.deepEqual(await rowsOf(inner), rows, `${kind} in call ${n}`);
      await soundSnapshot(inner);
      if (!hasDied()) {
        assert.ok(isDone);
        break;
      }
      outcomes++;
      await compactTable(inner);
      assert.deepEqual(await rowsOf(inner), rows);
      assert.equal((await soundSnapshot(inner)).files.size, 2);

      // Whatever was left is gone after two vacuums.
      for (const now of [Date.now() + 8 * DAY, Date.now() + 16 * DAY]) {
        await vacuumTable(inner, { clock: { now: () => now } });
        assert.deepEqual(await rowsOf(inner), rows);
      }
      const { files } = await soundSnapshot(inner);
      assert.deepEqual(await parquetKeys(inner), [...files.keys()].sort());
    }
    assert.ok(outcomes > 10, "too few calls were made for this to be a compaction");
  }
});

test("wherever a call of a compaction fails once, the rows are what they were", async () => {
  const original = new MemoryStore();
  await write(original, events(11, { page: "/" }));
  const rows = await rowsOf(original);
  let calls = 0;
  const counting = new FaultyStore(await copyOf(original), ({ nthCall }) => {
    calls = nthCall;
    return undefined;
  });
  await compactTable(counting);
  assert.ok(calls > 10);
  for (const kind of ["fail", "fail-after"] as const) {
    for (let n = 1; n <= calls; n++) {
      const inner = await copyOf(original);
      const store = new FaultyStore(inner, ({ nthCall }) => nthCall === n ? { kind } : undefined);
      await succeeds(compactTable(store));
      assert.deepEqual(await rowsOf(inner), rows, `${kind} in call ${n}`);
      await soundSnapshot(inner);
    }
  }
});

test("when nobody knows whether a compaction was committed, its files stay", async () => {
  const inner = new MemoryStore();
  await write(inner, events(14));
  const rows = await rowsOf(inner);
  const controller = new AbortController();
  let isPut = false;
  const store = new FaultyStore(inner, ({ operation, key }) => {
    if (!isPut && (operation !== "put" || !key.startsWith("_delta_log/"))) return undefined;
    if (isPut) controller.abort(new Error("stop")); // before it can be looked up
    isPut = true;
    return operation === "delete" ? undefined : { kind: "fail-after" };
  });
  await assert.rejects(compactTable(store, { signal: controller.signal }), /^Error: stop$/);
  assert.equal((await soundSnapshot(inner)).files.size, 2, "it was");
  assert.deepEqual(await rowsOf(inner), rows);
});

test("wherever a vacuum dies, the rows are what they were, and the next one goes through", async () => {
  const original = new MemoryStore();
  await write(original, events(14));
  await compactTable(original, { clock: { now: () => 0 } });
  await original.put("page=%2Fhome/20220601T000000Z-10m-compact-v0-9.parquet", new Uint8Array(3));
  await vacuumTable(original, { clock: { now: () => 0 } });
  const rows = await rowsOf(original);
  const clock = { now: () => 30 * DAY };
  for (const kind of ["fail", "fail-after"] as const) {
    for (let n = 1;; n++) {
      const inner = await copyOf(original);
      const { store, signal, hasDied } = dyingAt(inner, n, kind);
      const isDone = await succeeds(vacuumTable(store, { signal, clock }));
      assert.deepEqual(await rowsOf(inner), rows, `${kind} in call ${n}`);
      await vacuumTable(inner, { clock });
      const { files } = await soundSnapshot(inner);
      assert.deepEqual(await parquetKeys(inner), [...files.keys()].sort());
      if (hasDied()) continue;
      assert.ok(isDone);
      break;
    }
  }
});
