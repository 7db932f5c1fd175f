// This library with events that are pushed, and durable before more are taken.
import { join } from "node:path";
import { TableWriter } from "../../mod.ts";
import { FsJournal } from "../../src/journal/fs.ts";
import { Arrivals, OPTIONS } from "./arrivals.ts";
import { contend, packageVersion } from "./report.ts";

await contend(async ({ input, output }, measure) => {
  const arrivals = new Arrivals(input);
  const writer = await TableWriter.open({
    ...OPTIONS,
    store: arrivals.store(join(output, "table")),
    journal: new FsJournal(join(output, "journal")),
  });
  await measure(async () => {
    for await (const chunk of arrivals.chunks()) await writer.append(chunk);
    await writer.close();
  });
  return {
    latenciesMs: arrivals.latenciesMs(),
    versions: { "parquet-wasm": packageVersion("parquet-wasm") },
  };
});
