/** How fast events become a table in memory: the same code in Node and in a browser's worker. */

import {
  day,
  MemoryStore,
  month,
  simulateJsonLines,
  streamToParquet,
  tumbling,
  year,
} from "../../mod.ts";

const BYTES = 50e6;
const RUNS = 3;

/** Megabytes of JSON lines a second: the best of some runs over the same bytes. */
export async function measureThroughput(): Promise<number> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of simulateJsonLines({ sessionsPerDay: 200_000 })) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= BYTES) break;
  }
  let bestMs = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const started = performance.now();
    await streamToParquet(chunks, {
      store: new MemoryStore(),
      window: tumbling("15m"),
      time: "event_timestamp",
      partitionBy: [year(), month(), day(), "page_url_path"],
    });
    bestMs = Math.min(bestMs, performance.now() - started);
  }
  return size / 1e3 / bestMs;
}
