import assert from "node:assert/strict";
import { test } from "node:test";
import { loadParquetWasm, MemoryStore, streamToParquet } from "../../mod.ts";

test("parquet-wasm is fetched, from where it is said to be, and again if that failed", async () => {
  const nowhere = new URL("/code/nowhere.wasm", location.href);
  await assert.rejects(loadParquetWasm(nowhere), /Cannot load parquet-wasm/);
  await loadParquetWasm(new URL("/code/parquet_wasm_bg.wasm", location.href));
  const { written } = await streamToParquet('{"page":"/home"}', { store: new MemoryStore() });
  assert.equal(written, 1);
});
