import { type Change, decodeChanges, encodeChange } from "./change.ts";
import {
  encodeFileHeader,
  encodeFrame,
  FILE_HEADER_BYTES,
  type FileHeader,
  newMarker,
} from "./frame.ts";
import type { LogDirectory } from "./log_directory.ts";
import { countAppend, type LogFile, logFileName, readBodies } from "./log_file.ts";
import type { SegmentTable } from "./segment_table.ts";

/** What {@linkcode reclaim} works on. */
export interface Reclaimable {
  /** All files, in order; changed in place. The last is being written to and stays. */
  readonly files: LogFile[];
  /** The segments that are left. */
  readonly table: SegmentTable;
  readonly maxFileBytes: number;
}

/**
 * Gives back the space of segments that are gone. The oldest files are removed once they have none
 * that is left. Elsewhere, runs of neighbours that have at most half a file's worth left are merged
 * into one; so any two neighbours are left with more than that, and what is copied is at most half
 * of what was written.
 */
export async function reclaim(
  directory: LogDirectory,
  { files, table, maxFileBytes }: Reclaimable,
): Promise<void> {
  const liveBytes = (file: LogFile): number => {
    let sum = 0;
    for (const [id, bytes] of file.appendedBytes) if (table.has(id)) sum += bytes;
    return sum;
  };
  while (files.length > 1 && liveBytes(files[0]!) === 0) {
    await directory.remove(files[0]!.name);
    files.shift();
  }
  for (let start = 0; start < files.length - 1; start++) {
    let end = start;
    for (let sum = 0; end < files.length - 1; end++) {
      sum += liveBytes(files[end]!);
      if (sum > maxFileBytes / 2) break;
    }
    if (end - start < 2) continue;
    const run = files.slice(start, end);
    const before = files.slice(0, start);
    const merged = await mergeFiles(directory, { before, run, table });
    files.splice(start, run.length, merged);
  }
}

/**
 * Replaces a run of files by one without the segments that are gone. The rest stays in order, so
 * whoever reads the journal finds the same with it as with the files. It is all one frame: no part
 * of it can go missing unnoticed.
 *
 * A crash leaves the files, the new one, or both; its name says which files it stands for, so
 * whoever opens the journal knows which to remove.
 */
async function mergeFiles(
  directory: LogDirectory,
  context: { before: readonly LogFile[]; run: readonly LogFile[]; table: SegmentTable },
): Promise<LogFile> {
  const { before, run, table } = context;
  const { first, previousBytes } = run[0]!.header;
  const { number } = run.at(-1)!.header;
  const header: FileHeader = { marker: newMarker(), first, number, previousBytes };
  const appendedBytes = new Map<number, number>();
  const pieces: Uint8Array[] = [];
  for (const file of run) {
    for (const body of await readBodies(directory, file, "delete")) {
      for (const change of decodeChanges(body)) {
        const kept = keep(change);
        if (kept === undefined) continue;
        pieces.push(encodeChange(kept));
        if (kept.kind === "append") countAppend(appendedBytes, kept);
      }
    }
  }
  const frame = encodeFrame(header.marker, pieces);
  const bytes = new Uint8Array(FILE_HEADER_BYTES + frame.length);
  bytes.set(encodeFileHeader(header));
  bytes.set(frame, FILE_HEADER_BYTES);
  const name = logFileName(first, number);
  await directory.publish(name, bytes);
  for (const { name } of run) await directory.remove(name);
  return { name, header, bytes: bytes.length, appendedBytes };

  function keep(change: Change): Change | undefined {
    if (change.kind === "append") return table.has(change.id) ? change : undefined;
    const ids = change.ids.filter((id) =>
      change.kind === "seal"
        ? table.has(id)
        // As long as there is something that it deletes.
        : before.some(({ appendedBytes }) => appendedBytes.has(id))
    );
    return ids.length > 0 ? { ...change, ids } : undefined;
  }
}
