// Appends to a FsJournal, against the disk itself: one write and one fdatasync a batch.
// `deno run -A bench/journal.ts`, `bun bench/journal.ts`; for Node through esbuild.
import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { FsJournal } from "../src/journal/fs.ts";

const EVENTS_PER_BATCH = 100;
const BATCHES = 1000;

for (const eventBytes of [200, 1000]) {
  const payload = new Uint8Array(EVENTS_PER_BATCH * eventBytes).fill(97);
  const disk = await inScratch((directory) => writeAndSync(directory, payload));
  for (const callers of [1, 8]) {
    const journal = await inScratch((directory) => append(directory, { payload, callers }));
    const eventsPerSecond = Math.round(BATCHES * EVENTS_PER_BATCH / (journal / 1000));
    console.log(
      `${eventBytes} B events, ${callers} caller(s): ${eventsPerSecond} events/s, ` +
        `${(journal / BATCHES).toFixed(2)} ms a batch, ` +
        `${(journal / disk).toFixed(2)} of write + fdatasync`,
    );
  }
}

async function append(
  directory: string,
  options: { payload: Uint8Array; callers: number },
): Promise<void> {
  const { payload, callers } = options;
  const journal = new FsJournal(directory);
  await journal.open();
  let left = BATCHES;
  await Promise.all(Array.from({ length: callers }, async () => {
    while (left-- > 0) {
      // A batch at the border of two windows.
      const half = payload.length / 2;
      await journal.append([
        { segment: "20220601T001500Z", payload: payload.subarray(0, half) },
        { segment: "20220601T003000Z", payload: payload.subarray(half) },
      ]);
    }
  }));
  await journal.close();
}

async function writeAndSync(directory: string, payload: Uint8Array): Promise<void> {
  const file = await open(join(directory, "plain"), "wx");
  for (let i = 0; i < BATCHES; i++) {
    await file.write(payload, 0, payload.length, i * payload.length);
    await file.datasync();
  }
  await file.close();
}

/** How long it takes in an empty directory next to the working directory's files, in ms. */
async function inScratch(run: (directory: string) => Promise<void>): Promise<number> {
  const directory = mkdtempSync(join(process.cwd(), "bench-journal-"));
  try {
    const started = performance.now();
    await run(directory);
    return performance.now() - started;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
