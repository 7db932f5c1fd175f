import { CommitLog } from "../commit_log/commit_log.ts";
import { UnsupportedTableError } from "../commit_log/errors.ts";
import { readSnapshot } from "../commit_log/snapshot.ts";
import { appId, MARK_DIRECTORY, markedWriter } from "../commit_log/table_committer.ts";
import type { Snapshot, TableHead } from "../commit_log/table_state.ts";
import type { Clock } from "../options.ts";
import { parsePartKey } from "../partition/part_key.ts";
import { withRetries } from "../stores/retry.ts";
import type { Store, StoreEntry } from "../stores/store.ts";
import { type Duration, parseDuration } from "../window/duration.ts";
import { readSightings, type Sightings, writeSightings } from "./sightings.ts";

/** What {@linkcode vacuumTable} takes. */
export interface VacuumTableOptions {
  /**
   * Files that were part of the table until less than this ago are kept; `"7d"` by default. It has
   * to be longer than anybody reads from one version.
   */
  readonly olderThan?: Duration;
  /** Says what would be deleted, and does nothing; `false` by default. */
  readonly dryRun?: boolean;
  /** Stops the run, which then fails with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Tells the time; `Date` by default. */
  readonly clock?: Clock;
}

/** What a vacuum has deleted. */
export interface VacuumSummary {
  /** How many files. */
  readonly files: number;
  /** What they took in the store. */
  readonly bytes: number;
  /** Files that are not part of the table, but not for long enough yet, as far as is known. */
  readonly filesLeft: number;
  /** Only of a dry run: what would be deleted. */
  readonly keys?: readonly string[];
}

/** How many files are deleted at the same time. */
const MAX_DELETES_UNDER_WAY = 8;

/** A file that nobody knows of is no younger than this, whatever `olderThan` is: a day. */
const LEAST_SIGHTED_MS = 86_400_000;

/**
 * Deletes Parquet files that are not part of the table:
 *
 * - those that were removed from it, by a compaction say, more than `olderThan` ago by the log;
 * - those the log does not know of, left behind by a run that was stopped, once `olderThan`, and a
 *   day at least, has passed since a vacuum first saw them. Stores do not tell how old a file is, so
 *   the first vacuum writes that down, in `_sluice/vacuum.json`, and a later one deletes.
 *
 * Safe while writers run. Their part files are put before they are committed, and those of long
 * windows long before, so no unknown part file is touched while the mark of its writer stands that
 * says it may be at work (its next run clears away what it left), nor ever one whose number the
 * writer has not committed yet, since it may put that name again. A compaction never uses a name
 * that was taken before, and commits its files within the day.
 *
 * Only names that end in `.parquet` are deleted, and none below a name that begins with `_` or `.`,
 * or in the directory of another table.
 *
 * @throws {RangeError} If an option is not what it must be.
 * @throws {UnsupportedTableError} If the log names files by absolute paths: whether one of them is in
 * this store cannot be told.
 * @throws {Error} If there is no table.
 *
 * @example
 * ```ts
 * import { compactTable, MemoryStore, streamToParquet, vacuumTable } from "sluice";
 *
 * const store = new MemoryStore();
 * for (const page of ["/a", "/b"]) await streamToParquet([{ page, at: 0 }], { store });
 * await compactTable(store);
 * const { files } = await vacuumTable(store, { olderThan: 0 }); // nobody reads an older version
 * console.log(files); // 2
 * ```
 */
