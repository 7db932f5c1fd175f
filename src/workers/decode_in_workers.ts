import type { DecodeSettings } from "../decode/decode_options.ts";
import type { DecodedLines } from "../decode/decoder.ts";
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
): AsyncGenerator<DecodedLines, void> {
  const { time, maxEventBytes, now } = settings;
  const unpackers = Array.from({ length: pool.size }, () => new BatchUnpacker());
  const decode = async (lines: LineBatch) => {
    const { result, worker } = await pool.run({
      type: "decode",
      lines,
      options: { time, maxEventBytes },
      arrivalMs: now(),
    });
    return { numbered: unpackers[worker]!.take(result, maxEventBytes), lines: result.lines };
  };
  let line = firstLine;
  for await (const { numbered, lines } of mapAhead(batches, decode, pool.batchesAhead)) {
    const batch = numbered(line);
    line = batch.nextLine;
    yield { batch, lines };
  }
}
