// Builds the npm package: `node scripts/build.mjs [--out DIR]`, by default into `dist`. The entries
// are those that deno.json has, and the command.
//
// Every module stays a file of its own: so bundlers leave out what is not used, which they cannot
// where modules share a file. Only the script of the workers is in one piece, but for what few need.
// How the binary of parquet-wasm is found is for package.json to choose, by runtime.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { compileKernel, TABLE_KERNEL } from "./compile_kernel.mjs";
import { workerBuild } from "./worker_build.mjs";

process.chdir(join(import.meta.dirname, ".."));
const { values: { out } } = parseArgs({ options: { out: { type: "string", default: "dist" } } });

const { exports } = JSON.parse(readFileSync("deno.json", "utf8"));
const entries = Object.values(exports);
const wasmSources = ["fetch", "node"].map((way) => `./src/parquet/wasm_source_${way}.ts`);
const command = "./src/cli/main.ts";

const options = {
  outdir: out,
  outbase: ".",
  bundle: true,
  packages: "external",
  external: ["#parquet-wasm-source"],
  format: "esm",
  platform: "neutral",
  target: "es2022",
  logLevel: "warning",
};
const { metafile } = await build({
  ...options,
  entryPoints: [...entries, ...wasmSources, command],
  write: false,
  metafile: true,
});

rmSync(out, { recursive: true, force: true });
await build({
  ...options,
  entryPoints: Object.keys(metafile.inputs),
  plugins: [{
    name: "every module by itself",
    setup({ onResolve }) {
      onResolve(
        { filter: /^\.{1,2}\/.*\.ts$/ },
        ({ kind, path }) =>
          kind === "entry-point"
            ? undefined
            : { path: path.replace(/\.ts$/, ".js"), external: true },
      );
    },
  }],
});
await build({ ...workerBuild, outdir: out });
writeFileSync(
  join(out, "cli.js"),
  `#!/usr/bin/env node\nimport "${command.replace(/\.ts$/, ".js")}";\n`,
  { mode: 0o755 },
);

// For those whose runtime compiles WebAssembly only when the program is built.
writeFileSync(join(out, "kernel.wasm"), await compileKernel(TABLE_KERNEL));

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
