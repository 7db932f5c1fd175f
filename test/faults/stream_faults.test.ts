// Every call of the store that a stream makes, gone wrong in every way: a later run completes the
// table.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MemoryStore,
  type ReplayableSource,
  type Store,
  StoreError,
  streamToParquet,
  type Summary,
  tumbling,
} from "../../mod.ts";
import { FaultyStore, type StoreFault } from "../../src/testing/mod.ts";
import { assertOnce, eventOf, idsOf, NUMBERED } from "../support/numbered_events.ts";
import { deadLettersOfTable, rowsInLog, rowsOfTable } from "../support/table_rows.ts";
import { assertClear, FULL, PLANS } from "./fault_plans.ts";

/** Of two pages. */
const IDS = Array.from({ length: 30 }, (_, i) => 5 * Math.floor(i / 2) + i % 2);
const lines = IDS.map((id) => JSON.stringify(eventOf(id, id * 2.4)));
lines.splice(5, 0, "no JSON");
const text = new TextEncoder().encode(`${lines.join("\n")}\n`);

const SOURCE: ReplayableSource = {
  id: "memory:faults",
  open: (offset) => Promise.resolve(new Blob([text.slice(offset)]).stream()),
};

function run(store: Store): Promise<Summary> {
  const options = { ...NUMBERED, store, window: tumbling("1m"), lateness: "30s" } as const;
  return streamToParquet(SOURCE, { ...options, batchBytes: 1024 });
}

async function checkTable(store: Store): Promise<void> {
  assertOnce(idsOf(await rowsOfTable(store)), { acknowledged: IDS, attempted: IDS });
  assert.deepEqual((await deadLettersOfTable(store)).map(({ raw }) => raw), ["no JSON"]);
}

for (const { name, faultAt } of PLANS) {
  test(`a call of the store that ${name} costs a stream nothing`, async () => {
    let calls = 0;
    await run(new FaultyStore(new MemoryStore(), ({ nthCall }) => void (calls = nthCall)));
    const outcomes = await Promise.all(Array.from({ length: calls }, async (_, i) => {
      const inner = new MemoryStore();
      const store = new FaultyStore(inner, ({ nthCall }) => faultAt(nthCall, i + 1));
      const failed = await run(store).then(() => false, (error) => {
        assertClear(error);
        return true;
      });
      if (!failed) await checkTable(inner);
      const { source } = await run(inner);
      assert(failed || source === "unchanged", `call ${i + 1}: ${source}`);
      await checkTable(inner);
      return failed;
    }));
    assert(calls > 15, `${calls} calls`);
    const failures = outcomes.filter((failed) => failed).length;
    if (name === "is slow") assert.equal(failures, 0);
    else assert(failures > 0);
  });
}

test("a run that failed leaves no put under way behind", async () => {
  const inner = new MemoryStore();
  const broken: StoreFault = { kind: "fail", error: FULL };
  let files = 0;
  const store = new FaultyStore(inner, ({ operation, key }) => {
    if (operation !== "put" || !key.endsWith(".parquet")) return undefined;
    // The second file fails four times over more than a second; the third takes longer still.
    files++;
    return key.includes("home") ? broken : { kind: "delay", ms: 1500 };
  });
  await assert.rejects(run(store), (error) => {
    assert(error instanceof StoreError && error.key.includes("home"));
    return true;
  });
  assert(files > 2);
  await run(inner);
  await checkTable(inner);
  await new Promise((resolve) => setTimeout(resolve, 1600));
  await checkTable(inner);
});

test("a source that fails leaves no put under way behind", async () => {
  const inner = new MemoryStore();
  const store = new FaultyStore(
    inner,
    ({ key }) => key.endsWith(".parquet") ? { kind: "delay", ms: 200 } : undefined,
  );
  // More than there is memory for, so that files of the open window are put.
  const large = IDS.map((id) => JSON.stringify({ ...eventOf(id, 1), pad: `${id}`.padEnd(90_000) }));
  let isBroken = true;
  const source: ReplayableSource = {
    id: "memory:large",
    open: () => {
      const pieces = new Blob([`${large.join("\n")}\n`]).stream();
      if (!isBroken) return Promise.resolve(pieces);
      isBroken = false;
      const cut = new TransformStream<Uint8Array, Uint8Array>({
        flush: (controller) => controller.error(new Error("the cable was cut")),
      });
      return Promise.resolve(pieces.pipeThrough(cut));
    },
  };
  const options = { ...NUMBERED, memoryLimitBytes: 1 << 20, batchBytes: 100_000 };
  await assert.rejects(
    streamToParquet(source, { ...options, store }),
    { message: "the cable was cut" },
  );
  await streamToParquet(source, { ...options, store: inner });
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual(idsOf(await rowsOfTable(inner)), IDS);
});

test("a file that could not be put is in no commit, whenever that turns out", async () => {
  for (let turns = 0; turns < 40; turns++) {
    const inner = new MemoryStore();
    const store = new MemoryStore();
    store.put = async (key, bytes, options) => {
      if (key.startsWith("page=100%25/")) { // the last of its window
        for (let turn = 0; turn < turns; turn++) await undefined;
        throw new TypeError("not to be tried again");
      }
      return await inner.put(key, bytes, options);
    };
    store.get = (key, options) => inner.get(key, options);
    store.list = (prefix, options) => inner.list(prefix, options);
    await assert.rejects(run(store), { message: "not to be tried again" });
    await rowsInLog(inner);
  }
});
