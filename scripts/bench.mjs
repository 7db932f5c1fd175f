// Runs the benchmarks: `npm run bench -- [--memory | --journal | --decode] [options]`; see bench/README.md.
//
// Everything that runs in Node is bundled first, as it is for production: one module for each
// contender, packages left outside it.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

process.chdir(join(import.meta.dirname, ".."));

const contenders = readdirSync("bench/contenders")
  .filter((name) => name.endsWith(".ts"))
  .map((name) => join("bench/contenders", name));
const outdir = ".build/bench/code";
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: ["bench/run.ts", ...contenders],
  outdir,
  outbase: "bench",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  packages: "external",
  external: ["bun:*"],
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "warning",
});
await build({
  entryPoints: { worker: "src/workers/worker_main.ts" },
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "warning",
});
await import(pathToFileURL(join(outdir, "run.mjs")).href);
