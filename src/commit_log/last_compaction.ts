import type { Store, StoreOptions } from "../stores/store.ts";
import { toAction } from "./action_json.ts";
import type { Action } from "./actions.ts";
import { LOG_DIRECTORY, logKey, type VersionRange } from "./log_files.ts";
import type { TableHead } from "./table_state.ts";

/**
 * What `_last_checkpoint` is for checkpoints: it says where the compacted files are, so that the log
 * need not be listed, and how things stood, so that one who only writes need not read any of it.
 * Everything in it is in the log as well, and other engines ignore it.
 *
 * ```json
 * {"ranges":[[0,999],[1000,1099],[1100,1109]],"version":1112,"actions":[{"protocol":…},…]}
 * ```
 */
const LAST_COMPACTION_KEY = `${LOG_DIRECTORY}/_last_compaction`;

/** What compaction has written down. */
export interface LastCompaction {
  /** The files that hold version 0 to the last compacted one, in order. */
  readonly ranges: readonly VersionRange[];
  /** The version that `actions` lead to: a later one, as a rule. */
  readonly version: number;
  /** The table's head: its protocol, metaData and txns. */
  readonly actions: readonly Action[];
}

/**
 * Reads what the last compaction wrote down; `undefined` if there is nothing of use, such as one of
 * a log that has since been deleted.
 */
export async function readLastCompaction(
  store: Store,
  options?: StoreOptions,
): Promise<LastCompaction | undefined> {
  const bytes = await store.get(LAST_COMPACTION_KEY, options);
  const found = bytes && parse(bytes);
  if (found === undefined) return undefined;
  const commitKey = logKey({ start: found.version, end: found.version });
  const commit = await store.getRange(commitKey, { start: 0, end: 1 }, options);
  return commit && found;
}

function parse(bytes: Uint8Array): LastCompaction | undefined {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes)) as {
      readonly ranges: readonly (readonly number[])[];
      readonly version: number;
      readonly actions: readonly Readonly<Record<string, unknown>>[];
    };
    const ranges = value.ranges.map(([start = NaN, end = NaN]) => ({ start, end }));
    const actions = value.actions.map(toAction).filter((action) => action !== undefined);
    const { version } = value;
    const last = ranges.at(-1)?.end ?? -1;
    const isSound = isContiguous(ranges) && Number.isSafeInteger(version) && version >= last &&
      actions.some((action) => "protocol" in action) &&
      actions.some((action) => "metaData" in action);
    return isSound ? { ranges, version, actions } : undefined;
  } catch {
    return undefined;
  }
}

function isContiguous(ranges: readonly VersionRange[]): boolean {
  let next = 0;
  for (const { start, end } of ranges) {
    if (start !== next || !Number.isSafeInteger(end) || end < start) return false;
    next = end + 1;
  }
  return true;
}

/** Writes it down. Of two writers at once either may win: both are right. */
export async function writeLastCompaction(
  store: Store,
  ranges: readonly VersionRange[],
  head: TableHead,
  options?: StoreOptions,
): Promise<void> {
  const { version, protocol, metaData, txns } = head;
  const text = JSON.stringify({
    ranges: ranges.map(({ start, end }) => [start, end]),
    version,
    actions: [{ protocol }, { metaData }, ...Array.from(txns.values(), (txn) => ({ txn }))],
  });
  await store.put(LAST_COMPACTION_KEY, new TextEncoder().encode(text + "\n"), options);
}
