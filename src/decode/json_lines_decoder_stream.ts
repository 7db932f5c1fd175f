import type { ColumnBatch } from "../columns/column_batch.ts";
import { GeneratorStream } from "../generator_stream.ts";
import { type DecodeOptions, type DecodeSettings, resolveDecodeOptions } from "./decode_options.ts";
import { LineBatcher } from "./line_batcher.ts";
import { lineBatches } from "./line_batches.ts";
import { newDecoder } from "./new_decoder.ts";

/** Where in a replayable source a stream begins. */
export interface DecodeStart {
  /** Place of the first byte in the source: the beginning of a line. */
  readonly offset: number;
  /** Number of the line there, from 1. */
  readonly line: number;
  /** Where earlier runs had stopped reading: no batch reaches over such a place. */
  readonly ends: readonly number[];
}

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
  /** @throws {TypeError | RangeError} If an option is not what it must be. */
  constructor(
    options: DecodeOptions = {},
    start: DecodeStart = { offset: 0, line: 1, ends: [] },
  ) {
    const settings = resolveDecodeOptions(options);
    super((bytes) => decodeBatches(bytes, settings, start));
  }
}

async function* decodeBatches(
  bytes: AsyncIterable<Uint8Array>,
  settings: DecodeSettings,
  start: DecodeStart,
): AsyncGenerator<ColumnBatch, void> {
  const batcher = new LineBatcher({ ...settings, start: start.offset, cutAt: start.ends });
  const decoder = newDecoder({ ...settings, firstLine: start.line });
  for await (const lines of lineBatches(bytes, batcher, settings.idleMs)) {
    yield releasable(decoder.decode(lines), () => batcher.reuse(lines.bytes));
  }
}

/** The same batch, but for {@linkcode ColumnBatch.release}. */
export function releasable<B extends Pick<ColumnBatch, "line" | "release">>(
  batch: B,
  reuse: () => void,
): B {
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
