import { CommitLog, type CommitLogOptions } from "../../src/commit_log/commit_log.ts";
import type { CommitRequest } from "../../src/commit_log/commit_request.ts";
import type { AddFile } from "../../src/commit_log/actions.ts";
import type { Snapshot } from "../../src/commit_log/table_state.ts";
import type { Field } from "../../src/columns/schema.ts";
import type { Store } from "../../src/stores/store.ts";

/** The columns of the tables in these tests. */
export const COLUMNS: readonly Field[] = [
  { name: "id", type: { kind: "int64" } },
  { name: "day", type: { kind: "string" } },
];

/** A file in the partition `day=1`. */
export function file(path: string, more: Partial<AddFile> = {}): AddFile {
  return {
    path,
    partitionValues: { day: "1" },
    size: 10,
    modificationTime: 1,
    dataChange: true,
    ...more,
  };
}

/** A commit that adds files in `day=1`. */
export function write(...paths: string[]): CommitRequest {
  return { operation: "WRITE", columns: COLUMNS, adds: paths.map((path) => file(path)) };
}

/** Opens a table partitioned by `day`, without real time or chance. */
export function openLog(store: Store, options: CommitLogOptions = {}): Promise<CommitLog> {
  let time = 0;
  return CommitLog.open(store, {
    partitionColumns: ["day"],
    now: () => ++time,
    wait: () => Promise.resolve(),
    ...options,
  });
}

/** The name of a commit. */
export function commitKey(version: number): string {
  return `_delta_log/${String(version).padStart(20, "0")}.json`;
}

/** Writes a text to a store. */
export async function putText(store: Store, key: string, text: string): Promise<void> {
  await store.put(key, new TextEncoder().encode(text));
}

/** The actions of a log file, as plain JSON. */
export async function linesOf(store: Store, key: string): Promise<Record<string, unknown>[]> {
  const text = new TextDecoder().decode(await store.get(key));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A snapshot but for what may differ by how it was read. */
export function essence(snapshot: Snapshot | undefined): unknown {
  if (snapshot === undefined) return undefined;
  const { metaDataVersion: _, ...rest } = snapshot;
  return rest;
}

/** The keys of a store below a prefix. */
export async function keysOf(store: Store, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}
