import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Where parquet-wasm's binary comes from, in Node and Bun: their `fetch` may not read files. */
export function wasmSource(): Promise<Uint8Array<ArrayBuffer>> {
  const url = import.meta.resolve("parquet-wasm/esm/parquet_wasm_bg.wasm");
  return readFile(fileURLToPath(url));
}
