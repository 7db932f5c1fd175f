// This library's journal: an append for each batch, in segments as windows would make them.
import { FsJournal } from "../../src/journal/fs.ts";
import { assertSame, readBatches } from "./batches.ts";
import { contend } from "./report.ts";

const BATCHES_PER_SEGMENT = 100;

await contend(async ({ input, output }, measure) => {
  const batches = readBatches(input);
  const segments = batches.map((_, i) => `segment-${Math.floor(i / BATCHES_PER_SEGMENT)}`);
  const journal = new FsJournal(output);
  await measure(async () => {
    await journal.open();
    for (const [i, payload] of batches.entries()) {
      await journal.append([{ segment: segments[i]!, payload }]);
    }
    await journal.close();
  });
  await journal.open();
  const kept: Uint8Array[] = [];
  for (const segment of new Set(segments)) {
    for await (const payload of journal.read(segment)) kept.push(payload);
  }
  await journal.close();
  assertSame(kept, batches);
  return { versions: {} };
});
