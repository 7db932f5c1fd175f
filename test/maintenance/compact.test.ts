import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DataType } from "../../src/columns/schema.ts";
import type { AddFile } from "../../src/commit_log/actions.ts";
import { CommitLog } from "../../src/commit_log/commit_log.ts";
import { readCommit } from "../../src/commit_log/log_reader.ts";
import { readSnapshot } from "../../src/commit_log/snapshot.ts";
import { parseStats } from "../../src/commit_log/stats.ts";
import { compactTable } from "../../src/maintenance/compact.ts";
import { alignTable } from "../../src/maintenance/data_file.ts";
import { comparePlaces, filePlace, mergedKey } from "../../src/maintenance/file_place.ts";
import { partKey } from "../../src/partition/part_key.ts";
import { readParquetTable } from "../../src/parquet/read.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { FaultyStore } from "../../src/testing/mod.ts";
import { makeTable } from "../columns/random_tables.ts";
import { events, onStores, parquetKeys, rowsOf, soundSnapshot, write } from "./table_helpers.ts";

test("compaction leaves the rows and one file for each partition", async () => {
  await onStores(async (store) => {
    await write(store, events(30));
    await write(store, events(30));
    const before = await soundSnapshot(store);
    const rows = await rowsOf(store);
    assert.equal(rows.length, 60);

    const seen: unknown[] = [];
    const summary = await compactTable(store, { onProgress: (progress) => seen.push(progress) });
    const after = await soundSnapshot(store);
    assert.deepEqual(await rowsOf(store), rows);
    assert.equal(after.files.size, 2);
    assert.equal(after.version, before.version + 1);
    assert.deepEqual(after.metaData, before.metaData);
    assert.deepEqual(summary, {
      filesRemoved: before.files.size,
      filesAdded: 2,
      bytesRemoved: sizes(before.files.values()),
      bytesAdded: sizes(after.files.values()),
      rows: 60,
    });
    assert.deepEqual(seen.at(-1), { files: before.files.size, of: before.files.size });
    for (const path of before.files.keys()) {
      assert.ok(after.tombstones.has(path));
      assert.ok(await store.get(path), "readers of the version before still need it");
    }
  });
});

function sizes(files: Iterable<AddFile>): number {
  return [...files].reduce((sum, { size }) => sum + size, 0);
}

test("a compacted table is compact: doing it again does nothing", async () => {
  const store = new MemoryStore();
  await write(store, events(60));
  await compactTable(store);
  const { version } = await soundSnapshot(store);
  const summary = await compactTable(store);
  assert.equal(summary.filesRemoved, 0);
  assert.equal((await soundSnapshot(store)).version, version);
});

test("a compaction is a commit that changes no data", async () => {
  const store = new MemoryStore();
  await write(store, events(20));
  await compactTable(store, { clock: { now: () => 1234 } });
  const { version, files } = await soundSnapshot(store);
  const { actions } = (await readCommit(store, version))!;
  const operations = actions.flatMap((action) => "commitInfo" in action ? [action.commitInfo] : []);
  assert.equal(operations[0]?.["operation"], "OPTIMIZE");
  assert.equal(operations[0]?.["isBlindAppend"], false);
  for (const action of actions) {
    if ("add" in action) {
      assert.equal(action.add.dataChange, false);
      assert.equal(action.add.modificationTime, 1234);
      assert.deepEqual(action.add, files.get(action.add.path));
    } else if ("remove" in action) {
      assert.equal(action.remove.dataChange, false);
      assert.equal(action.remove.deletionTimestamp, 1234);
      assert.ok(action.remove.size! > 0);
      assert.deepEqual(Object.keys(action.remove.partitionValues!), ["page"]);
    } else assert.ok("commitInfo" in action);
  }
});

test("statistics of a merged file are those of its rows", async () => {
  const store = new MemoryStore();
  await write(store, events(60));
  await compactTable(store);
  for (const { stats, partitionValues } of (await soundSnapshot(store)).files.values()) {
    const { numRecords, minValues, maxValues, nullCount } = parseStats(stats!);
    const isHome = partitionValues["page"] === "/home";
    assert.equal(numRecords, isHome ? 20 : 40);
    assert.equal(minValues!["id"], isHome ? 0 : 1);
    assert.equal(maxValues!["id"], isHome ? 57 : 59);
    assert.equal(nullCount!["name"], isHome ? 4 : 8);
  }
});

