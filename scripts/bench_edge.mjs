// Measures the ingest on Cloudflare in workerd:
// `npm run bench:edge -- [--only size,start,requests,load,cpu,memory]
// [--rate 2000] [--seconds 60] [--window 15m]`.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

process.chdir(join(import.meta.dirname, ".."));
mkdirSync(".build", { recursive: true });
const directory = mkdtempSync(".build/bench-edge-");
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
await build({
  entryPoints: ["bench/edge.ts"],
  outfile: join(directory, "edge.mjs"),
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "warning",
});
await import(pathToFileURL(resolve(directory, "edge.mjs")).href);
