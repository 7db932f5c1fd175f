import type { Store } from "../stores/store.ts";
import { loadState, type LoadStateOptions, readTail } from "./log_reader.ts";
import { type Snapshot, TableState } from "./table_state.ts";

/** What {@linkcode readSnapshot} takes. */
export type ReadSnapshotOptions = Omit<LoadStateOptions, "withoutFiles">;

/**
 * Reads a table's state from its log.
 *
 * @returns `undefined` when the store holds no table.
 * @throws {CorruptLogError} If a version is missing or a file is not what it must be.
 * @throws {UnsupportedTableError} If the table asks for more of its readers than is done here.
 * @throws {RangeError} If the table has no such `version`.
 *
 * @example
 * ```ts
 * import { MemoryStore, readSnapshot, streamToParquet } from "sluice";
 *
 * const store = new MemoryStore();
 * await streamToParquet([{ page: "/home" }], { store, partitionBy: ["page"] });
 * const snapshot = await readSnapshot(store);
 * for (const { path, size } of snapshot?.files.values() ?? []) console.log(path, size);
 * ```
 */
export async function readSnapshot(
  store: Store,
  options?: ReadSnapshotOptions,
): Promise<Snapshot | undefined> {
  const state = await loadState(store, options ?? {});
  return state?.snapshot();
}

/**
 * The newest state, by reading only the commits that came after `snapshot`: one lookup when there
 * is none. Returns `snapshot` itself then.
 */
export async function updateSnapshot(
  store: Store,
  snapshot: Snapshot,
  options?: Pick<ReadSnapshotOptions, "signal">,
): Promise<Snapshot> {
  let state: TableState | undefined;
  for await (const { range, actions } of readTail(store, snapshot.version, options ?? {})) {
    state ??= TableState.from(snapshot);
    state.apply(range, actions);
  }
  return state?.snapshot() ?? snapshot;
}