test("rows are in the order of windows and then of commits", async () => {
  const store = new MemoryStore();
  const all = events(30, { page: "/" });
  await write(store, all.slice(10, 20));
  await write(store, all.slice(20, 30));
  for (let i = 0; i < 10; i++) await write(store, all.slice(i, i + 1)); // commits 2 to 11
  await compactTable(store);
  const { files } = await soundSnapshot(store);
  const [path] = files.keys();
  assert.equal(path, "page=%2F/20220601T000000Z-30m-compact-v11-0.parquet");
  const { vectors, fields } = await readParquetTable((await store.get(path!))!);
  const ids = vectors[fields.findIndex(({ name }) => name === "id")]!.ints!;
  assert.deepEqual(Array.from(ids, Number), all.map(({ id }) => id));

  // Late ones come last among their window, and a merged file may be merged again.
  await write(store, [{ ...all[0]!, id: 100 }]);
  await compactTable(store);
  const again = [...(await soundSnapshot(store)).files.keys()];
  assert.deepEqual(again, ["page=%2F/20220601T000000Z-30m-compact-v13-0.parquet"]);
});

test("columns that came later are null in older rows", async () => {
  const store = new MemoryStore();
  await write(store, [{ id: 1, page: "/", at: 0, s: { a: 1 }, l: [{ x: 1 }] }]);
  await write(store, [{ id: 2, page: "/", at: 1, s: { a: 2, b: "2" }, l: [{ y: true }], z: 1.5 }]);
  const rows = await rowsOf(store);
  await compactTable(store);
  assert.equal((await soundSnapshot(store)).files.size, 1);
  assert.deepEqual(await rowsOf(store), rows);
  assert.deepEqual(rows, [
    '{"id":1,"at":"1970-01-01T00:00:00.000000Z","s":{"a":1,"b":null},"l":[{"x":1,"y":null}],' +
    '"z":null,"page":"/"}',
    '{"id":2,"at":"1970-01-01T00:00:00.001000Z","s":{"a":2,"b":"2"},"l":[{"x":null,"y":true}],' +
    '"z":1.5,"page":"/"}',
  ]);
});

test("what was rescued, and rows without fields, come through", async () => {
  const store = new MemoryStore();
  await write(store, [{ id: 1, page: "/", at: 0, v: 1 }]);
  await write(store, [{ id: 2, page: "/", at: 1, v: "text" }]);
  await write(store, [{ id: 3, page: "/", at: 2, v: [1, "mixed"] }]);
  const rows = await rowsOf(store);
  await compactTable(store);
  assert.deepEqual(await rowsOf(store), rows);
  assert.match(rows[1]!, /"_rescued_data":\{"v":"text"\}/);

  const empty = new MemoryStore();
  const byArrival = { time: undefined, clock: { now: () => 0 } } as unknown as object;
  for (let i = 0; i < 3; i++) await write(empty, [{ page: "/" } as never], byArrival);
  const emptyRows = await rowsOf(empty);
  await compactTable(empty);
  assert.equal((await soundSnapshot(empty)).files.size, 1);
  assert.deepEqual(await rowsOf(empty), emptyRows);
  assert.equal(emptyRows.length, 3);
});

test("partition columns that are in the files too stay there", async () => {
  const store = new MemoryStore();
  await write(store, events(30), { keepPartitionColumns: true });
  const rows = await rowsOf(store);
  await compactTable(store);
  assert.deepEqual(await rowsOf(store), rows);
  for (const key of (await soundSnapshot(store)).files.keys()) {
    const { fields } = await readParquetTable((await store.get(key))!);
    assert.ok(fields.some(({ name }) => name === "page"));
  }
});

test("a partition's values, minFiles and targetBytes say what is merged", async () => {
  const store = new MemoryStore();
  await write(store, events(60));
  const before = await soundSnapshot(store);
  const largest = Math.max(...Array.from(before.files.values(), ({ size }) => size));

  assert.equal((await compactTable(store, { minFiles: 7 })).filesRemoved, 0);
  assert.equal((await compactTable(store, { targetBytes: largest })).filesRemoved, 0);
  const home = await compactTable(store, { partition: { page: "/home" } });
  assert.equal(home.filesAdded, 1);
  assert.equal(home.filesRemoved, 6);
  const pairs = await compactTable(store, { targetBytes: 2 * largest });
  assert.equal(pairs.filesAdded, 3);
  assert.equal(pairs.filesRemoved, 6);
  assert.equal((await soundSnapshot(store)).files.size, 4);
});

test("bad options are errors that name them", async () => {
  const store = new MemoryStore();
  await write(store, events(1));
  await assert.rejects(compactTable(store, { minFiles: 1 }), /"minFiles".*at least 2.* 1$/);
  await assert.rejects(compactTable(store, { targetBytes: 0 }), /"targetBytes"/);
  await assert.rejects(compactTable(store, { partition: { no: "1" } }), /"partition".*"no"/);
  await assert.rejects(compactTable(store, { partition: { page: 1 as never } }), /"partition".*1/);
  await assert.rejects(compactTable(store, { compression: "x" as never }), /"compression"/);
  await assert.rejects(compactTable(new MemoryStore()), /no commit log/);
});

