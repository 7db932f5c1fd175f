// Builds the npm package: `node scripts/build.mjs [--out DIR]`, by default into `dist`.
//
// The modules are bundled, with packages left outside, so that each is read in a few files; how the
// binary of parquet-wasm is found stays outside too, for package.json chooses it by runtime.
import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { build } from "esbuild";

process.chdir(join(import.meta.dirname, ".."));
const { values: { out } } = parseArgs({ options: { out: { type: "string", default: "dist" } } });

rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: {
    "mod": "mod.ts",
    "src/stores/fs": "src/stores/fs.ts",
    "src/journal/fs": "src/journal/fs.ts",
    "src/stores/opfs": "src/stores/opfs.ts",
    "src/stores/idb": "src/stores/idb.ts",
    "src/journal/opfs": "src/journal/opfs.ts",
    "src/journal/idb": "src/journal/idb.ts",
    "src/stores/table_lock": "src/stores/table_lock.ts",
    "src/testing/mod": "src/testing/mod.ts",
    "src/parquet/wasm_source_fetch": "src/parquet/wasm_source_fetch.ts",
    "src/parquet/wasm_source_node": "src/parquet/wasm_source_node.ts",
    "cli": "src/cli/main.ts",
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

const tsc = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", out];
const { status } = spawnSync(process.execPath, tsc, { stdio: "inherit" });
if (status !== 0) process.exit(1);

// The compiler leaves the specifiers of declarations as they are in the source, and expects whoever
// reads them to have heard of `await using`.
for (const path of readdirSync(out, { recursive: true })) {
  if (!path.endsWith(".d.ts")) continue;
  const file = join(out, path);
  const text = readFileSync(file, "utf8").replace(/(from "\.{1,2}\/[^"]*)\.ts";/g, '$1.js";');
  const head = /asyncDispose/i.test(text) ? '/// <reference lib="esnext.disposable" />\n' : "";
  writeFileSync(file, head + text);
}
