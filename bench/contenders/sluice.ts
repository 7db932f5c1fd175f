// This library: a file of JSON lines to a directory, every file synced. The threads it is given are
// workers beside the main one.
import { day, month, setWorkerScript, streamToParquet, tumbling, year } from "../../mod.ts";
import { setJsonKernel } from "../../src/decode/kernel_module.ts";
import { setParquetKernel } from "../../src/parquet/given_kernel.ts";
import { FsSource } from "../../src/sources/fs.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { parquetWasmSeconds } from "../timed_parquet_wasm.ts";
import { contend, packageVersion } from "./report.ts";

setWorkerScript(new URL("../worker.mjs", import.meta.url));

await contend(async (job, measure) => {
  const { input, output, partitionBy = "page_url_path", window = "1h" } = job;
  const { threads = 0, byReference = false, byParquetWasm = false } = job;
  if (byReference) setJsonKernel(null);
  if (byParquetWasm) setParquetKernel(null);
  await measure(() =>
    streamToParquet(new FsSource(input), {
      store: new FsStore(output),
      time: "event_timestamp",
      window: tumbling(window),
      lateness: "10s",
      partitionBy: [year(), month(), day(), partitionBy],
      compression: "snappy",
      workers: threads,
    })
  );
  return {
    ...(byParquetWasm ? { parquetWasmSeconds: parquetWasmSeconds() } : {}),
    versions: { "parquet-wasm": packageVersion("parquet-wasm") },
  };
});
