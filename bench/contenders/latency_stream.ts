// This library on a source that goes on arriving.
import { streamToParquet } from "../../mod.ts";
import { Arrivals, OPTIONS } from "./arrivals.ts";
import { contend, packageVersion } from "./report.ts";

await contend(async ({ input, output, batchBytes = 1 << 20 }, measure) => {
  const arrivals = new Arrivals(input);
  const store = arrivals.store(output);
  await measure(() => streamToParquet(arrivals.chunks(), { ...OPTIONS, store, batchBytes }));
  return {
    latenciesMs: arrivals.latenciesMs(),
    versions: { "parquet-wasm": packageVersion("parquet-wasm") },
  };
});
