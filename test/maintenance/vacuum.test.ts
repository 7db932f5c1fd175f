import assert from "node:assert/strict";
import { test } from "node:test";
import { compactTable } from "../../src/maintenance/compact.ts";
import { vacuumTable } from "../../src/maintenance/vacuum.ts";
import { partKey } from "../../src/partition/part_key.ts";
import { streamToParquet } from "../../src/pipeline.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { FaultyStore } from "../../src/testing/mod.ts";
import { keysOf } from "../../src/testing/store_helpers.ts";
import { tumbling } from "../../src/window/tumbling.ts";
import { events, onStores, parquetKeys, rowsOf, soundSnapshot, write } from "./table_helpers.ts";

const DAY = 86_400_000;
const at = (now: number) => ({ clock: { now: () => now } });
const BYTES = new Uint8Array(3);

test("files that were removed from the table are deleted once they are old enough", async () => {
  await onStores(async (store) => {
    await write(store, events(30));
    await compactTable(store, at(DAY));
    const rows = await rowsOf(store);
    const { tombstones, files } = await soundSnapshot(store);
    const bytes = [...tombstones.values()].reduce((sum, { size }) => sum + size!, 0);
    const before = await keysOf(store, "");

    const young = await vacuumTable(store, at(8 * DAY - 1));
    assert.deepEqual(young, { files: 0, bytes: 0, filesLeft: tombstones.size });
    const dry = await vacuumTable(store, { ...at(8 * DAY), dryRun: true });
    const deleted = { files: tombstones.size, bytes, filesLeft: 0 };
    assert.deepEqual(dry, { ...deleted, keys: [...tombstones.keys()].sort() });
    assert.deepEqual(await keysOf(store, ""), before, "a dry run does nothing");

    assert.deepEqual(await vacuumTable(store, at(8 * DAY)), deleted);
    assert.deepEqual(await parquetKeys(store), [...files.keys()].sort());
    assert.deepEqual(await rowsOf(store), rows);
    const again = await vacuumTable(store, at(8 * DAY));
    assert.deepEqual(again, { files: 0, bytes: 0, filesLeft: 0 });
  });
});

test("olderThan says how old", async () => {
  const store = new MemoryStore();
  await write(store, events(60));
  await compactTable(store, at(DAY));
  assert.equal((await vacuumTable(store, { ...at(DAY + 59_999), olderThan: "1m" })).files, 0);
  assert.equal((await vacuumTable(store, { ...at(DAY + 60_000), olderThan: "1m" })).files, 12);
});

test("files that nobody knows of are deleted a week after they were first seen", async () => {
  await onStores(async (store) => {
    await write(store, events(10));
    const { files } = await soundSnapshot(store);
    const unknown = ["page=%2Fhome/20220601T000000Z-10m-compact-v0-7.parquet", "part-1.parquet"];
    for (const key of unknown) await store.put(key, BYTES);

    const first = await vacuumTable(store, at(100 * DAY));
    assert.deepEqual(first, { files: 0, bytes: 0, filesLeft: 2 });
    const later = "page=%2Fhome/later.parquet";
    await store.put(later, BYTES);
    assert.equal((await vacuumTable(store, at(107 * DAY - 1))).files, 0);
    const dry = await vacuumTable(store, { ...at(107 * DAY), dryRun: true });
    assert.deepEqual(dry.keys, unknown);
    assert.deepEqual(await vacuumTable(store, at(107 * DAY)), { files: 2, bytes: 6, filesLeft: 1 });
    assert.equal((await vacuumTable(store, at(114 * DAY))).files, 1);
    assert.deepEqual(await parquetKeys(store), [...files.keys()].sort());
    const keys = await keysOf(store, "_sluice");
    assert.deepEqual(keys, [], "there is nothing left to remember");
  });
});

test("a file that nobody knows of is a day old at least, whatever olderThan is", async () => {
  const store = new MemoryStore();
  await write(store, events(1));
  await store.put("x.parquet", BYTES);
  const day = 100 * DAY;
  assert.equal((await vacuumTable(store, { ...at(day), olderThan: 0 })).files, 0);
  assert.equal((await vacuumTable(store, { ...at(day + DAY - 1), olderThan: 0 })).files, 0);
  assert.equal((await vacuumTable(store, { ...at(day + DAY), olderThan: 0 })).files, 1);
});

test("notes of no use are as none", async () => {
  const store = new MemoryStore();
  await write(store, events(1));
  await store.put("x.parquet", BYTES);
  for (const text of ["", "null", '{"x.parquet":"0"}']) {
    await store.put("_sluice/vacuum.json", new TextEncoder().encode(text));
    assert.deepEqual(await vacuumTable(store, at(100 * DAY)), { files: 0, bytes: 0, filesLeft: 1 });
  }
});

