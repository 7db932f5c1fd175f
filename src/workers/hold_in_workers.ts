import type { HeldRows } from "../columns/held_rows.ts";
import { BatchLines } from "../decode/batch_lines.ts";
import type { DecodeSettings } from "../decode/decode_options.ts";
import type { LineBatch } from "../decode/line_batcher.ts";
import type { HeldBatch } from "../window/hold_batch.ts";
import type { HeldLines, HoldingOptions } from "../held_batches.ts";
import { mapAhead } from "./map_ahead.ts";
import type { SentBatch } from "./messages.ts";
import type { WorkerPool } from "./worker_pool.ts";
import { WorkerRows } from "./worker_rows.ts";

/** How batches are decoded, and their rows held. */
export interface HoldSettings
  extends Pick<DecodeSettings, "time" | "maxEventBytes" | "now">, Omit<HoldingOptions, "holder"> {
  readonly firstLine: number;
}

/**
 * Has batches decoded, and their rows held, by any worker that is free; they come in the order of the
 * source.
 */
export async function* holdInWorkers(
  pool: WorkerPool,
  batches: AsyncIterable<LineBatch>,
  settings: HoldSettings,
): AsyncGenerator<HeldLines, void> {
  const { time, maxEventBytes, now, partitionBy, rulesFor, late } = settings;
  const hold = async (lines: LineBatch) => {
    const firstNumber = pool.newNumbers(lines.bytes.length); // there are no more windows than bytes
    const { result, worker } = await pool.run({
      type: "hold",
      lines,
      events: { time, maxEventBytes },
      arrivalMs: now(),
      partitionBy,
      rules: rulesFor(lines),
      tellsRows: late === "dead-letter",
      firstNumber,
    });
    return { result, worker, firstNumber };
  };
  /** What each worker told last of the kinds of values. */
  const lastSeen: HeldRows["seen"][] = [];
  let line = settings.firstLine;
  for await (const { result, worker, firstNumber } of mapAhead(batches, hold, pool.batchesAhead)) {
    const windows = result.windows.map((own, i) => {
      const seen = lastSeen[worker] = own.held.seen ?? lastSeen[worker]!;
      const place = { worker, number: firstNumber + i };
      return { ...own, held: new WorkerRows(pool, place, { ...own.held, seen }) };
    });
    const batch = { ...numbered(result, line, maxEventBytes), windows };
    line = batch.nextLine;
    yield { batch, lines: result.lines };
  }
}

/** The batch, once it is known how many lines came before. */
function numbered(
  sent: SentBatch,
  firstLine: number,
  maxEventBytes: number,
): Omit<HeldBatch, "windows"> {
  const { accepted, deadLetters, maxTime, lines, lineCount } = sent;
  let described: BatchLines | undefined;
  return {
    accepted,
    deadLetters: deadLetters.map((letter) => ({ ...letter, line: letter.line + firstLine })),
    maxTime,
    start: lines.start,
    end: lines.end,
    firstLine,
    nextLine: firstLine + lineCount,
    isQuiet: lines.isQuiet ?? false,
    line(row) {
      described ??= new BatchLines(lines, firstLine);
      return described.describe(row, maxEventBytes);
    },
  };
}
