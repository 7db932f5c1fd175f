import { readSnapshot } from "../commit_log/snapshot.ts";
import type { Snapshot } from "../commit_log/table_state.ts";
import { FsStore } from "../stores/fs.ts";
import type { Store } from "../stores/store.ts";
import { assertDirectory } from "./directory.ts";

/** The table in a directory. */
export interface OpenTable {
  readonly store: Store;
  readonly snapshot: Snapshot;
}

/** Reads the commit log of the table in a directory. */
export async function openTable(directory: string): Promise<OpenTable> {
  await assertDirectory(directory);
  const store = new FsStore(directory);
  const snapshot = await readSnapshot(store);
  if (snapshot !== undefined) return { store, snapshot };
  const problem = await hasParquet(store)
    ? "it holds Parquet files, but no commit log (_delta_log) that says which of them are the table"
    : "there is no table in it";
  throw new Error(`Cannot read ${directory}: ${problem}`);
}

async function hasParquet(store: Store): Promise<boolean> {
  for await (const { key } of store.list("")) if (key.endsWith(".parquet")) return true;
  return false;
}
