import { crc32c } from "../journal/crc32c.ts";
import type { ReplayableSource } from "./replayable_source.ts";

/** The checksum of a stretch of a source. */
export interface FingerprintRange {
  readonly start: number;
  readonly end: number;
  readonly crc32c: number;
}

/**
 * What tells a source that was read before from another under the same name: checksums of its
 * beginning, and of a stretch shortly before the place it was read to. Text appended later leaves
 * it as it was.
 */
export type Fingerprint = readonly FingerprintRange[];

const HEAD_BYTES = 64 << 10;
const STRETCH_BYTES = 4 << 10;
/** The stretch before each multiple of this is remembered, as long as a commit may ask for it. */
const GRID_BYTES = 1 << 20;
const REMEMBERED = 64;

/** Takes fingerprints of a source while it is read. */
export class Fingerprinter {
  readonly #head: Uint8Array = new Uint8Array(HEAD_BYTES);
  /** The last bytes read. */
  readonly #recent: Uint8Array = new Uint8Array(STRETCH_BYTES);
  #stretches: FingerprintRange[];
  readonly #start: number;
  #position: number;

  /**
   * @param options.start Where in the source the first byte to come stands.
   * @param options.head What stands before it: its first 64 KiB.
   * @param options.known The fingerprint of an earlier run.
   */
  constructor(
    options: {
      readonly start: number;
      readonly head: Uint8Array;
      readonly known: Fingerprint;
    } = { start: 0, head: new Uint8Array(0), known: [] },
  ) {
    this.#start = this.#position = options.start;
    this.#head.set(options.head);
    this.#stretches = options.known.filter(({ start }) => start > 0);
  }

  /** Takes the next bytes of the source. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const toGrid = GRID_BYTES - this.#position % GRID_BYTES;
      const piece = chunk.subarray(at, at + toGrid);
      if (this.#position < HEAD_BYTES) {
        this.#head.set(piece.subarray(0, HEAD_BYTES - this.#position), this.#position);
      }
      this.#keepRecent(piece);
      this.#position += piece.length;
      at += piece.length;
      if (piece.length === toGrid) this.#noteStretch();
    }
  }

  /** The fingerprint of the source up to a place that was read. */
  upTo(place: number): Fingerprint {
    const headEnd = Math.min(place, HEAD_BYTES);
    const head = { start: 0, end: headEnd, crc32c: crc32c(this.#head.subarray(0, headEnd)) };
    const stretch = this.#stretches.findLast(({ end }) => end <= place);
    return stretch === undefined ? [head] : [head, stretch];
  }

  #keepRecent(piece: Uint8Array): void {
    const kept = piece.subarray(-STRETCH_BYTES);
    this.#recent.copyWithin(0, kept.length);
    this.#recent.set(kept, STRETCH_BYTES - kept.length);
  }

  #noteStretch(): void {
    if (this.#position - this.#start < STRETCH_BYTES) return;
    const end = this.#position;
    this.#stretches.push({ start: end - STRETCH_BYTES, end, crc32c: crc32c(this.#recent) });
    if (this.#stretches.length > REMEMBERED) this.#stretches.shift();
  }
}

/** Whether a source still begins as it did when the fingerprint was taken. */
export async function matchesFingerprint(
  source: ReplayableSource,
  fingerprint: Fingerprint,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (const { start, end, crc32c: expected } of fingerprint) {
    const bytes = await readRange(source, { start, end, signal });
    if (bytes.length < end - start || crc32c(bytes) !== expected) return false;
  }
  return true;
}

/** Bytes of a source; fewer where it ends before. */
export async function readRange(
  source: ReplayableSource,
  { start, end, signal }: {
    readonly start: number;
    readonly end: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  let filled = 0;
  const reader = (await source.open(start, signal)).getReader();
  while (filled < bytes.length) {
    const { done, value } = await reader.read();
    if (done) break;
    const piece = value.subarray(0, bytes.length - filled);
    bytes.set(piece, filled);
    filled += piece.length;
  }
  await reader.cancel();
  return bytes.subarray(0, filled);
}
