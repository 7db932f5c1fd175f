// Runs the benchmarks: `npm run bench -- [--memory | --journal | …] [options]`; see bench/README.md.
//
// Everything that runs in Node is bundled first, as it is for production: one module for each
// contender, packages left outside it.
import { readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { workerBuildForNode } from "./worker_build.mjs";

process.chdir(join(import.meta.dirname, ".."));

const contenders = readdirSync("bench/contenders")
  .filter((name) => name.endsWith(".ts"))
  .map((name) => join("bench/contenders", name));

// The library's calls of parquet-wasm are timed, by a module that stands before it.
const timed = {
  name: "timed-parquet-wasm",
  setup({ onResolve }) {
    onResolve({ filter: /^parquet-wasm\/esm$/ }, ({ importer }) => {
      const path = resolve("bench/timed_parquet_wasm.ts");
      return importer === path ? { path: "parquet-wasm/esm", external: true } : { path };
    });
  },
};
const outdir = ".build/bench/code";
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: ["bench/run.ts", ...contenders],
  outdir,
  outbase: "bench",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true, // or all packages would be loaded at once, those too that are loaded on demand
  packages: "external",
  plugins: [timed],
  external: ["bun:*"],
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "warning",
});
await build({ ...workerBuildForNode, outdir });
await import(pathToFileURL(join(outdir, "run.mjs")).href);
