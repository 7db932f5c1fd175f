// This library: a file of JSON lines to a directory, every file synced. The threads it is given are
// workers beside the main one.
import { createReadStream } from "node:fs";
import {
  day,
  month,
  setJsonKernel,
  setWorkerScript,
  streamToParquet,
  tumbling,
  year,
} from "../../mod.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { contend, packageVersion } from "./report.ts";

setWorkerScript(new URL("../worker.mjs", import.meta.url));

await contend(async ({ input, output, threads = 0, byReference = false }, measure) => {
  if (byReference) setJsonKernel(null);
  await measure(() =>
    streamToParquet(createReadStream(input, { highWaterMark: 1 << 20 }), {
      store: new FsStore(output),
      time: "event_timestamp",
      window: tumbling("1h"),
      lateness: "10s",
      partitionBy: [year(), month(), day(), "page_url_path"],
      compression: "snappy",
      workers: threads,
    })
  );
  return { versions: { "parquet-wasm": packageVersion("parquet-wasm") } };
});
