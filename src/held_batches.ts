import type { RowHolder } from "./columns/held_rows.ts";
import type { DecodeSettings } from "./decode/decode_options.ts";
import { type DecodeStart, releasable } from "./decode/json_lines_decoder_stream.ts";
import { type LineBatch, LineBatcher } from "./decode/line_batcher.ts";
import { lineBatches } from "./decode/line_batches.ts";
import { newDecoder } from "./decode/new_decoder.ts";
import type { WorkerPool } from "./workers/worker_pool.ts";
import type { AssignmentRules } from "./window/assign_rows.ts";
import { type HeldBatch, holdBatch } from "./window/hold_batch.ts";
import type { WindowingOptions } from "./window/windowed_partitions.ts";

/** A batch whose rows are held, and the lines that it was made of. */
export interface HeldLines {
  readonly batch: HeldBatch;
  readonly lines: LineBatch;
}

/** How the rows of batches are held. */
export interface HoldingOptions extends Pick<WindowingOptions, "partitionBy" | "late"> {
  /** What decides on the rows of a batch that ends at a place in the source. */
  readonly rulesFor: (batch: Pick<LineBatch, "end">) => AssignmentRules;
  /** What holds them: workers, which decode as well, or something here. */
  readonly holder: RowHolder | WorkerPool;
}

/**
 * Makes batches of bytes of JSON lines, and holds their rows by window and partition. That is decoding
 * and the first half of windowing in one, so that columns need not leave the memory of the decoder,
 * but for that of what holds them.
 */
export async function* heldBatches(
  bytes: AsyncIterable<Uint8Array>,
  settings: DecodeSettings,
  { start, holding }: { readonly start: DecodeStart; readonly holding: HoldingOptions },
): AsyncGenerator<HeldBatch, void> {
  const { offset, line: firstLine, ends } = start;
  const { holder, ...options } = holding;
  const batcher = new LineBatcher({ ...settings, start: offset, cutAt: ends });
  const batches = lineBatches(bytes, batcher, settings.idleMs);
  const held = "load" in holder
    ? holdHere(batches, { ...settings, ...options, firstLine, holder })
    : holder.hold(batches, { ...settings, ...options, firstLine });
  for await (const { batch, lines } of held) {
    yield releasable(batch, () => batcher.reuse(lines.bytes));
  }
}

async function* holdHere(
  batches: AsyncIterable<LineBatch>,
  options:
    & DecodeSettings
    & Pick<HoldingOptions, "partitionBy" | "rulesFor">
    & { readonly firstLine: number; readonly holder: RowHolder },
): AsyncGenerator<HeldLines, void> {
  const decoder = newDecoder({ ...options, isLent: true }, options.holder.kernel);
  for await (const lines of batches) {
    const rules = options.rulesFor(lines);
    yield { batch: holdBatch(decoder.decode(lines), { ...options, rules }), lines };
  }
}
