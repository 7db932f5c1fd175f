import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { emptyDirectory, run } from "../docs/snippets.ts";
import { downloadTable, metric, queryParquet, until, untilCommitted } from "./downloads.ts";
import { bundleWorker, EXAMPLE, ingestWith, runWorker, workerdOptions } from "./workerd.ts";

/** A bucket that fails while it is told to, by whoever asks for `/v1/files/fail-PUTS`. */
const FAULTY_BUCKET = `
  bucket: (env) => new Proxy(env.BUCKET, {
    get(bucket, verb) {
      return (...given) => {
        const key = String(given[0]);
        if (verb === "get" && /fail-\\w+$/.test(key)) globalThis.failing = key.split("-").at(-1);
        if (verb === "put" && globalThis.failing === "puts") {
          throw new Error("put: We encountered an internal error. (10001)");
        }
        if (globalThis.failing === "all" && !key.includes("fail-")) throw new TypeError("no bucket");
        return bucket[verb](...given);
      };
    },
  }),
`;

test("while the bucket fails nothing that was taken is lost, and the rest is refused with 503", async () => {
  const options = workerdOptions(
    await bundleWorker(ingestWith(`
      ${FAULTY_BUCKET} window: sluice.tumbling("1m"), time: "at", idle: "200ms", shards: 2,
      partitionBy: ["page"],
    `)),
    { directory: emptyDirectory("edge_faults"), more: { handleRuntimeStdio() {} } },
  );
  await using worker = await runWorker(options);
  const event = (id: number): string => `{"id":${id},"at":${id * 1000},"page":"/${id % 5}"}\n`;
  const lines = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, i) => event(from + i)).join("");
  assert.equal((await worker.post(lines(0, 50), { query: "?batch=0" })).status, 200);
  await worker.request("/v1/files/fail-all");
  // Nobody closes the windows of the shards; what comes meanwhile is in the journal or refused.
  await until(async () => await metric(worker, "sluice_failures_total") >= 2 || undefined);
  const refused = await worker.post(lines(50, 100), { query: "?batch=1" });
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "2");
  assert.match((await refused.json()).error.message, /same batch id/);
  assert.equal((await worker.request("/v1/tables")).status, 503);
  await worker.request("/v1/files/fail-none");
  assert.equal((await worker.post(lines(50, 100), { query: "?batch=1" })).status, 200);
  await untilCommitted(worker);
  const found = await queryParquet(
    await downloadTable(worker),
    "SELECT count(*), count(DISTINCT id) FROM $table",
  );
  assert.deepEqual(found, [["100", "100"]]);
});

test("the example is less than 165 kB, compressed, as it is deployed", async () => {
  const { code, wasm } = await bundleWorker(EXAMPLE, { minify: true });
  const sizes = [Buffer.from(code), ...wasm.values()].map((bytes) => gzipSync(bytes).length);
  const bytes = sizes.reduce((a, b) => a + b);
  assert.ok(bytes < 165_000, `${bytes} bytes`);
});

test("the example's configuration names what its code needs, and its types are right", () => {
  const text = readFileSync("examples/cloudflare-worker/wrangler.jsonc", "utf8");
  const config = JSON.parse(text.replace(/^ *\/\/.*$/gm, ""));
  assert.equal(config.main, "src/worker.ts");
  assert.equal(config.r2_buckets[0].binding, "BUCKET");
  assert.deepEqual(config.durable_objects.bindings, [{
    name: "SHARDS",
    class_name: "IngestShard",
  }]);
  assert.deepEqual(config.migrations[0].new_sqlite_classes, ["IngestShard"]);
  // As whoever deploys it has it checked, with the package being the source.
  const project = join(emptyDirectory("edge_example"), "tsconfig.json");
  const compilerOptions = {
    allowImportingTsExtensions: true,
    paths: {
      "sluice": [resolve("mod.ts")],
      "sluice/cloudflare": [resolve("src/cloudflare/mod.ts")],
      "sluice/stores/*": [resolve("src/stores/*.ts")],
      "#parquet-wasm-source": [resolve("src/parquet/wasm_source_fetch.ts")],
    },
  };
  writeFileSync(
    project,
    JSON.stringify({
      extends: resolve("examples/cloudflare-worker/tsconfig.json"),
      compilerOptions,
      include: [resolve("examples/cloudflare-worker/src")],
    }),
  );
  const compiler = "node_modules/typescript/bin/tsc";
  const { status, output } = run([process.execPath, compiler, "-p", project]);
  assert.equal(status, 0, output);
});
