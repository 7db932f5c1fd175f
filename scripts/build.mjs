// Builds the npm package: `node scripts/build.mjs [--out DIR]`, by default into `dist`. The entries
// are those that deno.json has.
//
// The modules are bundled, with packages left outside, so that each is read in a few files; how the
// binary of parquet-wasm is found stays outside too, for package.json chooses it by runtime.
import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { build } from "esbuild";

process.chdir(join(import.meta.dirname, ".."));
const { values: { out } } = parseArgs({ options: { out: { type: "string", default: "dist" } } });

const { exports } = JSON.parse(readFileSync("deno.json", "utf8"));
const entries = Object.values(exports);
const wasmSources = ["fetch", "node"].map((way) => `./src/parquet/wasm_source_${way}.ts`);
const nameOf = (path) => path.replace(/^\.\/(.*)\.ts$/, "$1");

rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: {
    ...Object.fromEntries([...entries, ...wasmSources].map((path) => [nameOf(path), path])),
    cli: "src/cli/main.ts",
  },
  outdir: out,
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  packages: "external",
  external: ["#parquet-wasm-source"],
  format: "esm",
  platform: "neutral",
  target: "es2022",
  logLevel: "warning",
});
chmodSync(join(out, "cli.js"), 0o755);

const project = join(out, "tsconfig.json");
const compilerOptions = {
  noEmit: false,
  emitDeclarationOnly: true,
  rootDir: process.cwd(),
  outDir: resolve(out),
};
writeFileSync(
  project,
  JSON.stringify({
    extends: resolve("tsconfig.json"),
    compilerOptions,
    include: [],
    files: entries.map((path) => resolve(path)),
  }),
);
const tsc = ["node_modules/typescript/bin/tsc", "-p", project];
const { status } = spawnSync(process.execPath, tsc, { stdio: "inherit" });
if (status !== 0) process.exit(1);
rmSync(project);

// The compiler leaves the specifiers of declarations as they are in the source, and expects whoever
// reads them to have heard of `await using`.
for (const path of readdirSync(out, { recursive: true })) {
  if (!path.endsWith(".d.ts")) continue;
  const file = join(out, path);
  const text = readFileSync(file, "utf8").replace(/(from "\.{1,2}\/[^"]*)\.ts";/g, '$1.js";');
  const head = /asyncDispose/i.test(text) ? '/// <reference lib="esnext.disposable" />\n' : "";
  writeFileSync(file, head + text);
}