test("files that other engines wrote are left alone", async () => {
  const store = new MemoryStore();
  await write(store, events(10, { page: "/" }));
  const [own] = [...(await soundSnapshot(store)).files.values()];
  const log = await CommitLog.open(store);
  const paths = ["page=%2F/part-00000-a.c000.snappy.parquet", "page=%2F/x.parquet"];
  for (const path of paths) await store.put(path, (await store.get(own!.path))!);
  await log.commit({ operation: "WRITE", adds: paths.map((path) => ({ ...own!, path })) });
  assert.equal((await compactTable(store)).filesRemoved, 0);
});

test("a file that is not what the log says stops a compaction", async () => {
  const store = new MemoryStore();
  await write(store, events(60));
  const [path] = (await soundSnapshot(store)).files.keys();
  const other = new MemoryStore();
  await write(other, events(1, { page: "/home" }));
  const [otherFile] = (await soundSnapshot(other)).files.values();
  const bytes = (await store.get(path!))!;
  const log = await CommitLog.open(store);

  await store.delete(path!);
  await assert.rejects(
    compactTable(store),
    /Cannot read the data file .*: current value is no file/,
  );
  await store.put(path!, bytes.slice(1));
  await assert.rejects(compactTable(store), /Cannot read the data file/);
  await store.put(path!, bytes.fill(0));
  await assert.rejects(compactTable(store), /Cannot read the data file/);
  // The log has another number of rows.
  await store.put(path!, (await other.get(otherFile!.path))!);
  const add = (await readSnapshot(store))!.files.get(path!)!;
  await log.commit({ operation: "WRITE", adds: [{ ...add, size: otherFile!.size }] });
  await assert.rejects(compactTable(store), /rows in the log: current value is 1/);
});

test("a writer that commits meanwhile loses nothing", async () => {
  const inner = new MemoryStore();
  await write(inner, events(60));
  let hasWritten = false;
  const store = new FaultyStore(inner, async ({ operation, key }) => {
    if (operation !== "put" || !key.includes("compact-v") || hasWritten) return undefined;
    hasWritten = true;
    await write(inner, events(5), { writer: "other" });
    return undefined;
  });
  await compactTable(store);
  assert.ok(hasWritten);
  const { files } = await soundSnapshot(inner);
  assert.equal(files.size, 2 + 2);
  assert.equal((await rowsOf(inner)).length, 65);
});

test("of two compactions one wins, and the other looks again", async () => {
  const inner = new MemoryStore();
  await write(inner, events(60));
  const rows = await rowsOf(inner);
  let hasRun = false;
  const store = new FaultyStore(inner, async ({ operation, key }) => {
    const isCommit = operation === "put" && /_delta_log\/\d+\.json$/.test(key);
    if (!isCommit || hasRun) return undefined;
    hasRun = true;
    await compactTable(inner, { partition: { page: "/home" } });
    return undefined;
  });
  const summary = await compactTable(store);
  assert.ok(hasRun);
  assert.equal(summary.filesRemoved, 6, "what the other one had merged is not merged again");
  assert.deepEqual(await rowsOf(inner), rows);
  const { files, tombstones } = await soundSnapshot(inner);
  assert.equal(files.size, 2);
  const known = new Set([...files.keys(), ...tombstones.keys()]);
  assert.deepEqual((await parquetKeys(inner)).filter((key) => !known.has(key)), []);
});

test("a file that is gone since another compaction removed it is no error", async () => {
  const inner = new MemoryStore();
  await write(inner, events(60));
  const rows = await rowsOf(inner);
  let hasRun = false;
  const store = new FaultyStore(inner, async ({ operation, key }) => {
    if (operation !== "get" || !key.endsWith(".parquet") || hasRun) return undefined;
    hasRun = true;
    await compactTable(inner);
    for (const path of (await soundSnapshot(inner)).tombstones.keys()) await inner.delete(path);
    return undefined;
  });
  assert.equal((await compactTable(store)).filesRemoved, 0);
  assert.deepEqual(await rowsOf(inner), rows);
});

test("an abort stops with its reason, and leaves no file that is not part of the table", async () => {
  const inner = new MemoryStore();
  await write(inner, events(60));
  const keys = await parquetKeys(inner);
  const controller = new AbortController();
  const reason = new Error("stop");
  const store = new FaultyStore(inner, ({ operation, key }) => {
    if (operation === "get" && key.startsWith("page=%2Fhome")) controller.abort(reason);
    return undefined;
  });
  await assert.rejects(compactTable(store, { signal: controller.signal }), (e) => e === reason);
  assert.deepEqual(await parquetKeys(inner), keys);
});

