// What the disk itself can do: a write and an fdatasync for each batch.
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { assertSame, readBatches } from "./batches.ts";
import { contend } from "./report.ts";

await contend(async ({ input, output }, measure) => {
  const batches = readBatches(input);
  const path = join(output, "plain");
  await measure(async () => {
    const file = await open(path, "wx");
    for (const payload of batches) {
      await file.write(payload);
      await file.datasync();
    }
    await file.close();
  });
  assertSame([readFileSync(path)], batches);
  return { versions: {} };
});
