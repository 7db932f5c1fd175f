import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { type IngestOptions, resolveIngestOptions } from "../../src/cloudflare/ingest_options.ts";
import { setParquetKernel } from "../../src/parquet/given_kernel.ts";

const OPTIONS = {
  bucket: () => ({}) as never,
  namespace: () => ({}) as never,
} satisfies IngestOptions<unknown>;

/** Eight bytes that are a module, of nothing. */
const EMPTY = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

afterEach(() => {
  setParquetKernel(undefined);
});

test("an ingest takes either the kernel or parquet-wasm, and says which it lacks", () => {
  const kernelOf = (options: object) => resolveIngestOptions({ ...OPTIONS, ...options }).wasm;
  assert.equal(kernelOf({}), undefined);
  assert.equal(kernelOf({ wasm: EMPTY }), undefined); // it is not needed
  assert.equal(kernelOf({ wasm: EMPTY, compression: "zstd" }), EMPTY);
  assert.throws(() => kernelOf({ compression: "zstd" }), {
    name: "TypeError",
    message: 'Cannot write files with the compression "zstd": that takes the option "wasm", ' +
      "with the binary of parquet-wasm",
  });
  setParquetKernel(null);
  assert.equal(kernelOf({ wasm: EMPTY }), EMPTY);
  assert.throws(() => kernelOf({}), {
    name: "TypeError",
    message: 'Cannot write files with the compression "snappy": that takes setKernel, with ' +
      '"sluice/kernel.wasm", before',
  });
  assert.throws(() => kernelOf({ wasm: new Uint8Array(8) }), {
    name: "TypeError",
    message: /"wasm": it must be a WebAssembly.Module/,
  });
});