export async function vacuumTable(
  store: Store,
  options: VacuumTableOptions = {},
): Promise<VacuumSummary> {
  const { olderThan = "7d", dryRun = false, signal, clock = Date } = options;
  const now = clock.now();
  const olderThanMs = parseDuration(olderThan, "olderThan");

  // In this order: what a writer has put by the time of the listing is either under its mark, or
  // committed by the time of the second snapshot.
  const { txns } = (await CommitLog.open(store, { signal })).head ?? { txns: new Map() };
  const listed = await listDataFiles(store, signal);
  const atWork = await writersAtWork(store, signal);
  const snapshot = await readTable(store, signal);
  const earlier = await readSightings(store, { signal });

  const expired: StoreEntry[] = [];
  const sightings = new Map<string, number>();
  let filesLeft = 0;
  for (const entry of listed) {
    const { key } = entry;
    if (snapshot.files.has(key)) continue;
    const removedAt = snapshot.tombstones.get(key)?.deletionTimestamp;
    const isUnknown = removedAt === undefined;
    if (isUnknown && mayBeCommitted(key, atWork, txns)) {
      filesLeft++;
      continue;
    }
    const since = removedAt ?? earlier.get(key) ?? now;
    const leastMs = isUnknown ? Math.max(olderThanMs, LEAST_SIGHTED_MS) : olderThanMs;
    if (since <= now - leastMs) expired.push(entry);
    else {
      filesLeft++;
      if (isUnknown) sightings.set(key, since);
    }
  }

  const deleted = {
    files: expired.length,
    bytes: expired.reduce((sum, { size }) => sum + size, 0),
    filesLeft,
  };
  if (dryRun) return { ...deleted, keys: expired.map(({ key }) => key) };
  await deleteAll(store, expired, signal);
  if (!isEqual(sightings, earlier)) await writeSightings(store, sightings, { signal });
  return deleted;
}

async function readTable(store: Store, signal: AbortSignal | undefined): Promise<Snapshot> {
  const snapshot = await readSnapshot(store, { signal });
  if (snapshot === undefined) throw new Error("Cannot vacuum a table: the store has no commit log");
  for (const path of [...snapshot.files.keys(), ...snapshot.tombstones.keys()]) {
    if (!/^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\//.test(path)) continue;
    throw new UnsupportedTableError(
      `Cannot vacuum a table whose log names files by absolute paths: ` +
        `current value is ${JSON.stringify(path)}`,
    );
  }
  return snapshot;
}

async function listDataFiles(
  store: Store,
  signal: AbortSignal | undefined,
): Promise<StoreEntry[]> {
  const files: StoreEntry[] = [];
  const otherTables = new Set<string>();
  for await (const entry of store.list("", { signal })) {
    const { key } = entry;
    const otherTable = /^(.+?\/)_delta_log\//.exec(key)?.[1];
    if (otherTable !== undefined) otherTables.add(otherTable);
    else if (key.endsWith(".parquet") && !/(?:^|\/)[_.]/.test(key)) files.push(entry);
  }
  return files.filter(({ key }) => {
    for (const directory of otherTables) if (key.startsWith(directory)) return false;
    return true;
  });
}

/** The writers whose marks stand: each has files that it may yet commit, or has died. */
async function writersAtWork(
  store: Store,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const writers = new Set<string>();
  for await (const { key } of store.list(MARK_DIRECTORY, { signal })) {
    const writer = markedWriter(key);
    if (writer !== undefined) writers.add(writer);
  }
  return writers;
}

/** Whether a file may be one that its writer has put and is yet to commit. */
function mayBeCommitted(
  key: string,
  atWork: ReadonlySet<string>,
  txns: TableHead["txns"],
): boolean {
  const part = parsePartKey(key);
  if (part === undefined) return false;
  const committed = txns.get(appId(part.writer))?.version ?? -1;
  return atWork.has(part.writer) || part.commitNumber > committed;
}

async function deleteAll(
  store: Store,
  entries: readonly StoreEntry[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let at = 0; at < entries.length; at += MAX_DELETES_UNDER_WAY) {
    const some = entries.slice(at, at + MAX_DELETES_UNDER_WAY);
    await Promise.all(
      some.map(({ key }) => withRetries(() => store.delete(key, { signal }), signal)),
    );
  }
}

function isEqual(a: Sightings, b: Sightings): boolean {
  return a.size === b.size && [...a].every(([key, time]) => b.get(key) === time);
}
