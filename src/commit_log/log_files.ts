import type { Store, StoreOptions } from "../stores/store.ts";

/** The directory of the log, below the table's root. */
export const LOG_DIRECTORY = "_delta_log";

/** Table versions `start` to `end`, both included. */
export interface VersionRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where the actions of a range are: a commit when it is one version ("Delta Log Entries"), a
 * compacted file when it is several ("Log Compaction Files").
 */
export function logKey({ start, end }: VersionRange): string {
  const name = start === end ? padded(start) : `${padded(start)}.${padded(end)}.compacted`;
  return `${LOG_DIRECTORY}/${name}.json`;
}

function padded(version: number): string {
  return String(version).padStart(20, "0");
}

const RANGE_KEY = /^_delta_log\/(\d{20})(?:\.(\d{20})\.compacted)?\.json$/;
const CHECKPOINT_KEY = /^_delta_log\/(\d{20})\.checkpoint(?:\.\d{10}\.(\d{10}))?\.parquet$/;
const V2_CHECKPOINT_KEY = /^_delta_log\/(\d{20})\.checkpoint\.[0-9a-f-]{36}\.(?:json|parquet)$/i;

/** The whole state at a version, as another engine has written it ("Checkpoints"). */
export interface Checkpoint {
  readonly version: number;
  /** Its file, or the files of a multi-part one in order. */
  readonly keys: readonly string[];
}

/** What is in the log directory. */
export interface LogListing {
  /** The last versions of the commits and compacted files that start at a version. */
  readonly endsByStart: ReadonlyMap<number, readonly number[]>;
  /** Complete classic and multi-part checkpoints, oldest first. */
  readonly checkpoints: readonly Checkpoint[];
  /** Checkpoints with a UUID in their names, which are of the v2 kind. */
  readonly v2Checkpoints: readonly Checkpoint[];
  /** The newest version that any of these files speaks of; -1 when there are none. */
  readonly latest: number;
}

/** Lists the log. */
export async function listLog(store: Store, options?: StoreOptions): Promise<LogListing> {
  const endsByStart = new Map<number, number[]>();
  const partsById = new Map<string, { version: number; partCount: number; keys: string[] }>();
  const v2Checkpoints: Checkpoint[] = [];
  let latest = -1;

  for await (const { key } of store.list(LOG_DIRECTORY, options)) {
    let match: RegExpExecArray | null;
    if ((match = RANGE_KEY.exec(key)) !== null) {
      const start = Number(match[1]);
      const end = Number(match[2] ?? start);
      const ends = endsByStart.get(start);
      if (ends === undefined) endsByStart.set(start, [end]);
      else ends.push(end);
      latest = Math.max(latest, end);
    } else if ((match = CHECKPOINT_KEY.exec(key)) !== null) {
      const [, version, partCount = "1"] = match;
      const id = `${version} ${partCount}`;
      const parts = partsById.get(id) ??
        { version: Number(version), partCount: Number(partCount), keys: [] };
      parts.keys.push(key);
      partsById.set(id, parts);
    } else if ((match = V2_CHECKPOINT_KEY.exec(key)) !== null) {
      v2Checkpoints.push({ version: Number(match[1]), keys: [key] });
    }
  }

  const checkpoints = [...partsById.values()]
    .filter(({ keys, partCount }) => keys.length === partCount)
    .sort((a, b) => a.version - b.version);
  for (const { version } of [...checkpoints, ...v2Checkpoints]) latest = Math.max(latest, version);
  return { endsByStart, checkpoints, v2Checkpoints, latest };
}

/**
 * The ranges to read, in order, for versions `start` to `end`: always the longest file that starts
 * where the last one ended. A version the listing lacks is asked for as well: either it was
 * committed during the listing, or it turns out to be missing when it is read.
 */
export function* coverRange(
  { endsByStart }: LogListing,
  { start, end }: VersionRange,
): Generator<VersionRange, void, void> {
  for (let next = start; next <= end;) {
    const ends = endsByStart.get(next) ?? [];
    const last = Math.max(next, ...ends.filter((candidate) => candidate <= end));
    yield { start: next, end: last };
    next = last + 1;
  }
}
