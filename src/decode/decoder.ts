import type { ColumnBatch } from "../columns/column_batch.ts";
import type { LineBatch } from "./line_batcher.ts";

/**
 * Lines of JSON to columns: the seam behind which a faster decoder may stand. The reference decoder
 * says what is correct.
 *
 * A decoder keeps state from batch to batch (dictionaries, the number of the line), so it serves
 * one stream.
 */
export interface Decoder {
  /** Reads the next batch of the stream. */
  decode(lines: LineBatch): ColumnBatch;
  /** Says which line the next batch begins with, if it does not go on where the last one ended. */
  goTo(line: number): void;
}
