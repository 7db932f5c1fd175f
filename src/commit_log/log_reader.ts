import type { Store, StoreOptions } from "../stores/store.ts";
import { parseActions } from "./action_json.ts";
import type { Action } from "./actions.ts";
import { CorruptLogError, UnsupportedTableError } from "./errors.ts";
import { readLastCompaction } from "./last_compaction.ts";
import { coverRange, listLog, logKey, type LogListing, type VersionRange } from "./log_files.ts";
import { TableState } from "./table_state.ts";

/** What {@linkcode loadState} takes. */
export interface LoadStateOptions extends StoreOptions {
  /** The version to stop at. Default: the newest. */
  readonly version?: number | undefined;
  /** Leaves out the files. Default: `false`. */
  readonly withoutFiles?: boolean;
}

/** Part of the log. */
export interface LogEntry {
  readonly range: VersionRange;
  readonly actions: readonly Action[];
}

/** One version's commit. */
export interface Commit {
  readonly version: number;
  readonly actions: readonly Action[];
}

/** Reads the commit that made a version; `undefined` when its file is not there. */
export async function readCommit(
  store: Store,
  version: number,
  options?: StoreOptions,
): Promise<Commit | undefined> {
  const key = logKey({ start: version, end: version });
  const bytes = await store.get(key, options);
  return bytes && { version, actions: parseActions(bytes, { key }) };
}

/** Reads the state of a table; `undefined` when there is no log. */
export async function loadState(
  store: Store,
  options: LoadStateOptions,
): Promise<TableState | undefined> {
  return await loadByLastCompaction(store, options) ?? await loadByListing(store, options);
}

/** The commits after a version, in order, until one is absent. */
export async function* readTail(
  store: Store,
  afterVersion: number,
  options: LoadStateOptions,
): AsyncGenerator<LogEntry, void, void> {
  for (let version = afterVersion + 1;; version++) {
    const range = { start: version, end: version };
    const bytes = await store.get(logKey(range), options);
    if (bytes === undefined) return;
    yield toEntry(range, bytes, options);
  }
}

/** After more commits than this without a compaction, it is not sluice alone that writes. */
const MAX_TAIL = 64;

/** How far past the end a commit is looked for that would mean that one is missing. */
const LOOK_AHEAD = 16;

/**
 * Starts from `_last_compaction` and reads the commits after it one by one, without a listing of
 * what may be tens of thousands. `undefined` when anything is not as expected: reading by a listing
 * then tells what is the matter.
 */
async function loadByLastCompaction(
  store: Store,
  options: LoadStateOptions,
): Promise<TableState | undefined> {
  if (options.version !== undefined) return undefined;
  const last = await readLastCompaction(store, options);
  if (last === undefined) return undefined;

  const state = new TableState();
  if (options.withoutFiles) {
    state.apply({ start: 0, end: last.version }, last.actions);
  } else {
    const compactedThrough = last.ranges.at(-1)?.end ?? -Infinity;
    if (last.version - compactedThrough > MAX_TAIL) return undefined;
    for await (const { range, bytes } of readRanges(store, last.ranges, options)) {
      if (bytes === undefined) return undefined;
      state.apply(range, toEntry(range, bytes, options).actions);
    }
  }
  const start = state.version;
  for (let stoppedAt = -1;;) {
    for await (const { range, actions } of readTail(store, state.version, options)) {
      state.apply(range, actions);
    }
    const end = state.version;
    if (await isNewest(store, { start, end }, options)) return state;
    if (end === stoppedAt) return undefined; // The next version is missing, not only late.
    stoppedAt = end;
  }
}

/** Whether there is no version beyond the end of `tail`, which was read up to an absent one. */
async function isNewest(store: Store, tail: VersionRange, options: StoreOptions): Promise<boolean> {
  const { start, end } = tail;
  if (end - start > MAX_TAIL) return (await listLog(store, options)).latest <= end;
  const beyond = Array.from({ length: LOOK_AHEAD }, async (_, index) => {
    const version = end + 2 + index;
    const key = logKey({ start: version, end: version });
    return await store.getRange(key, { start: 0, end: 1 }, options) !== undefined;
  });
  return !(await Promise.all(beyond)).includes(true);
}

async function loadByListing(
  store: Store,
  options: LoadStateOptions,
): Promise<TableState | undefined> {
  const listing = await listLog(store, options);
  const { latest } = listing;
  if (latest < 0) return undefined;
  const { version = latest } = options;
  if (!Number.isSafeInteger(version) || version < 0 || version > latest) {
    throw new RangeError(
      `Cannot read a version that is not one of 0 to ${latest}: current value is ${version}`,
    );
  }

  const state = new TableState();
  if (!reachesBack(listing, version)) {
    // Another engine has cleaned up behind a checkpoint.
    const checkpoint = listing.checkpoints.findLast((candidate) => candidate.version <= version);
    for (const key of checkpoint?.keys ?? []) {
      const bytes = await store.get(key, options);
      if (bytes === undefined) throw new CorruptLogError(key, "is gone since it was listed");
      const { readCheckpoint } = await import("./checkpoint_reader.ts"); // few tables have one
      state.apply({ start: 0, end: checkpoint!.version }, await readCheckpoint(bytes, key));
    }
  }
  const rest = coverRange(listing, { start: state.version + 1, end: version });
  for await (const { range, bytes } of readRanges(store, rest, options)) {
    if (bytes === undefined) throw missing(range.start, listing);
    state.apply(range, toEntry(range, bytes, options).actions);
  }
  return state;
}

/** Whether the listing has everything from version 0 on without a checkpoint. */
function reachesBack(listing: LogListing, version: number): boolean {
  for (const { start } of coverRange(listing, { start: 0, end: version })) {
    if (!listing.endsByStart.has(start)) return false;
  }
  return true;
}

function missing(version: number, listing: LogListing): Error {
  const v2 = listing.v2Checkpoints.findLast((checkpoint) => checkpoint.version >= version);
  if (v2 !== undefined) {
    return new UnsupportedTableError(
      `Cannot read the table: version ${version} is in the checkpoint ${v2.keys[0]} only, ` +
        `which is of the v2 kind`,
    );
  }
  return new CorruptLogError(
    logKey({ start: version, end: version }),
    `is missing: there is no version ${version}, though the log goes on to ${listing.latest}`,
  );
}

/** The files of the given ranges, in order; `bytes` is `undefined` where there is none. */
export async function* readRanges(
  store: Store,
  ranges: Iterable<VersionRange>,
  options: StoreOptions & { /** How many to ask for at once. */ readonly readAhead?: number },
): AsyncGenerator<{ range: VersionRange; bytes: Uint8Array | undefined }, void, void> {
  const { readAhead = 8 } = options;
  const read = async (range: VersionRange) => ({
    range,
    bytes: await store.get(logKey(range), options),
  });
  const underWay: ReturnType<typeof read>[] = [];
  for (const range of ranges) {
    const reading = read(range);
    reading.catch(() => {}); // It is awaited below, unless one before it fails first.
    underWay.push(reading);
    if (underWay.length >= readAhead) yield await underWay.shift()!;
  }
  for (const reading of underWay) yield await reading;
}

function toEntry(range: VersionRange, bytes: Uint8Array, options: LoadStateOptions): LogEntry {
  const { withoutFiles = false } = options;
  return { range, actions: parseActions(bytes, { key: logKey(range), withoutFiles }) };
}
