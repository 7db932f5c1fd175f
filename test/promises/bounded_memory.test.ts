// Promise 5: past `memoryLimitBytes` the largest accumulations are written early.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore, streamToParquet, tumbling } from "../../mod.ts";
import { rowsOfTable } from "../support/table_rows.ts";

const EVENTS = 20_000;

/** Events of one day: many of one page, few of others; each with an id of its own. */
function* events(): Iterable<object> {
  for (let id = 0; id < EVENTS; id++) {
    const page = id % 10 === 0 ? `/rare${id % 70}` : "/home";
    yield { id, at: id * 1000, page, click: `${id}`.padStart(36, "0") };
  }
}

test("a window larger than the limit becomes several files, with every row in one of them", async () => {
  const store = new MemoryStore();
  const summary = await streamToParquet(events(), {
    store,
    time: "at",
    window: tumbling("1d"),
    partitionBy: ["page"],
    memoryLimitBytes: 1 << 20,
    batchBytes: 64 << 10,
  });
  assert.equal(summary.written, EVENTS);
  assert.equal(summary.windows, 1);
  const rows = await rowsOfTable(store);
  const ids = new Set(rows.map((row) => Number(row["id"])));
  assert.equal(rows.length, EVENTS);
  assert.equal(ids.size, EVENTS);
  const home = [];
  for await (const { key } of store.list("page=%2Fhome")) home.push(key.split("/")[1]);
  assert.ok(home.includes("19700101T000000Z-1d-main-0.parquet"), home.join());
  assert.ok(home.includes("19700101T000000Z-1d-main-0-1.parquet"), home.join());
});

test("maxRows cuts a partition into files of so many rows", async () => {
  const store = new MemoryStore();
  const source = Array.from({ length: 25 }, (_, id) => ({ id, at: id, page: "/home" }));
  const summary = await streamToParquet(source, { store, time: "at", maxRows: 10 });
  assert.equal(summary.files, 3);
  const rows = await rowsOfTable(store);
  assert.deepEqual(rows.map((row) => Number(row["id"])).sort((a, b) => a - b), [
    ...Array(25).keys(),
  ]);
});
