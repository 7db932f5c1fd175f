import type { ColumnBatch } from "../columns/column_batch.ts";
import type { RowHolder } from "../columns/held_rows.ts";
import { GeneratorStream } from "../generator_stream.ts";
import type { HeldBatch } from "./hold_batch.ts";
import { initialSchema, resolveWindowOptions, type WindowOptions } from "./window_options.ts";
import {
  type CommitPoint,
  INITIAL_STATE,
  type PartRows,
  WindowedPartitions,
  type WindowingCounts,
  type WindowingState,
} from "./windowed_partitions.ts";

/**
 * Batches in; out come the rows of each window and partition once the window is closed, one part
 * for each file to be, and after the parts that belong together a {@linkcode CommitPoint}.
 *
 * @example
 * ```ts
 * import { JsonLinesDecoderStream, tumbling, WindowedPartitionStream } from "sluice";
 *
 * const bytes = new Blob(['{"page":"/home","at":0}\n{"page":"/cart","at":1}\n']).stream();
 * const parts = bytes
 *   .pipeThrough(new JsonLinesDecoderStream({ time: "at" }))
 *   .pipeThrough(new WindowedPartitionStream({ window: tumbling("15m"), partitionBy: ["page"] }));
 * for await (const item of parts) {
 *   if (item.type === "part") console.log(item.partition.path, item.rows); // page=%2Fhome 1 …
 * }
 * ```
 */
export class WindowedPartitionStream extends GeneratorStream<ColumnBatch, PartRows | CommitPoint> {
  readonly #windows: WindowedPartitions;

  /**
   * @param state Where an earlier run left off.
   * @throws {TypeError | RangeError} If an option is not what it must be.
   */
  constructor(options: WindowOptions = {}, state: WindowingState = INITIAL_STATE) {
    const schema = initialSchema(state.schema, options);
    const windows = new WindowedPartitions(resolveWindowOptions(options), { ...state, schema });
    super((batches) => windowBatches(batches, windows));
    this.#windows = windows;
  }

  /** What was counted so far. */
  get counts(): WindowingCounts {
    return this.#windows.counts;
  }
}

/** Takes batches in, and lets out what they complete. */
export async function* windowBatches(
  batches: AsyncIterable<ColumnBatch | HeldBatch>,
  windows: WindowedPartitions,
): AsyncGenerator<PartRows | CommitPoint, void> {
  for await (const batch of batches) {
    if ("columns" in batch) windows.holder ??= await columnHolder();
    yield* windows.push(batch);
    if (batch.isQuiet) yield* windows.closeAll();
  }
  if (windows.isReplaying) {
    throw new Error("Cannot go on with the source: it ends before the place it had been read to");
  }
  yield* windows.closeAll();
}

/** Loaded when it is needed: what decodes too, as a rule, holds rows elsewhere. */
async function columnHolder(): Promise<RowHolder> {
  const { ColumnHolder } = await import("../columns/column_rows.ts");
  return new ColumnHolder();
}
