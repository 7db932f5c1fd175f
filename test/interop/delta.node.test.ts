// A table that delta-rs reads and writes too.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readSnapshot, type ReplayableSource, streamToParquet } from "../../mod.ts";
import { compactTable } from "../../src/maintenance/compact.ts";
import { vacuumTable } from "../../src/maintenance/vacuum.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { type Cell, int, type Row, sorted, text, time } from "./cells.ts";
import { literal, openDuckDB, query } from "./duckdb.ts";
import {
  askPython,
  python,
  pythonIsMissing,
  type PythonRequest,
  type ReadResult,
  resultOf,
} from "./python.ts";
import { TYPES_LINES, TYPES_OPTIONS, TYPES_ROWS } from "./types_table.ts";

const scratch = mkdtempSync(join(tmpdir(), "sluice-delta-"));
after(() => rmSync(scratch, { recursive: true }));
const skip = pythonIsMissing ?? false;

/** What delta-rs knows of a table. */
interface DeltaState {
  readonly version: number;
  readonly files: readonly string[];
  /** Newest first. */
  readonly operations: readonly string[];
  /** The last number of the writer. */
  readonly txn: number;
  readonly partition_columns: readonly string[];
}

const KEYS = ["a/b", "%", null, "é"];
const COLUMNS = 5;
const MEMBERS = 3;

/** An event that brings a new column, and a new member of a struct, every now and then. */
function growingEvent(id: number): string {
  return JSON.stringify({
    id,
    at: id,
    key: KEYS[id % KEYS.length],
    [`c${id % COLUMNS}`]: id,
    struct: { [`m${id % MEMBERS}`]: `${id}` },
    list: [{ [`m${id % MEMBERS}`]: id }],
  });
}

function growingRow(id: number): Row {
  const members = (cell: Cell): Cell =>
    Object.fromEntries(
      Array.from({ length: MEMBERS }, (_, m) => [`m${m}`, m === id % MEMBERS ? cell : null]),
    );
  const key = KEYS[id % KEYS.length]!;
  return {
    id: int(id),
    at: time(1000 * id),
    ...(key !== null && { key: text(key) }),
    [`c${id % COLUMNS}`]: int(id),
    struct: members(text(`${id}`)),
    list: [members(int(id))],
  };
}

const range = (length: number) => Array.from({ length }, (_, i) => i);

interface GrowingTable {
  readonly directory: string;
  readonly store: FsStore;
  readonly append: (id: number) => Promise<unknown>;
}

/** A table of as many commits, each with one event. */
async function growingTable(name: string, commits: number): Promise<GrowingTable> {
  const directory = join(scratch, name);
  const store = new FsStore(directory);
  const append = (id: number) =>
    streamToParquet(growingEvent(id), { store, time: "at", partitionBy: ["key"] });
  for (const id of range(commits)) await append(id);
  return { directory, store, append };
}

/** Has delta-rs do things, and then read the table in three ways, which must find these rows. */
async function assertDelta(
  { directory, store }: { readonly directory: string; readonly store: FsStore },
  rows: readonly Row[],
  requests: readonly PythonRequest[] = [],
): Promise<DeltaState> {
  const readers = ["delta_to_pyarrow", "delta_datafusion", "polars_scan_delta"];
  const answers = await askPython<unknown>([
    ...requests.map((request) => ({ ...request, directory })),
    { do: "delta_state", directory },
    ...readers.map((reader) => ({ do: reader, directory })),
  ]);
  const [state, ...found] = answers.map(resultOf).slice(requests.length);
  for (const [i, reader] of readers.entries()) {
    assert.deepEqual(sorted((found[i] as ReadResult).rows), sorted(rows), reader);
  }
  const snapshot = (await readSnapshot(store))!;
  const { version, files } = state as DeltaState;
  assert.equal(version, snapshot.version);
  assert.deepEqual(files, [...snapshot.files.keys()].sort());
  return state as DeltaState;
}

test("delta-rs: many commits, new columns and members, compacted log files", { skip }, async () => {
  const table = await growingTable("growth", 12);
  const compacted = /^0+\.0+9\.compacted\.json$/;
  assert.ok(readdirSync(join(table.directory, "_delta_log")).some((name) => compacted.test(name)));
  const state = await assertDelta(table, range(12).map(growingRow));
  assert.deepEqual(state.operations, Array(12).fill("STREAMING UPDATE"));
  assert.equal(state.txn, 11);
  assert.deepEqual(state.partition_columns, ["key"]);
  const answer = await python({ do: "delta_to_pyarrow", directory: table.directory, version: 3 });
  assert.equal(answer.rows.length, 4);
});

