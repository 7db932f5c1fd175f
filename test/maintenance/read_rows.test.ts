import assert from "node:assert/strict";
import { test } from "node:test";
import { compactTable } from "../../src/maintenance/compact.ts";
import { readTableRows } from "../../src/maintenance/read_rows.ts";
import { day, hour, month, year } from "../../src/partition/partition_column.ts";
import { streamToParquet } from "../../src/pipeline.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import type { Store } from "../../src/stores/store.ts";
import { FaultyStore } from "../../src/testing/mod.ts";
import { tumbling } from "../../src/window/tumbling.ts";
import { events, soundSnapshot, write } from "./table_helpers.ts";

async function all(store: Store, options?: { readonly limit?: number }): Promise<string[]> {
  const rows: string[] = [];
  for await (const row of readTableRows(store, options)) rows.push(row);
  return rows;
}

test("rows have the table's columns, and at the end those of the path with their types", async () => {
  const store = new MemoryStore();
  const partitionBy = [year(), month(), day(), hour(), "page", "n"];
  const options = { store, time: "at", window: tumbling("1h"), partitionBy };
  await streamToParquet([
    { id: 1, page: "/home", n: 7, at: "2022-06-01T23:30:00Z" },
    { id: 2, page: null, n: 1.5, at: "2022-06-01T23:31:00Z", later: [true] },
  ], options);
  await streamToParquet([{ id: 3, page: "", at: "2022-06-02T00:00:00Z", new: "x" }], options);
  const expected = [
    '{"id":1,"at":"2022-06-01T23:30:00.000000Z","later":null,"new":null,' +
    '"year":2022,"month":6,"day":1,"hour":23,"page":"/home","n":"7"}',
    '{"id":2,"at":"2022-06-01T23:31:00.000000Z","later":[true],"new":null,' +
    '"year":2022,"month":6,"day":1,"hour":23,"page":null,"n":"1.5"}',
    '{"id":3,"at":"2022-06-02T00:00:00.000000Z","later":null,"new":"x",' +
    '"year":2022,"month":6,"day":2,"hour":0,"page":"","n":null}',
  ];
  assert.deepEqual((await all(store)).sort(), expected);
  await compactTable(store);
  assert.deepEqual((await all(store)).sort(), expected);
});

test("partition columns that are in the files too are there once", async () => {
  const store = new MemoryStore();
  await write(store, events(1), { partitionBy: ["page", "id"], keepPartitionColumns: true });
  const expected = [
    '{"at":"2022-06-01T00:00:00.000000Z","nested":{"list":[0,null],"flag":true},' +
    '"page":"/home","id":"0"}',
  ];
  assert.deepEqual((await all(store)).map((row) => row.replace('"name":null,', "")), expected);
});

test("rows are in the order of partitions, windows and commits", async () => {
  const store = new MemoryStore();
  const rows = events(24);
  await write(store, rows.slice(12));
  await write(store, rows.slice(0, 12)); // older windows, written later
  const ids = (await all(store)).map((row) => (JSON.parse(row) as { id: number }).id);
  const [cart, home] = [ids.filter((id) => id % 3 !== 0), ids.filter((id) => id % 3 === 0)];
  assert.deepEqual(ids, [...cart, ...home]);
  const windowOf = (id: number) => Math.floor(id / 10);
  for (const own of [cart, home]) {
    assert.deepEqual(own.map(windowOf), own.map(windowOf).sort());
  }
  await compactTable(store);
  assert.deepEqual(await all(store).then((after) => after.length), 24);
});

test("rows are read up to a limit, and no file more than needed", async () => {
  const inner = new MemoryStore();
  await write(inner, events(60));
  let reads = 0;
  const store = new FaultyStore(inner, ({ operation, key }) => {
    if (operation === "get" && key.endsWith(".parquet")) reads++;
    return undefined;
  });
  assert.equal((await all(store, { limit: 3 })).length, 3);
  assert.equal(reads, 1);
  assert.equal((await all(store, { limit: 0 })).length, 0);
  assert.equal(reads, 1);
  assert.equal((await all(store, { limit: 1000 })).length, 60);
  await assert.rejects(all(store, { limit: -1 }), /"limit".*-1/);
});

test("reading stays with one version, and says when a file of it is gone", async () => {
  const store = new MemoryStore();
  await write(store, events(60));
  const rows: string[] = [];
  for await (const row of readTableRows(store)) {
    if (rows.push(row) === 1) await compactTable(store);
  }
  assert.equal(rows.length, 60);

  const [path] = (await soundSnapshot(store)).files.keys();
  await store.delete(path!);
  await assert.rejects(all(store), /Cannot read the data file .*: current value is no file/);
  await assert.rejects(all(new MemoryStore()), /no commit log/);
});
