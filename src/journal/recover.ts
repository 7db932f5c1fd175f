import { decodeChanges } from "./change.ts";
import { JournalCorruptError } from "./errors.ts";
import { decodeFileHeader, FILE_HEADER_BYTES, scanFrames } from "./frame.ts";
import type { JournalWarning } from "./journal.ts";
import type { LogDirectory } from "./log_directory.ts";
import { countAppend, type LogFile, parseLogFileName } from "./log_file.ts";
import { SegmentTable } from "./segment_table.ts";

/** What {@linkcode recover} found. */
export interface Recovered {
  /** In order. */
  readonly files: LogFile[];
  readonly table: SegmentTable;
  readonly warnings: readonly JournalWarning[];
}

/**
 * Reads all files of a journal. Only the last may end in a write that was not finished; of those
 * before it, the next one says how many bytes count. Removes what a merge left behind and changes
 * nothing else.
 */
export async function recover(
  directory: LogDirectory,
  signal: AbortSignal | undefined,
): Promise<Recovered> {
  const names = sortNames(await directory.list());
  const warnings: JournalWarning[] = names.foreign.map((name) => ({
    code: "foreign-file",
    message: `${name} in the journal ${directory.path} is none of its files and was left alone`,
  }));
  const files: LogFile[] = [];
  for (const name of names.files) {
    signal?.throwIfAborted();
    files.push(await readHeader(directory, name, files.at(-1)));
  }
  const table = new SegmentTable();
  for (const [index, file] of files.entries()) {
    signal?.throwIfAborted();
    const torn = await readFrames(directory, file, { next: files[index + 1], table });
    if (torn > 0) {
      warnings.push({
        code: "torn-tail",
        message: `The last ${torn} bytes of ${file.name} in the journal ${directory.path} were ` +
          `left out: they are of a write that was not finished`,
      });
    }
  }
  const last = files.at(-1);
  // A process that died may have left whole frames that only the system's cache has. What is
  // built on them must not outlive them.
  if (last !== undefined) await directory.sync(last.name);
  for (const name of names.replaced) await directory.remove(name);
  return { files, table, warnings };
}

/** Sorts names into the files that count, those a merge replaced, and those of others. */
function sortNames(names: readonly string[]): Record<"files" | "replaced" | "foreign", string[]> {
  const ranges = names.flatMap((name) => {
    const range = parseLogFileName(name);
    return range === undefined ? [] : { name, ...range };
  });
  // Of files with the same first number, the one that stands for most comes first.
  ranges.sort((a, b) => a.first - b.first || b.number - a.number);
  const files: string[] = [];
  const replaced: string[] = [];
  let covered = 0;
  for (const { name, number } of ranges) {
    (number > covered ? files : replaced).push(name);
    covered = Math.max(covered, number);
  }
  return { files, replaced, foreign: names.filter((name) => parseLogFileName(name) === undefined) };
}

async function readHeader(
  directory: LogDirectory,
  name: string,
  previous: LogFile | undefined,
): Promise<LogFile> {
  const header = decodeFileHeader(await directory.read(name, FILE_HEADER_BYTES));
  const named = parseLogFileName(name);
  if (header === undefined || header.first !== named?.first || header.number !== named.number) {
    throw corrupt(directory, name, 0, "its header is not what was written");
  }
  if (previous !== undefined && header.first !== previous.header.number + 1) {
    throw corrupt(directory, name, 0, `the file after ${previous.name} is missing`);
  }
  return { name, header, bytes: 0, appendedBytes: new Map() };
}

/** Adds what a file holds to it and to the table; how many bytes were left out as torn. */
async function readFrames(
  directory: LogDirectory,
  file: LogFile,
  context: { next: LogFile | undefined; table: SegmentTable },
): Promise<number> {
  const { name, header } = file;
  const { next, table } = context;
  // A merged file is followed by another from the start, and is whole to its own end.
  const isMerged = header.first < header.number;
  const maxBytes = isMerged ? undefined : next?.header.previousBytes;
  const bytes = await directory.read(name, maxBytes);
  const { bodies, end, rest } = scanFrames(bytes, header.marker);
  if (isMerged && next === undefined) {
    throw corrupt(directory, name, end, "the file after it is missing");
  }
  if (rest === "corrupt") {
    throw corrupt(directory, name, end, "a frame is not what was written, and whole ones follow");
  }
  if (next !== undefined && end !== (maxBytes ?? bytes.length)) {
    throw corrupt(directory, name, end, "a frame is missing or not what was written");
  }
  if (isMerged && bodies.length !== 1) {
    throw corrupt(directory, name, end, "a merged file has one frame");
  }
  for (const body of bodies) {
    for (const change of decodeChanges(body)) {
      table.apply(change);
      if (change.kind === "append") countAppend(file.appendedBytes, change);
    }
  }
  file.bytes = end;
  return bytes.length - end;
}

function corrupt(
  directory: LogDirectory,
  file: string,
  offset: number,
  reason: string,
): JournalCorruptError {
  return new JournalCorruptError("open", directory.path, { file, offset, reason });
}
