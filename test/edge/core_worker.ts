// A Worker that writes the events it is sent to a table in memory, and answers with it as a zip.
import { loadParquetWasm, MemoryStore, streamToParquet, zipTable } from "sluice";
// @ts-expect-error Workers import a binary as a compiled module.
import wasm from "parquet-wasm/esm/parquet_wasm_bg.wasm";

loadParquetWasm(wasm);

export default {
  async fetch(request: Request): Promise<Response> {
    const store = new MemoryStore();
    await streamToParquet(request.body!, {
      store,
      time: "event_timestamp",
      partitionBy: ["page_url_path"],
    });
    return new Response(zipTable(store));
  },
};