test("delta-rs appends, deletes and optimizes, and sluice goes on", { skip }, async () => {
  const directory = join(scratch, "shared");
  const store = new FsStore(directory);
  await streamToParquet(TYPES_LINES, { ...TYPES_OPTIONS, store });
  const rows: Row[] = [...TYPES_ROWS];
  const again = (id: number, newId: number) => rows.push({ ...rows[id]!, id: int(newId) });
  const next = '{"id":30,"at":0,"part":"a","whole":5,"real":"a word","extra":true}';
  for (const id of [0, 1, 2, 3]) again(id, 10 + id);
  const appends = [0, 1, 2, 3].map((id) => ({ do: "delta_append", copy: id, id: 10 + id }));
  await assertDelta({ directory, store }, rows, appends);

  const summary = await streamToParquet(next, { ...TYPES_OPTIONS, store });
  assert.equal(summary.rescued, 1); // the type of a column is the same as before
  rows.push({
    id: int(30),
    at: time(0),
    part: text("a"),
    whole: int(5),
    extra: true,
    _rescued_data: text('{"real":"a word"}'),
  });
  await assertDelta({ directory, store }, rows);

  rows.splice(1, 1);
  const remaining = [{ do: "delta_delete", where: "id = 1" }, { do: "delta_optimize" }];
  const { operations } = await assertDelta({ directory, store }, rows, remaining);
  assert.deepEqual(operations.slice(0, 3), ["OPTIMIZE", "DELETE", "STREAMING UPDATE"]);
  await streamToParquet('{"id":31,"at":0,"part":"b"}', { ...TYPES_OPTIONS, store });
  rows.push({ id: int(31), at: time(0), part: text("b") });
  await assertDelta({ directory, store }, rows);
});

test("delta-rs cleans up the log behind a checkpoint, and sluice goes on", { skip }, async () => {
  const directory = join(scratch, "cleaned");
  const store = new FsStore(directory);
  const options = { store, time: "at", partitionBy: ["key"] };
  const source = replayable('{"id":100,"at":0,"key":"s"}\n');
  await streamToParquet(source, options);
  for (const id of range(12)) await streamToParquet(growingEvent(id), options);
  const rows: Row[] = [
    { id: int(100), at: time(0), key: text("s") },
    ...range(12).map(growingRow),
  ];
  await assertDelta({ directory, store }, rows, [{ do: "delta_checkpoint" }]);

  // Delta cleans up what is a month old.
  const log = join(directory, "_delta_log");
  for (const name of readdirSync(log)) utimesSync(join(log, name), 0, 0);
  rows.push({ ...growingRow(5), id: int(50) });
  const requests = [{ do: "delta_append", copy: 5, id: 50 }, { do: "delta_cleanup" }];
  await assertDelta({ directory, store }, rows, requests);
  assert.ok(!readdirSync(log).includes(`${"0".repeat(20)}.json`));

  await streamToParquet(growingEvent(12), options);
  rows.push(growingRow(12));
  const { txn } = await assertDelta({ directory, store }, rows);
  assert.equal(txn, 13);
  // The checkpoint is Parquet as well, which `**/*.parquet` would find.
  const db = await openDuckDB();
  const files = literal(join(directory, "key=*/*.parquet"));
  const read = `FROM read_parquet(${files}, hive_partitioning = true, union_by_name = true)`;
  assert.deepEqual(sorted((await query(db, read)).rows), sorted(rows));
  // How far a source was read went with its commit. To read it anew would be to write it twice.
  await assert.rejects(streamToParquet(source, options), {
    name: "UnsupportedTableError",
    message: /source "file:events": another engine has cleaned up/,
  });
});

function replayable(lines: string): ReplayableSource {
  const bytes = new TextEncoder().encode(lines);
  return {
    id: "file:events",
    open: (offset) => Promise.resolve(new Blob([bytes.subarray(offset)]).stream()),
  };
}

test("compaction and vacuum: delta-rs and those that list the directory", { skip }, async () => {
  const table = await growingTable("compacted", 12);
  const rows = range(12).map(growingRow);
  const { filesRemoved, filesAdded } = await compactTable(table.store);
  assert.equal(filesRemoved, 12);
  assert.equal(filesAdded, KEYS.length);
  const { operations } = await assertDelta(table, rows);
  assert.equal(operations[0], "OPTIMIZE");

  const now = () => Date.now() + 30 * 86_400_000;
  assert.equal((await vacuumTable(table.store, { clock: { now } })).files, 12);
  await assertDelta(table, rows);
  const db = await openDuckDB();
  const files = literal(join(table.directory, "**/*.parquet"));
  const read = `FROM read_parquet(${files}, hive_partitioning = true, union_by_name = true)`;
  assert.deepEqual(sorted((await query(db, read)).rows), sorted(rows));
  await table.append(12);
  await assertDelta(table, [...rows, growingRow(12)]);
});

test("DuckDB's delta extension, where it is installed", async (t) => {
  const db = await openDuckDB();
  await db.run("SET autoinstall_known_extensions = false"); // no download
  try {
    await db.run("LOAD delta");
  } catch (error) {
    return t.skip((error as Error).message.split("\n")[0]);
  }
  const { directory } = await growingTable("scanned", 12);
  const { rows } = await query(db, `FROM delta_scan(${literal(directory)})`);
  assert.deepEqual(sorted(rows), sorted(range(12).map(growingRow)));
});
