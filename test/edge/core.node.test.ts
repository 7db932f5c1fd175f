// The core in workerd, which has no files, refuses `eval` and compiles no WebAssembly from bytes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { build } from "esbuild";
import { unzipSync } from "fflate";
import { Miniflare } from "miniflare";
import { compileKernel, TABLE_KERNEL } from "../../scripts/compile_kernel.mjs";
import { MemoryStore, setKernel, simulateJsonLines, streamToParquet } from "../../mod.ts";

const WASM = "parquet-wasm/esm/parquet_wasm_bg.wasm";
const KERNEL = "sluice/kernel.wasm";

const { outputFiles: [script] } = await build({
  entryPoints: ["test/edge/core_worker.ts"],
  bundle: true,
  write: false,
  format: "esm",
  target: "es2022",
  conditions: ["workerd", "worker"],
  alias: { "#parquet-wasm-source": "./src/parquet/wasm_source_fetch.ts" },
  external: [WASM, KERNEL],
  logLevel: "warning",
});
const worker = new Miniflare({
  modules: [
    { type: "ESModule", path: "worker.mjs", contents: script!.text },
    { type: "CompiledWasm", path: WASM, contents: readFileSync(`node_modules/${WASM}`) },
    {
      type: "CompiledWasm",
      path: KERNEL,
      contents: await compileKernel(TABLE_KERNEL),
    },
  ],
  compatibilityDate: "2026-01-01",
});
after(() => worker.dispose());

for (const path of ["kernel", ""]) {
  const which = path === "" ? "without" : "with";
  test(`the core writes in workerd, ${which} the kernel, what it writes here`, () =>
    assertSameFiles(path));
}

async function assertSameFiles(path: string): Promise<void> {
  const events = await new Response(simulateJsonLines({ events: 200, seed: 7 })).text();
  const url = `http://worker/${path}`;
  const response = await worker.dispatchFetch(url, { method: "POST", body: events });
  const bytes = new Uint8Array(await response.arrayBuffer());
  assert.equal(response.status, 200, new TextDecoder().decode(bytes.subarray(0, 2000)));

  if (path === "") setKernel(null);
  const store = new MemoryStore();
  await streamToParquet(events, {
    store,
    time: "event_timestamp",
    partitionBy: ["page_url_path"],
  });
  const expected: Record<string, Uint8Array | undefined> = {};
  for await (const { key } of store.list("")) {
    if (key.endsWith(".parquet")) expected[key] = await store.get(key);
  }
  assert.ok(Object.keys(expected).length > 10);
  const files = unzipSync(bytes, { filter: ({ name }) => name.endsWith(".parquet") });
  assert.deepEqual(
    Object.fromEntries(Object.entries(files).map(([name, file]) => [name, new Uint8Array(file)])),
    expected,
  );
  assert.equal(response.headers.get("x-kernel"), String(path === "kernel"));
}

test("the bundle of the core has no import that a Worker does not", () => {
  const imports = Array.from(
    script!.text.matchAll(/^import .* from "(.*)";$/gm),
    ([, from]) => from,
  );
  assert.deepEqual(imports, [WASM, KERNEL]);
});
