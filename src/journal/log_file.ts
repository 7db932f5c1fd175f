import type { Change } from "./change.ts";
import { JournalCorruptError, type JournalOperation } from "./errors.ts";
import { type FileHeader, frameBytes, scanFrames } from "./frame.ts";
import type { LogDirectory } from "./log_directory.ts";

/** What a journal knows of one of its files. */
export interface LogFile {
  readonly name: string;
  readonly header: FileHeader;
  /** How much of the file counts; what may follow was never acknowledged. */
  bytes: number;
  /** About the bytes of appends, by id of the segment; those of deleted segments included. */
  readonly appendedBytes: Map<number, number>;
}

/**
 * Name of the file that stands for the files numbered `first` to `number`. Merging files makes one
 * with a new name, so that names alone say which files it replaced.
 */
export function logFileName(first: number, number: number): string {
  const names = first === number ? [number] : [first, number];
  return names.map((n) => String(n).padStart(10, "0")).join("-") + ".journal";
}

/** The numbers in a file's name, or `undefined` if it is no name {@linkcode logFileName} makes. */
export function parseLogFileName(name: string): { first: number; number: number } | undefined {
  const match = /^(\d{10})(?:-(\d{10}))?\.journal$/.exec(name);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const number = Number(match[2] ?? match[1]);
  return logFileName(first, number) === name && first <= number ? { first, number } : undefined;
}

/** Adds an append to the {@linkcode LogFile.appendedBytes} of the file it is in. */
export function countAppend(
  appendedBytes: Map<number, number>,
  append: Extract<Change, { kind: "append" }>,
): void {
  const { id, segment, payload } = append;
  // In a frame of its own, which is the most it can take. Never zero, even without payload.
  const bytes = frameBytes(11 + segment.length + payload.length);
  appendedBytes.set(id, (appendedBytes.get(id) ?? 0) + bytes);
}

/** Bodies of all frames of a file that was found whole before. */
export async function readBodies(
  directory: LogDirectory,
  file: LogFile,
  operation: JournalOperation,
): Promise<readonly Uint8Array[]> {
  const { name, header, bytes } = file;
  const { bodies, end } = scanFrames(await directory.read(name, bytes), header.marker);
  if (end !== bytes) {
    throw new JournalCorruptError(operation, directory.path, {
      file: name,
      offset: end,
      reason: "a frame that was whole before no longer is",
    });
  }
  return bodies;
}