test("a name that is taken is left to whoever took it", async () => {
  const store = new MemoryStore();
  await write(store, events(20, { page: "/" }));
  const { version } = await soundSnapshot(store);
  const window = { start: Date.UTC(2022, 5, 1), end: Date.UTC(2022, 5, 1, 0, 20) };
  const taken = mergedKey({ window, path: "page=%2F", version, part: 0 });
  await store.put(taken, new Uint8Array(3));
  await compactTable(store);
  assert.equal((await store.get(taken))!.length, 3);
  const [path] = (await soundSnapshot(store)).files.keys();
  assert.equal(path, mergedKey({ window, path: "page=%2F", version, part: 1 }));
});

test("names of merged files are read back, and are no part files'", () => {
  fc.assert(fc.property(
    fc.record({
      start: fc.integer({ min: 0, max: 4e12 }),
      length: fc.integer({ min: 1, max: 1e10 }),
      version: fc.nat(),
      part: fc.nat(),
      path: fc.constantFrom("", "page=%2Fa-compact-v1-2.parquet", "y=1/m=2"),
    }),
    ({ start, length, version, part, path }) => {
      const window = { start, end: start + length };
      const key = mergedKey({ window, path, version, part });
      assert.deepEqual(filePlace(key), { window, writer: "", number: version, part });
    },
  ));
  assert.equal(filePlace("page=1/20220601T000000Z-15m-compact_v1-0.parquet")?.writer, "compact_v1");
  assert.equal(filePlace("page=1/part-00000-a.c000.snappy.parquet"), undefined);
});

test("files are in the order of windows, then what was merged, writers, commits and parts", () => {
  const window = { start: 0, end: 60_000 };
  const later = { start: 60_000, end: 120_000 };
  const part = { window, path: "p=1", writer: "b", commitNumber: 10, part: 0 };
  const keys = [
    mergedKey({ window, path: "p=1", version: 9, part: 0 }),
    mergedKey({ window: { start: 0, end: 120_000 }, path: "p=1", version: 10, part: 0 }),
    mergedKey({ window, path: "p=1", version: 10, part: 1 }),
    partKey({ ...part, writer: "a", commitNumber: 11 }),
    partKey({ ...part, commitNumber: 9, part: 11 }),
    partKey(part),
    partKey({ ...part, part: 2 }),
    partKey({ ...part, part: 10 }),
    partKey({ ...part, window: later, commitNumber: 1 }),
  ];
  fc.assert(fc.property(fc.shuffledSubarray(keys, { minLength: keys.length }), (shuffled) => {
    const sorted = shuffled.sort((a, b) => comparePlaces(filePlace(a)!, filePlace(b)!));
    assert.deepEqual(sorted, keys);
  }));
});

test("a column that is not the table's is an error, however deep", () => {
  const int64 = { kind: "int64" } as const;
  const struct = { kind: "struct", fields: [{ name: "a", type: int64 }] } as const;
  const table = makeTable([{ name: "c", type: { kind: "list", item: struct } }], [[[[1n]]]]);
  const others: DataType[] = [
    struct,
    { kind: "list", item: int64 },
    { kind: "list", item: { kind: "struct", fields: [{ name: "b", type: int64 }] } },
    { kind: "list", item: { kind: "struct", fields: [{ name: "a", type: { kind: "string" } }] } },
  ];
  for (const type of others) {
    assert.throws(() => alignTable(table, [{ name: "c", type }], "x.parquet"), {
      name: "TableMismatchError",
      message: /"c" of "x.parquet"/,
    });
  }
});

test("random tables come through compactions of any kind", async () => {
  const field = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: "grapheme", maxLength: 5 }),
    fc.array(fc.integer(), { maxLength: 2 }),
    fc.record({ x: fc.integer() }, { requiredKeys: [] }),
  );
  const event = fc.record({
    page: fc.constantFrom("/a", "/b", ""),
    at: fc.integer({ min: 0, max: 4_000_000 }),
    a: field,
    b: field,
  }, { requiredKeys: ["page", "at"] });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(event, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 20_000 }),
      async (runs, targetBytes) => {
        const store = new MemoryStore();
        let id = 0;
        for (const run of runs) {
          await write(store, run.map((event) => ({ ...event, id: id++ })));
        }
        const rows = await rowsOf(store);
        assert.equal(rows.length, id);
        const before = (await soundSnapshot(store)).files.size;
        const { filesRemoved, filesAdded } = await compactTable(store, { targetBytes });
        assert.equal((await soundSnapshot(store)).files.size, before - filesRemoved + filesAdded);
        assert.deepEqual(await rowsOf(store), rows);
        await compactTable(store);
        assert.deepEqual(await rowsOf(store), rows);
      },
    ),
    { numRuns: 10 },
  );
});