test("a vacuum touches nothing that may not be a data file of the table", async () => {
  const store = new MemoryStore();
  await write(store, events(10));
  const others = [
    "README.md",
    "page=%2Fhome/notes.txt",
    "page=%2Fhome/x.parquet.crc",
    "_delta_log/00000000000000000000.checkpoint.parquet",
    "_dead_letter/main-0.ndjson",
    "_dead_letter/x.parquet",
    "_x.parquet",
    ".x.parquet",
    "page=%2Fhome/_tmp/x.parquet",
    "page=%2Fhome/.x.parquet",
    "other/_delta_log/00000000000000000000.json",
    "other/day=1/x.parquet",
  ];
  for (const key of others) await store.put(key, BYTES);
  await vacuumTable(store, at(100 * DAY));
  assert.deepEqual(await vacuumTable(store, at(200 * DAY)), { files: 0, bytes: 0, filesLeft: 0 });
  const keys = new Set(await keysOf(store, ""));
  for (const key of others) assert.ok(keys.has(key), key);
});

test("part files of a writer at work are left alone, however long it takes", async () => {
  const store = new MemoryStore();
  let seen = 0;
  // A window of a day that is written early, hour by hour, and committed at its end.
  const parts = async function* () {
    for (let i = 0; i < 12; i++) {
      yield { id: i, page: "/", at: i * 3_600_000, text: "x".repeat(200_000 + i) };
      if ((await parquetKeys(store)).length > seen) {
        seen = (await parquetKeys(store)).length;
        if (await store.get("_delta_log/00000000000000000000.json") === undefined) continue;
        for (const now of [100 * DAY, 200 * DAY, 300 * DAY]) {
          assert.equal((await vacuumTable(store, { ...at(now), olderThan: 0 })).files, 0);
        }
      }
    }
  };
  await write(store, events(1, { page: "/" })); // the table is there
  await streamToParquet(parts(), {
    store,
    window: tumbling("1d"),
    time: "at",
    partitionBy: ["page"],
    memoryLimitBytes: 1 << 20,
    batchBytes: 300_000,
  });
  assert.ok(seen > 2, "nothing was written early");
  assert.equal((await rowsOf(store)).length, 13);
});

test("a part file that its writer may put again is left alone", async () => {
  const store = new MemoryStore();
  await write(store, events(3, { page: "/" })); // commit 0
  const window = { start: 0, end: 600_000 };
  const name = { window, path: "page=%2F", part: 0 };
  const next = partKey({ ...name, writer: "main", commitNumber: 1 });
  const unknownWriter = partKey({ ...name, writer: "other", commitNumber: 0 });
  const committed = partKey({ ...name, writer: "main", commitNumber: 0 });
  for (const key of [next, unknownWriter, committed]) await store.put(key, BYTES);
  assert.equal((await vacuumTable(store, at(100 * DAY))).filesLeft, 3);
  await store.put("_sluice/main-0.open", new Uint8Array(0));
  assert.equal((await vacuumTable(store, at(200 * DAY))).files, 0);
  await store.delete("_sluice/main-0.open");
  assert.equal((await vacuumTable(store, at(300 * DAY))).files, 0, "it was forgotten meanwhile");
  assert.deepEqual((await vacuumTable(store, { ...at(400 * DAY), dryRun: true })).keys, [
    committed,
  ]);
});

test("a writer that starts and commits while a vacuum lists loses nothing", async () => {
  const inner = new MemoryStore();
  await write(inner, events(30));
  for (const verb of ["list", "get"] as const) {
    let hasWritten = false;
    const store = new FaultyStore(inner, async ({ operation, key }) => {
      if (hasWritten || operation !== verb || (verb === "list" && key !== "_sluice")) return;
      hasWritten = true;
      await write(inner, events(10));
      return undefined;
    });
    await vacuumTable(store, { ...at(500 * DAY), olderThan: 0 });
    assert.ok(hasWritten);
    await soundSnapshot(inner);
  }
  assert.equal((await rowsOf(inner)).length, 50);
});

test("a table whose log names absolute paths is not vacuumed", async () => {
  for (const path of ["s3://bucket/table/x.parquet", "file:/x.parquet", "/data/x.parquet"]) {
    const store = new MemoryStore();
    await write(store, events(1));
    const add = { path, partitionValues: { page: "/" }, size: 1, modificationTime: 1 };
    const line = JSON.stringify({ add: { ...add, dataChange: true } });
    await store.put("_delta_log/00000000000000000001.json", new TextEncoder().encode(line));
    await assert.rejects(vacuumTable(store), { name: "UnsupportedTableError" });
  }
});

test("bad options, and no table, are errors", async () => {
  const store = new MemoryStore();
  await assert.rejects(vacuumTable(store), /no commit log/);
  await write(store, events(1));
  await assert.rejects(vacuumTable(store, { olderThan: "soon" }), /"olderThan".*"soon"/);
  const signal = AbortSignal.abort(new Error("stop"));
  await assert.rejects(vacuumTable(store, { signal }), /^Error: stop$/);
});
