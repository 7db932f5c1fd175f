import type { SourceState } from "../commit_log/source_state.ts";
import { INITIAL_POSITION, type SourcePosition } from "../window/windowed_partitions.ts";
import { Fingerprinter, matchesFingerprint, readRange } from "./fingerprint.ts";
import type { ReplayableSource } from "./replayable_source.ts";

/**
 * How a source stood to what earlier runs had read of it: never read, gone on with, nothing new in
 * it, or another content under the same name, which is read as a new source.
 */
export type SourceStatus = "new" | "resumed" | "unchanged" | "replaced";

/** A source, opened where an earlier run left off. */
export interface ResumedSource {
  readonly status: Exclude<SourceStatus, "unchanged">;
  readonly position: SourcePosition;
  readonly stream: ReadableStream<Uint8Array>;
  /** To be shown the bytes of the stream. */
  readonly fingerprinter: Fingerprinter;
}

/** Opens a source where `earlier` says an earlier run left off, if it still is the same source. */
export async function resumeSource(
  source: ReplayableSource,
  earlier: SourceState | undefined,
  signal: AbortSignal | undefined,
): Promise<ResumedSource> {
  const isSame = earlier !== undefined &&
    await reaches(source, earlier.position.readThrough, signal) &&
    await matchesFingerprint(source, earlier.fingerprint, signal);
  if (!isSame) {
    return {
      status: earlier === undefined ? "new" : "replaced",
      position: INITIAL_POSITION,
      stream: await source.open(0, signal),
      fingerprinter: new Fingerprinter(),
    };
  }
  const { offset } = earlier.position.resumeFrom;
  const head = await readRange(source, { start: 0, end: Math.min(offset, 1 << 16), signal });
  return {
    status: "resumed",
    position: earlier.position,
    stream: await source.open(offset, signal),
    fingerprinter: new Fingerprinter({ start: offset, head, known: earlier.fingerprint }),
  };
}

/** Whether a source has as many bytes as were read of it. */
async function reaches(
  source: ReplayableSource,
  place: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const start = Math.max(0, place - 1);
  return (await readRange(source, { start, end: place, signal })).length === place - start;
}
