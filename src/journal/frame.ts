/**
 * The bytes of a journal file, version 1. Integers are unsigned and little-endian.
 *
 * ```text
 * file    0   7  "sluiceJ"
 *         7   1  version: 1
 *         8   8  marker: random, this file's own
 *        16   4  first: number of the first file this one stands for
 *        20   4  number: number of the last; the same as `first` unless files were merged
 *        24   8  previousBytes: how much of the file before counts
 *        32   4  CRC-32C of bytes 0 to 31
 *        36      frames
 *
 * frame   0   8  marker
 *         8   4  CRC-32C of what follows
 *        12   4  length of the body
 *        16      body: changes, see `change.ts`
 * ```
 *
 * Every later version keeps the 36 bytes of the file's header.
 *
 * A frame is what one write puts at the end of the file, and the next frame is only written once
 * that write was synced. Hence a crash can leave at most one bad frame, and nothing after it,
 * however the medium orders the pages of a write (or fills them with zeros): a bad frame with a
 * whole one somewhere behind it was damaged later. The marker is there to find that one, since
 * with the length damaged nothing else says where the next frame begins; being random, it cannot
 * be put into a payload on purpose.
 *
 * A file is never written to again once there is a next one. What the next one found at its end to
 * be torn stays, but beyond `previousBytes` it does not count.
 */

import { crc32c } from "./crc32c.ts";

const MAGIC = new TextEncoder().encode("sluiceJ");
const VERSION = 1;
const MARKER_BYTES = 8;
const FRAME_HEADER_BYTES = MARKER_BYTES + 8;

/** Where the first frame begins. */
export const FILE_HEADER_BYTES = 36;

/** The fields of a file's header. */
export interface FileHeader {
  readonly marker: Uint8Array;
  readonly first: number;
  readonly number: number;
  readonly previousBytes: number;
}

/** A marker no other file has. */
export function newMarker(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(MARKER_BYTES));
}

export function encodeFileHeader(header: FileHeader): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  bytes[7] = VERSION;
  bytes.set(header.marker, 8);
  view.setUint32(16, header.first, true);
  view.setUint32(20, header.number, true);
  view.setBigUint64(24, BigInt(header.previousBytes), true);
  view.setUint32(32, crc32c(bytes.subarray(0, 32)), true);
  return bytes;
}

/**
 * The header at the start of a file, or `undefined` if there is no whole one.
 *
 * @throws {Error} If it is whole but of another version.
 */
export function decodeFileHeader(bytes: Uint8Array): FileHeader | undefined {
  if (bytes.length < FILE_HEADER_BYTES || MAGIC.some((byte, index) => bytes[index] !== byte)) {
    return undefined;
  }
  const view = viewOf(bytes);
  if (view.getUint32(32, true) !== crc32c(bytes.subarray(0, 32))) return undefined;
  if (bytes[7] !== VERSION) {
    throw new Error(`it has format version ${bytes[7]}, and this release reads ${VERSION}`);
  }
  return {
    marker: bytes.slice(8, 16),
    first: view.getUint32(16, true),
    number: view.getUint32(20, true),
    previousBytes: Number(view.getBigUint64(24, true)),
  };
}

/** Length of the frame that {@linkcode encodeFrame} makes of such a body. */
export function frameBytes(bodyBytes: number): number {
  return FRAME_HEADER_BYTES + bodyBytes;
}

/** A frame whose body is the pieces, one after the other. */
export function encodeFrame(marker: Uint8Array, pieces: readonly Uint8Array[]): Uint8Array {
  const bodyBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const frame = new Uint8Array(frameBytes(bodyBytes));
  const view = new DataView(frame.buffer);
  frame.set(marker);
  view.setUint32(12, bodyBytes, true);
  let offset = FRAME_HEADER_BYTES;
  for (const piece of pieces) {
    frame.set(piece, offset);
    offset += piece.length;
  }
  view.setUint32(8, crc32c(frame.subarray(12)), true);
  return frame;
}

/** What {@linkcode scanFrames} found. */
export interface FrameScan {
  /** Bodies of the whole frames up to the first that is not, as views. */
  readonly bodies: readonly Uint8Array[];
  /** Where the last of them ends. */
  readonly end: number;
  /**
   * What follows it: nothing, a write that was not finished, or something that was damaged after it
   * had been written.
   */
  readonly rest: "nothing" | "torn" | "corrupt";
}

/** Reads the frames of a whole file whose header said `marker`. */
export function scanFrames(bytes: Uint8Array, marker: Uint8Array): FrameScan {
  const bodies: Uint8Array[] = [];
  let end = FILE_HEADER_BYTES;
  for (let body; (body = bodyAt(bytes, end, marker)) !== undefined;) {
    bodies.push(body);
    end += frameBytes(body.length);
  }
  if (end === bytes.length) return { bodies, end, rest: "nothing" };
  for (let offset = end + 1; offset < bytes.length; offset++) {
    if (bodyAt(bytes, offset, marker) !== undefined) return { bodies, end, rest: "corrupt" };
  }
  return { bodies, end, rest: "torn" };
}

function bodyAt(bytes: Uint8Array, offset: number, marker: Uint8Array): Uint8Array | undefined {
  if (bytes[offset] !== marker[0] || bytes.length - offset < FRAME_HEADER_BYTES) return undefined;
  for (let index = 1; index < MARKER_BYTES; index++) {
    if (bytes[offset + index] !== marker[index]) return undefined;
  }
  const view = viewOf(bytes);
  const end = offset + FRAME_HEADER_BYTES + view.getUint32(offset + 12, true);
  if (end > bytes.length) return undefined;
  if (view.getUint32(offset + 8, true) !== crc32c(bytes.subarray(offset + 12, end))) {
    return undefined;
  }
  return bytes.subarray(offset + FRAME_HEADER_BYTES, end);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
