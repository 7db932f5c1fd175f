import { joinBytes } from "../join_bytes.ts";
import type { Store, StoreOptions } from "../stores/store.ts";
import { logLines, parseLine } from "./action_json.ts";
import { readLastCompaction, writeLastCompaction } from "./last_compaction.ts";
import { logKey, type VersionRange } from "./log_files.ts";
import { readRanges } from "./log_reader.ts";
import type { TableHead } from "./table_state.ts";

/** How many commits, or files of the level below, one compacted file holds. */
export const FAN_OUT = 10;

/** Ranges with more than this are left in parts: reading two large files is no slower than one. */
const MAX_INPUT_BYTES = 8 * 1024 * 1024;

/** How many commits one call gets through, should so many have piled up. */
const MAX_BACKLOG = 1000;

/**
 * Writes the compacted files that are due ("Log Compaction Files"), so that a table opens quickly
 * however many commits it has: a file for every ten commits, one for every ten of those, and so on.
 * An action is rewritten once per level, and a state is found in at most nine files of each.
 *
 * Safe at any time and from any number of writers at once: the commits stay, and what is written
 * only repeats them. It is JSON, so nothing in `_delta_log` looks like data to those who glob for
 * `*.parquet`, as a checkpoint would. Engines that do not know such files read the commits.
 *
 * @param head The table at its newest version.
 * @returns The keys of the files it made, whoever was first to write them.
 *
 * @example
 * ```ts
 * const snapshot = await readSnapshot(store);
 * if (snapshot !== undefined) await compactLog(store, snapshot);
 * ```
 */
export async function compactLog(
  store: Store,
  head: TableHead,
  options: StoreOptions = {},
): Promise<string[]> {
  const last = await readLastCompaction(store, options);
  let ranges = last?.ranges ?? [];
  let next = (ranges.at(-1)?.end ?? -1) + 1;
  const through = Math.min(head.version, next + MAX_BACKLOG - 1);
  const made: string[] = [];

  for (; next + FAN_OUT - 1 <= through; next += FAN_OUT) {
    // Another engine may have cleaned up behind a checkpoint: then there is nothing to build on.
    const nextKey = logKey({ start: next, end: next });
    if (await store.getRange(nextKey, { start: 0, end: 1 }, options) === undefined) break;

    const end = next + FAN_OUT - 1;
    ranges = [...ranges, ...partsOf({ start: next, end })];
    for (let size = FAN_OUT; (end + 1) % size === 0; size *= FAN_OUT) {
      const range = { start: end + 1 - size, end };
      const bytes = await compactRange(store, range, options);
      if (bytes === undefined) break;
      await store.put(logKey(range), bytes, { ...options, ifAbsent: true });
      made.push(logKey(range));
      ranges = [...ranges.filter((part) => part.end < range.start), range];
    }
  }
  const isDue = last === undefined || head.version - last.version >= FAN_OUT;
  if (made.length > 0 || isDue) await writeLastCompaction(store, ranges, head, options);
  return made;
}

/** The compacted file for a range; `undefined` if the range is to be left in parts. */
async function compactRange(
  store: Store,
  range: VersionRange,
  options: StoreOptions,
): Promise<Uint8Array | undefined> {
  const compacted = new CompactedLines();
  let inputBytes = 0;
  for await (const source of readSources(store, range, options)) {
    if (source === undefined) return undefined;
    inputBytes += source.bytes.length;
    if (inputBytes > MAX_INPUT_BYTES || !compacted.add(source)) return undefined;
  }
  return compacted.toBytes();
}

interface Source {
  readonly range: VersionRange;
  readonly bytes: Uint8Array;
}

/** What a range is made of, in order: the files one level down or, where one is missing, lower. */
async function* readSources(
  store: Store,
  range: VersionRange,
  options: StoreOptions,
): AsyncGenerator<Source | undefined, void, void> {
  const parts = partsOf(range);
  const areCommits = range.end + 1 - range.start === FAN_OUT;
  // Larger files are read one by one: they may turn out to be too much after a few.
  const readAhead = areCommits ? FAN_OUT : 1;
  for await (const { range, bytes } of readRanges(store, parts, { ...options, readAhead })) {
    if (bytes !== undefined) yield { range, bytes };
    else if (areCommits) yield undefined;
    else yield* readSources(store, range, options);
  }
}

/** A range in as many equal parts as make one of the next level. */
function partsOf({ start, end }: VersionRange): VersionRange[] {
  const size = (end + 1 - start) / FAN_OUT;
  return Array.from({ length: FAN_OUT }, (_, index) => ({
    start: start + index * size,
    end: start + (index + 1) * size - 1,
  }));
}

const encoder = new TextEncoder();

/**
 * "Action Reconciliation" on the text of the lines, which therefore come through exactly as they
 * were written. Every `remove` is kept: what it removes may have been added before the range.
 *
 * There may be many, so they are kept as bytes: as strings they take several times as much.
 */
class CompactedLines {
  readonly #tableLines = new Map<string, Uint8Array>();
  readonly #fileLines = new Map<string, Uint8Array>();

  /** @returns `false` if there is a line whose meaning is not known, and so not to be dropped. */
  add({ range, bytes }: Source): boolean {
    const key = logKey(range);
    for (const [index, line] of logLines(bytes, key).entries()) {
      const action = parseLine(line, { key, line: index + 1 });
      if (action === undefined || line.includes('"deletionVector":{')) return false;
      if ("add" in action) this.#addFile(action.add.path, line);
      else if ("remove" in action) this.#addFile(action.remove.path, line);
      else if ("protocol" in action) this.#tableLines.set("protocol", toLine(line));
      else if ("metaData" in action) this.#tableLines.set("metaData", toLine(line));
      else if ("txn" in action) {
        const { txn } = action;
        const isExact = Number.isSafeInteger(txn.version);
        this.#tableLines.set(
          `txn ${txn.appId}`,
          range.start === range.end && isExact
            ? toLine(JSON.stringify({ txn: { ...txn, tableVersion: range.end } }))
            : toLine(line),
        );
      }
    }
    return true;
  }

  #addFile(path: string, line: string): void {
    this.#fileLines.delete(path); // So that lines are in the order of the last action.
    this.#fileLines.set(path, toLine(line));
  }

  toBytes(): Uint8Array | undefined {
    const lines = [...this.#tableLines.values(), ...this.#fileLines.values()];
    return lines.length === 0 ? undefined : joinBytes(lines);
  }
}

function toLine(text: string): Uint8Array {
  return encoder.encode(`${text}\n`);
}
