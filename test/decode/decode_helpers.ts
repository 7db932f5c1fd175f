import assert from "node:assert/strict";
import type { ColumnBatch } from "../../src/columns/column_batch.ts";
import { jsonText } from "../../src/columns/column.ts";
import { KernelDecoder } from "../../src/decode/kernel_decoder.ts";
import { type LineBatch, LineBatcher } from "../../src/decode/line_batcher.ts";
import { type DecoderOptions, ReferenceDecoder } from "../../src/decode/reference_decoder.ts";
import { assertSameBatches } from "./batch_compare.ts";

const encoder = new TextEncoder();

/** Text as UTF-8. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** Pieces of bytes or text, end to end. */
export function joined(...pieces: readonly (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const bytes = pieces.map((piece) => typeof piece === "string" ? utf8(piece) : piece);
  const all = new Uint8Array(bytes.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of bytes) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Bytes cut into pieces of the given sizes, over and over; 0 makes an empty piece. */
export function chunksOf(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    chunks.push(bytes.slice(at, at + size));
    at += size;
  }
  return chunks;
}

/** The batches that bytes are cut into, pushed in pieces of the given sizes. */
export function batchesOf(
  bytes: Uint8Array,
  options: {
    readonly batchBytes: number;
    readonly maxEventBytes: number;
    readonly start?: number;
    readonly cutAt?: readonly number[];
    readonly chunkSizes?: readonly number[];
  },
): LineBatch[] {
  const batcher = new LineBatcher(options);
  const batches: LineBatch[] = [];
  for (const chunk of chunksOf(bytes, options.chunkSizes ?? [bytes.length])) {
    batches.push(...batcher.push(chunk));
  }
  const rest = batcher.finish();
  return rest === undefined ? batches : [...batches, rest];
}

/** What {@linkcode decodeAll} takes. */
export interface DecodeAllOptions extends Partial<DecoderOptions> {
  readonly batchBytes?: number;
  readonly cutAt?: readonly number[];
}

/** Decodes bytes or text as a decoder stream would, by both decoders, which must agree. */
export function decodeAll(
  source: Uint8Array | string,
  options: DecodeAllOptions = {},
): ColumnBatch[] {
  const bytes = typeof source === "string" ? utf8(source) : source;
  const settings = {
    time: undefined,
    batchBytes: 1 << 20,
    maxEventBytes: 1 << 20,
    now: () => 0,
    firstLine: 1,
    ...options,
  };
  const reference = new ReferenceDecoder(settings);
  const kernel = new KernelDecoder(settings);
  return batchesOf(bytes, settings).map((lines) => {
    const batch = reference.decode(lines);
    assertSameBatches(kernel.decode(lines), batch);
    return batch;
  });
}

/** Decodes what makes one batch. */
export function decodeOne(
  source: Uint8Array | string,
  options: DecodeAllOptions = {},
): ColumnBatch {
  const bytes = typeof source === "string" ? utf8(source) : source;
  const batches = decodeAll(bytes, { batchBytes: bytes.length + 1, ...options });
  if (batches.length !== 1) throw new Error(`expected one batch, got ${batches.length}`);
  return batches[0]!;
}

/** The events of a batch as canonical JSON, which keeps apart what columns keep apart. */
export function eventsOf(batch: ColumnBatch): string[] {
  return Array.from({ length: batch.rows }, (_, row) => {
    const members = Array.from(batch.columns, ([name, column]) => [name, jsonText(column, row)])
      .filter(([, text]) => text !== undefined);
    return `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;
  });
}

/** Asserts that every line that was not blank became an event or a dead letter. */
export function assertConserved(batches: readonly ColumnBatch[]): void {
  for (const batch of batches) {
    assert.equal(batch.accepted, batch.rows + batch.deadLetters.length);
    assert.equal(batch.times.length, batch.rows);
    for (const column of batch.columns.values()) assert.ok(column.kinds.length >= batch.rows);
  }
}

/** SHA-256 of bytes, in hexadecimal. */
export async function sha256(bytes: Uint8Array | string): Promise<string> {
  const input = typeof bytes === "string" ? utf8(bytes) : new Uint8Array(bytes);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", input));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
