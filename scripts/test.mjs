// Runs the test suites: `node scripts/test.mjs [--in bun,deno,node] [--times N] [FILE…]`. With
// `--times`, only those that have properties, in Node, each property N times over.
//
// `NAME.test.ts` runs in Node, Deno and Bun; `NAME.node.test.ts` in Node alone (it drives native
// readers or child processes). Deno and Bun run the TypeScript as it is; Node 20 does not, so
// esbuild turns each test file into one module first, with packages left outside it.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { workerBuildForNode } from "./worker_build.mjs";

// The slowest last: it ends with all failures once more, so they are what a long log ends with.
const RUNTIMES = ["bun", "deno", "node"];
process.chdir(join(import.meta.dirname, ".."));

const { values, positionals } = parseArgs({
  options: {
    in: { type: "string", default: RUNTIMES.join(",") },
    times: { type: "string", default: "1" },
  },
  allowPositionals: true,
});
const isRepeated = values.times !== "1";
const runtimes = isRepeated ? ["node"] : values.in.split(",");
for (const runtime of runtimes) {
  if (!RUNTIMES.includes(runtime)) {
    console.error(`--in must list some of ${RUNTIMES.join(", ")}: current value is ${runtime}`);
    process.exit(2);
  }
}

const found = readdirSync("test", { recursive: true })
  .filter((path) => path.endsWith(".test.ts"))
  .map((path) => join("test", path))
  .sort();
const files = found.filter((file) =>
  (positionals.length === 0 || positionals.some((wanted) => file.includes(wanted))) &&
  (!isRepeated || readFileSync(file, "utf8").includes('from "fast-check"'))
);
const portable = files.filter((file) => !file.endsWith(".node.test.ts"));
if (files.length === 0) {
  console.error(`No test file matches ${positionals.join(", ")}`);
  process.exit(2);
}

const failed = [];
for (const runtime of runtimes) {
  console.log(`\n── tests in ${runtime} ──`);
  const started = performance.now();
  const status = await { node: inNode, deno: inDeno, bun: inBun }[runtime]();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`── ${runtime}: ${status === 0 ? "passed" : "FAILED"} in ${seconds} s ──`);
  if (status !== 0) failed.push(runtime);
}
if (failed.length > 0) {
  console.error(`\nTests failed in ${failed.join(", ")}`);
  process.exit(1);
}

async function inNode() {
  // Its own for each run, so that runs do not get in each other's way.
  const outdir = `.build/test-${process.pid}`;
  process.on("exit", () => rmSync(outdir, { recursive: true, force: true }));
  const options = {
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: true,
    logLevel: "warning",
  };
  process.env.PROPERTY_TIMES = values.times;
  await build({
    ...options,
    alias: isRepeated ? { "fast-check": resolve("scripts/repeated_properties.mjs") } : {},
    entryPoints: files,
    outdir,
    outbase: "test",
    outExtension: { ".js": ".mjs" },
    splitting: true,
  });
  const worker = resolve(outdir, "worker.mjs");
  await build({ ...workerBuildForNode, outdir, sourcemap: true });
  process.env.SLUICE_WORKER = worker; // see test/workers/worker_script.ts
  const bundles = files.map((file) => file.replace(/^test/, outdir).replace(/\.ts$/, ".mjs"));
  return run(process.execPath, [
    "--enable-source-maps",
    "--test",
    // Two at least: most of what takes long waits for processes of its own.
    `--test-concurrency=${Math.max(2, availableParallelism() - 1)}`,
    "--test-timeout=900000", // what hangs fails
    "--test-reporter=spec",
    ...bundles,
  ]);
}

function inDeno() {
  if (portable.length === 0) return 0;
  return run("node_modules/.bin/deno", [
    "test",
    "--no-check",
    "--allow-all",
    "--quiet",
    ...portable,
  ]);
}

function inBun() {
  if (portable.length === 0) return 0;
  return run("node_modules/.bin/bun", [
    "test",
    "--timeout",
    "60000",
    ...portable.map((f) => `./${f}`),
  ]);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit" });
  if (error) throw error;
  return status ?? 1;
}
