// A Worker that writes the events it is sent to a table in memory, and answers with it as a zip.
import { loadParquetWasm, MemoryStore, setKernel, streamToParquet, zipTable } from "sluice";
import { kernelModule } from "../../src/decode/kernel_module.ts";
// @ts-expect-error Workers import a binary as a compiled module.
import wasm from "parquet-wasm/esm/parquet_wasm_bg.wasm";
// @ts-expect-error The same.
import kernel from "sluice/kernel.wasm";

loadParquetWasm(wasm);

export default {
  async fetch(request: Request): Promise<Response> {
    const store = new MemoryStore();
    setKernel(new URL(request.url).pathname === "/kernel" ? kernel : null);
    await streamToParquet(request.body!, {
      store,
      time: "event_timestamp",
      partitionBy: ["page_url_path"],
    });
    const headers = { "x-kernel": String(kernelModule() !== null) };
    return new Response(zipTable(store), { headers });
  },
};
