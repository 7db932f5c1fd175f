import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSnapshot } from "../../src/commit_log/snapshot.ts";
import type { Snapshot } from "../../src/commit_log/table_state.ts";
import { readTableRows } from "../../src/maintenance/read_rows.ts";
import { streamToParquet, type StreamToParquetOptions } from "../../src/pipeline.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import type { Store } from "../../src/stores/store.ts";
import { keysOf } from "../../src/testing/store_helpers.ts";
import { tumbling } from "../../src/window/tumbling.ts";

/** An event of the tables in these tests. */
export interface Event {
  readonly id: number;
  readonly page: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly [more: string]: unknown;
}

/** Runs a test over an empty store in memory, and over one in files. */
export async function onStores(run: (store: Store) => Promise<void>): Promise<void> {
  await run(new MemoryStore());
  const directory = mkdtempSync(join(tmpdir(), "sluice-maintenance-"));
  try {
    await run(new FsStore(directory));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Events on two pages, a minute apart from each other. */
export function events(count: number, more: Partial<Event> = {}): Event[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    page: id % 3 === 0 ? "/home" : "/cart?a=1",
    at: Date.UTC(2022, 5, 1) + id * 60_000,
    name: id % 5 === 0 ? null : `n${id} é`,
    nested: { list: [id, null], flag: id % 2 === 0 },
    ...more,
  }));
}

/** Writes events to a table by page, in windows of ten minutes. */
export async function write(
  store: Store,
  rows: readonly Event[],
  options: Partial<StreamToParquetOptions> = {},
): Promise<void> {
  await streamToParquet(rows, {
    store,
    window: tumbling("10m"),
    time: "at",
    partitionBy: ["page"],
    batchBytes: 1024,
    ...options,
  });
}

/** The rows of a table, sorted. */
export async function rowsOf(store: Store): Promise<string[]> {
  const rows: string[] = [];
  for await (const row of readTableRows(store)) rows.push(row);
  return rows.sort();
}

/** The table's state, whose files must all be there, and in their partitions' directories. */
export async function soundSnapshot(store: Store): Promise<Snapshot> {
  const snapshot = await readSnapshot(store);
  assert.ok(snapshot);
  for (const { path, size, partitionValues } of snapshot.files.values()) {
    assert.equal((await store.get(path))?.length, size, path);
    const page = partitionValues["page"];
    if (page) assert.ok(path.startsWith(`page=${encodeURIComponent(page)}/`), path);
  }
  return snapshot;
}

/** The keys of the Parquet files in a store. */
export async function parquetKeys(store: Store): Promise<string[]> {
  return (await keysOf(store, "")).filter((key) => key.endsWith(".parquet"));
}

/** A copy of a store in memory. */
export async function copyOf(store: Store): Promise<MemoryStore> {
  const copy = new MemoryStore();
  for (const key of await keysOf(store, "")) await copy.put(key, (await store.get(key))!);
  return copy;
}
