// The rows of a table as its readers find them: through the log, and by globbing for files.
import assert from "node:assert/strict";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { readSnapshot } from "../../src/commit_log/snapshot.ts";
import type { DeadLetter } from "../../src/decode/dead_letter.ts";
import { parseHiveSegment } from "../../src/partition/hive.ts";
import type { Store } from "../../src/stores/store.ts";

/** A row, with the values of its directory. */
export type Row = Readonly<Record<string, unknown>>;

/** All there is to read of a table. */
export interface TableRows {
  readonly rows: readonly Row[];
  readonly files: readonly string[];
}

/** The rows that Delta readers find; every file must be there and be what the log says of it. */
export async function rowsInLog(store: Store): Promise<TableRows> {
  const snapshot = await readSnapshot(store);
  const files = [...snapshot?.files.keys() ?? []].sort();
  const rows: Row[] = [];
  for (const file of files) {
    const { size, stats } = snapshot!.files.get(file)!;
    const bytes = await store.get(file);
    assert(bytes !== undefined, `the log has ${file}, and the store has not`);
    assert.equal(bytes.length, size, `length of ${file}`);
    const own = await rowsOfFile(file, bytes);
    const { numRecords } = JSON.parse(String(stats)) as { numRecords: number };
    assert.equal(own.length, numRecords, `rows of ${file}`);
    rows.push(...own);
  }
  return { rows, files };
}

/** The rows that those find who list the directory and pass over names that begin with `_`. */
export async function rowsInDirectory(store: Store): Promise<TableRows> {
  const files: string[] = [];
  const rows: Row[] = [];
  for await (const { key } of store.list("")) {
    if (!key.endsWith(".parquet") || key.startsWith("_")) continue;
    const bytes = await store.get(key);
    assert(bytes !== undefined, `${key} is gone since it was listed`);
    files.push(key);
    rows.push(...await rowsOfFile(key, bytes));
  }
  return { rows, files };
}

/** The rows of a table that both kinds of readers agree on. */
export async function rowsOfTable(store: Store): Promise<readonly Row[]> {
  const logged = await rowsInLog(store);
  assert.deepEqual((await rowsInDirectory(store)).files, logged.files, "files in the directory");
  return logged.rows;
}

/** The dead letters of all commits; no other file of them may be there. */
export async function deadLettersOfTable(store: Store): Promise<DeadLetter[]> {
  const committed: string[] = [];
  const version = (await readSnapshot(store))?.version ?? -1;
  for (let v = 0; v <= version; v++) {
    const commit = await store.get(`_delta_log/${String(v).padStart(20, "0")}.json`);
    for (const line of new TextDecoder().decode(commit).trimEnd().split("\n")) {
      const path = JSON.parse(line).commitInfo?.sluice?.deadLetters?.path;
      if (path !== undefined) committed.push(path);
    }
  }
  const letters: DeadLetter[] = [];
  const found: string[] = [];
  for await (const { key } of store.list("_dead_letter")) {
    found.push(key);
    const text = new TextDecoder().decode(await store.get(key));
    letters.push(...text.trimEnd().split("\n").map((line) => JSON.parse(line) as DeadLetter));
  }
  assert.deepEqual(found.sort(), committed.sort(), "files of dead letters");
  return letters;
}

/** The rows of a file, which must be whole. */
export async function rowsOfFile(key: string, bytes: Uint8Array): Promise<Row[]> {
  const file = bytes.slice().buffer;
  for (const magic of [bytes.subarray(0, 4), bytes.subarray(-4)]) {
    assert.equal(new TextDecoder("latin1").decode(magic), "PAR1", key);
  }
  assert(Number(parquetMetadata(file).num_rows) > 0, `${key} has no rows`);
  const values: Record<string, unknown> = {};
  for (const segment of key.split("/").slice(0, -1)) {
    const [name, value] = parseHiveSegment(segment)!;
    values[name] = value;
  }
  return (await parquetReadObjects({ file })).map((row) => ({ ...row, ...values }));
}
