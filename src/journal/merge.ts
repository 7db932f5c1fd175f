import { type Change, decodeChanges, encodeChange } from "./change.ts";
import { encodeFileHeader, encodeFrame, type FileHeader, newMarker } from "./frame.ts";
import type { LogDirectory } from "./log_directory.ts";
import { countAppend, type LogFile, logFileName, readBodies } from "./log_file.ts";

/**
 * Replaces neighbouring files by one that leaves out the segments that are gone. What it keeps
 * stays in order, so reading the journal gives the same with it as with the files.
 *
 * A crash leaves the files, the new one, or both; its name says which files it stands for, so
 * whoever opens the journal knows which to remove.
 *
 * @param files Neighbours, in order, and what else the choice depends on: `isLive` says whether a
 * segment is still there, `isHeldBefore` whether a file before these has payloads of it.
 */
export async function mergeFiles(
  directory: LogDirectory,
  files: {
    readonly run: readonly LogFile[];
    isLive(id: number): boolean;
    isHeldBefore(id: number): boolean;
  },
): Promise<LogFile> {
  const { run, isLive, isHeldBefore } = files;
  const { first, previousBytes } = run[0]!.header;
  const { number } = run.at(-1)!.header;
  const header: FileHeader = { marker: newMarker(), first, number, previousBytes };
  const merged: LogFile = {
    name: logFileName(first, number),
    header,
    bytes: 0,
    appendedBytes: new Map(),
  };
  const pieces = [encodeFileHeader(header)];
  for (const file of run) {
    for (const body of await readBodies(directory, file, "delete")) {
      const kept = decodeChanges(body).flatMap((change) => keep(change));
      if (kept.length > 0) pieces.push(encodeFrame(header.marker, kept.map(encodeChange)));
    }
  }
  const bytes = concat(pieces);
  merged.bytes = bytes.length;
  await directory.publish(merged.name, bytes);
  for (const { name } of run) await directory.remove(name);
  return merged;

  function keep(change: Change): Change[] {
    if (change.kind === "append") {
      if (!isLive(change.id)) return [];
      countAppend(merged, change);
      return [change];
    }
    // A segment's deletion must outlive its payloads.
    const ids = change.ids.filter(change.kind === "seal" ? isLive : isHeldBefore);
    return ids.length > 0 ? [{ ...change, ids }] : [];
  }
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
