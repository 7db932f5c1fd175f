// Tests the built demo in Chromium: `node scripts/test_demo.mjs [--rounds 4] [FILE…]`.
//
// `test/demo/NAME.demo.ts` are run by Node's test runner. `--rounds` is how often the browser is
// killed.
import { spawn } from "node:child_process";
import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { findBrowser } from "./browsers.mjs";
import { buildDemo } from "./build_demo.mjs";
import { serveDirectory } from "./start_demo.mjs";

process.chdir(join(import.meta.dirname, ".."));
const { values: { rounds }, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "4" } },
  allowPositionals: true,
});
const files = readdirSync("test/demo")
  .filter((name) => name.endsWith(".demo.ts"))
  .filter((name) => positionals.length === 0 || positionals.some((wanted) => name.includes(wanted)))
  .sort();
if (files.length === 0) {
  console.error(`No test file matches ${positionals.join(", ")}`);
  process.exit(2);
}

findBrowser("chromium");
// Its own for each run, so that runs do not get in each other's way.
const outdir = `.build/demo-${process.pid}`;
process.on("exit", () => rmSync(outdir, { recursive: true, force: true }));
await buildDemo(join(outdir, "page"));
await build({
  entryPoints: files.map((name) => join("test/demo", name)),
  outdir: join(outdir, "test"),
  outExtension: { ".js": ".mjs" },
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20",
  sourcemap: true,
  logLevel: "warning",
});
const example = join(outdir, "example");
await build({
  entryPoints: ["examples/browser/clicks.js"],
  outdir: example,
  bundle: true,
  format: "esm",
  alias: { "#parquet-wasm-source": "./src/parquet/wasm_source_fetch.ts" },
  logLevel: "warning",
});
cpSync("examples/browser/index.html", join(example, "index.html"));
const server = await serveDirectory(join(outdir, "page"));
const exampleServer = await serveDirectory(example);
const bundles = files.map((name) => join(outdir, "test", name.replace(/\.ts$/, ".mjs")));
const child = spawn(process.execPath, [
  "--enable-source-maps",
  "--test",
  "--test-concurrency=1", // what is measured is not to be disturbed
  "--test-timeout=900000",
  "--test-reporter=spec",
  ...bundles,
], {
  stdio: "inherit",
  env: {
    ...process.env,
    SLUICE_DEMO: server.origin,
    SLUICE_DEMO_ROUNDS: rounds,
    SLUICE_DEMO_DIRECTORY: join(outdir, "page"),
    SLUICE_EXAMPLE: exampleServer.origin,
  },
});
const status = await new Promise((resolve) => child.once("close", resolve));
server.close();
exampleServer.close();
process.exit(status ?? 1);
