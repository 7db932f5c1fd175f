import { parsePartKey, partKey } from "../partition/part_key.ts";
import type { Window } from "../window/tumbling.ts";

/** Where a file that sluice wrote stands among those of its directory. */
export interface FilePlace {
  /** What its rows are from; of a merged file, from the first window to the last. */
  readonly window: Window;
  /** The writer; the empty string for a merged file, which comes before what was not merged. */
  readonly writer: string;
  /** The writer's commit, or for a merged file the version that was merged. */
  readonly number: number;
  /** Among files of the same number. */
  readonly part: number;
}

/** What the name of a merged file is made of. */
export interface MergedName {
  readonly window: Window;
  /** The Hive directory; empty for none. */
  readonly path: string;
  /** The table's version that was read. */
  readonly version: number;
  /** Its place among the files merged from that version. */
  readonly part: number;
}

/**
 * The store key of a merged file: `page=%2Fhome/20220601T000000Z-1d-compact-v17-0.parquet`, which is
 * first window and span, version read, and number. It is no name a part file can have, since a
 * writer's has no hyphen.
 */
export function mergedKey({ window, path, version, part }: MergedName): string {
  return partKey({ window, path, writer: `compact-v${version}`, commitNumber: part, part: 0 });
}

/** Reads the key of a part file or a merged file; `undefined` for any other. */
export function filePlace(key: string): FilePlace | undefined {
  const version = /-compact-v(\d+)-\d+\.parquet$/.exec(key)?.[1];
  const name = parsePartKey(key.replace(/-compact-v(?=\d+-\d+\.parquet$)/, "-compact_v"));
  if (name === undefined) return undefined;
  const { window, writer, commitNumber } = name;
  if (version !== undefined) {
    return { window, writer: "", number: Number(version), part: commitNumber };
  }
  const part = /-\d+-(\d+)\.parquet$/.exec(key)?.[1] ?? "0";
  return { window, writer, number: commitNumber, part: Number(part) };
}

/** The order in which the rows of a directory's files were written: by window, then sequence. */
export function comparePlaces(a: FilePlace, b: FilePlace): number {
  return a.window.start - b.window.start || compareTexts(a.writer, b.writer) ||
    a.number - b.number || a.part - b.part;
}

/** The directory of a key; empty for none. */
export function directoryOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf("/")));
}

/** Compares strings by their UTF-16 code units, as stores list keys. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
