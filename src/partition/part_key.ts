import { formatDuration, parseDuration } from "../window/duration.ts";
import type { Window } from "../window/tumbling.ts";

/** What the name of a part file is made of. */
export interface PartName {
  readonly window: Window;
  /** The Hive directory; empty for none. */
  readonly path: string;
  readonly writer: string;
  /** The writer's number for the commit, and the part's place in it. */
  readonly commitNumber: number;
  readonly part: number;
}

/**
 * The store key of a part file: `page=%2Fhome/20220601T001500Z-15m-main-0.parquet`, which is window
 * start and length, writer, and number. It depends on nothing else, so that doing a commit over
 * writes the same keys; and it is a valid file name everywhere: no colon, no random part.
 */
export function partKey({ window, path, writer, commitNumber, part }: PartName): string {
  const length = formatDuration(window.end - window.start);
  const sequence = part === 0 ? `${commitNumber}` : `${commitNumber}-${part}`;
  const name = `${compactTime(window.start)}-${length}-${writer}-${sequence}.parquet`;
  return path === "" ? name : `${path}/${name}`;
}

/** `20220601T001500Z`, with milliseconds only where there are any. */
function compactTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.000/g, "").replace(".", "_");
}

/** Reads a part file's window and writer back from its key; `undefined` for any other file. */
export function parsePartKey(
  key: string,
): { window: Window; writer: string; commitNumber: number } | undefined {
  const match =
    /(?:^|\/)(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?:_(\d{3}))?Z-((?:\d+(?:ms|[smhdw]))+)-(\w+)-(\d+)(?:-\d+)?\.parquet$/
      .exec(key);
  if (match === null) return undefined;
  const [, y, mo, d, h, mi, s, ms = "0", length, writer, number] = match;
  const start = Date.UTC(+y!, +mo! - 1, +d!, +h!, +mi!, +s!, +ms);
  return {
    window: { start, end: start + parseDuration(length!, "window") },
    writer: writer!,
    commitNumber: Number(number),
  };
}
