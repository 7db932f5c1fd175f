import type { ColumnBatch } from "../columns/column_batch.ts";
import { GeneratorStream } from "../generator_stream.ts";
import { type DecodeOptions, type DecodeSettings, resolveDecodeOptions } from "./decode_options.ts";
import type { WorkerPool } from "../workers/worker_pool.ts";
import type { DecodedLines } from "./decoder.ts";
import { type LineBatch, LineBatcher } from "./line_batcher.ts";
import { newDecoder } from "./new_decoder.ts";
import type { DecoderOptions } from "./reference_decoder.ts";

/** Where in a replayable source a stream begins. */
export interface DecodeStart {
  /** Place of the first byte in the source: the beginning of a line. */
  readonly offset: number;
  /** Number of the line there, from 1. */
  readonly line: number;
  /** Where earlier runs had stopped reading: no batch reaches over such a place. */
  readonly ends: readonly number[];
}

/** A live source has its lines cut into a batch after this long at most. */
const MAX_BATCH_DELAY_MS = 1000;

/**
 * Bytes of JSON lines in, batches of columns out. Batches are cut at fixed places of the source, so
 * they do not depend on how the bytes were chunked.
 *
 * @example
 * ```ts
 * import { JsonLinesDecoderStream } from "sluice";
 *
 * const bytes = new Blob(['{"page":"/home"}\n{"page":"/cart"}\n']).stream();
 * for await (const batch of bytes.pipeThrough(new JsonLinesDecoderStream())) {
 *   console.log(batch.rows, [...batch.columns.keys()]); // 2 [ "page" ]
 * }
 * ```
 */
export class JsonLinesDecoderStream extends GeneratorStream<Uint8Array, ColumnBatch> {
  /**
   * @param pool Workers to decode in, instead of here.
   * @throws {TypeError | RangeError} If an option is not what it must be.
   */
  constructor(
    options: DecodeOptions = {},
    start: DecodeStart = { offset: 0, line: 1, ends: [] },
    pool?: WorkerPool,
  ) {
    const settings = resolveDecodeOptions(options);
    super((bytes) => decodeBatches(bytes, { settings, start, pool }));
  }
}

async function* decodeBatches(
  bytes: AsyncIterable<Uint8Array>,
  { settings, start, pool }: {
    readonly settings: DecodeSettings;
    readonly start: DecodeStart;
    readonly pool: WorkerPool | undefined;
  },
): AsyncGenerator<ColumnBatch, void> {
  const batcher = new LineBatcher({ ...settings, start: start.offset, cutAt: start.ends });
  const batches = lineBatches(bytes, batcher, settings.idleMs);
  const decoded = pool === undefined
    ? decodeHere(batches, { ...settings, firstLine: start.line })
    : pool.decode(batches, { settings, firstLine: start.line });
  for await (const { batch, lines } of decoded) {
    yield releasable(batch, () => batcher.reuse(lines.bytes));
  }
}

async function* decodeHere(
  batches: AsyncIterable<LineBatch>,
  options: DecoderOptions,
): AsyncGenerator<DecodedLines, void> {
  const decoder = newDecoder(options);
  for await (const lines of batches) yield { batch: decoder.decode(lines), lines };
}

/** The same batch, but for {@linkcode ColumnBatch.release}. */
function releasable(batch: ColumnBatch, reuse: () => void): ColumnBatch {
  let isReleased = false;
  return {
    ...batch,
    line(row) {
      if (isReleased) throw new Error("Cannot tell a line of a batch that was released");
      return batch.line(row);
    },
    release() {
      if (!isReleased) reuse();
      isReleased = true;
    },
  };
}

async function* lineBatches(
  bytes: AsyncIterable<Uint8Array>,
  batcher: LineBatcher,
  idleMs: number | undefined,
): AsyncGenerator<LineBatch, void> {
  for await (const chunk of readChunks(bytes, idleMs)) {
    if (chunk instanceof Uint8Array) yield* batcher.push(chunk);
    else if (chunk === "quiet" || !batcher.isEmpty) {
      yield { ...batcher.flush(), isQuiet: chunk === "quiet" };
    }
  }
  const rest = batcher.finish();
  if (rest !== undefined) yield rest;
}

/**
 * The chunks of a source; of a live one also `"cut"`, when what has come should wait no longer, and
 * `"quiet"`, once, when nothing has come for `idleMs`.
 */
async function* readChunks(
  bytes: AsyncIterable<Uint8Array>,
  idleMs: number | undefined,
): AsyncGenerator<Uint8Array | "cut" | "quiet", void> {
  let cutAt = Infinity;
  let quietAt = idleMs === undefined ? Infinity : performance.now() + idleMs;
  const chunks = bytes[Symbol.asyncIterator]();
  let reading: Promise<IteratorResult<Uint8Array, unknown>> | undefined;
  while (true) {
    reading ??= chunks.next();
    const result = await within(reading, Math.min(cutAt, quietAt));
    if (result === undefined) {
      const isQuiet = quietAt <= cutAt;
      yield isQuiet ? "quiet" : "cut";
      cutAt = Infinity;
      if (isQuiet) quietAt = Infinity;
      continue;
    }
    if (result.done === true) return;
    reading = undefined;
    yield result.value;
    if (idleMs === undefined) continue;
    const now = performance.now();
    quietAt = now + idleMs;
    if (now < cutAt) cutAt = Math.min(cutAt, now + Math.min(MAX_BATCH_DELAY_MS, idleMs));
    else {
      yield "cut";
      cutAt = Infinity;
    }
  }
}

/** What a promise resolves to, or `undefined` when it has not by a time on `performance.now()`. */
async function within<T>(promise: Promise<T>, time: number): Promise<T | undefined> {
  if (time === Infinity) return await promise;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, time - performance.now()), undefined);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
