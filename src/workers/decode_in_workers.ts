import type { ColumnBatch } from "../columns/column_batch.ts";
import type { DecodeSettings } from "../decode/decode_options.ts";
import type { LineBatch } from "../decode/line_batcher.ts";
import { mapAhead } from "./map_ahead.ts";
import { BatchUnpacker } from "./packed_batch.ts";
import type { WorkerPool } from "./worker_pool.ts";

/** Has batches decoded by any worker that is free; they come in the order of the source. */
export async function* decodeInWorkers(
  batches: AsyncIterable<LineBatch>,
  { settings, firstLine, pool }: {
    readonly settings: DecodeSettings;
    readonly firstLine: number;
    readonly pool: WorkerPool;
  },
): AsyncGenerator<ColumnBatch, void> {
  const { time, maxEventBytes, now } = settings;
  const unpackers = Array.from({ length: pool.size }, () => new BatchUnpacker());
  const decode = async (lines: LineBatch): Promise<(firstLine: number) => ColumnBatch> => {
    const { result, worker } = await pool.run({
      type: "decode",
      lines,
      options: { time, maxEventBytes },
      arrivalMs: now(),
    });
    return unpackers[worker]!.take(result, maxEventBytes);
  };
  let line = firstLine;
  for await (const numbered of mapAhead(batches, decode, pool.batchesAhead)) {
    const batch = numbered(line);
    line = batch.nextLine;
    yield batch;
  }
}
