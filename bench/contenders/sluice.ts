// This library: a file of JSON lines to a directory, every file synced.
import { createReadStream } from "node:fs";
import { day, month, streamToParquet, tumbling, year } from "../../mod.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { contend, packageVersion } from "./report.ts";

await contend(async ({ input, output }, measure) => {
  await measure(() =>
    streamToParquet(createReadStream(input), {
      store: new FsStore(output),
      time: "event_timestamp",
      window: tumbling("1h"),
      lateness: "10s",
      partitionBy: [year(), month(), day(), "page_url_path"],
      compression: "zstd",
    })
  );
  return { versions: { "parquet-wasm": packageVersion("parquet-wasm") } };
});
