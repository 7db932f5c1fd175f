import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { build } from "esbuild";
import { run } from "../docs/snippets.ts";
import { installed, manifest, project, succeed } from "./installed_package.ts";

const RUNTIMES: Readonly<Record<string, readonly [string, ...string[]]>> = {
  Node: [process.execPath],
  Deno: [resolve("node_modules/.bin/deno"), "run", "--quiet", "-A", "--node-modules-dir=manual"],
  Bun: [resolve("node_modules/.bin/bun")],
};

const USE = `
  import { loadParquetWasm, MemoryStore, streamToParquet } from "sluice";
  const store = new MemoryStore();
  const { written } = await streamToParquet('{"page":"/home"}', { store, partitionBy: ["page"] });
  console.log("written:", written);
`;

test("the npm package holds the build and the documents, and nothing else", () => {
  const list = succeed(["npm", "pack", "--dry-run", "--json", "--ignore-scripts"], installed);
  const [{ files }] = JSON.parse(list) as [
    { readonly files: readonly { readonly path: string }[] },
  ];
  const strange = files.map(({ path }) => path).filter((path) =>
    !/^(dist\/.+\.(js|d\.ts)|dist\/kernel\.wasm|(README|CHANGELOG)\.md|LICENSE|package\.json)$/
      .test(path)
  );
  assert.ok(files.some(({ path }) => path === "dist/mod.js"));
  assert.deepEqual(strange, []);
});

test("the npm package depends on the packages it imports", () => {
  const imported = new Set<string>();
  for (const path of readdirSync(join(installed, "dist"), { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".js")) continue;
    const code = readFileSync(join(installed, "dist", path), "utf8");
    for (const [, name] of code.matchAll(/(?:from|import) "((?:@[^/"]+\/)?[\w-]+)[^":]*"/g)) {
      imported.add(name!);
    }
  }
  assert.ok(imported.has("parquet-wasm"));
  assert.deepEqual([...imported].filter((name) => !(name in manifest.dependencies)), []);
});

for (const [runtime, command] of Object.entries(RUNTIMES)) {
  test(`${runtime} imports every entry of the npm package, and writes Parquet with it`, () => {
    const entries = Object.keys(manifest.exports).filter((name) =>
      !/\.(json|wasm)$|worker$/.test(name)
    );
    const imports = entries.map((name) => `import "sluice${name.slice(1)}";`);
    const file = join(project, "use.mjs");
    writeFileSync(file, [...imports, USE].join("\n"));
    assert.match(succeed([...command, file], project), /written: 1/);
  });
}

for (const [runtime, command] of Object.entries(RUNTIMES)) {
  test(`${runtime} finds the workers of the npm package`, () => {
    const file = join(project, "use_workers.mjs");
    writeFileSync(file, USE.replace("{ store,", "{ store, workers: 2,"));
    assert.match(succeed([...command, file], project), /written: 1/);
  });
}

test("the command has workers, and the kernel that is beside it compiles", () => {
  const events = join(project, "events.ndjson");
  writeFileSync(events, '{"page":"/home","at":0}\n{"page":"/cart","at":1}\n');
  const args = ["write", events, "--out", join(project, "out"), "--time", "at", "--workers", "2"];
  const said = succeed([process.execPath, join(installed, "dist/cli.js"), ...args, "--json"]);
  assert.equal((JSON.parse(said) as { readonly written: number }).written, 2);
  const kernel = new WebAssembly.Module(readFileSync(join(installed, "dist/kernel.wasm")));
  assert.ok(WebAssembly.Module.exports(kernel).some(({ name }) => name === "read"));
});

test("the command of the npm package runs", () => {
  const command = join(installed, "dist/cli.js");
  assert.match(readFileSync(command, "utf8"), /^#!\/usr\/bin\/env node\n/);
  assert.equal(
    succeed([process.execPath, command, "--version"], project),
    `sluice ${manifest.version}\n`,
  );
});

test("a bundle for browsers needs nothing of Node, and finds the binary beside it", async () => {
  const outfile = join(project, "browser/bundle.js");
  await build({
    stdin: { contents: USE, resolveDir: project },
    outfile,
    bundle: true,
    format: "esm",
    platform: "browser", // fails on modules of Node
    logLevel: "silent",
  });
  cpSync(
    "node_modules/parquet-wasm/esm/parquet_wasm_bg.wasm",
    join(project, "browser/parquet_wasm_bg.wasm"),
  );
  // Of the runtimes at hand, Deno is the one that can fetch a file, as a browser would.
  assert.match(succeed([...RUNTIMES["Deno"]!, outfile], project), /written: 1/);
});

test("what holds rows and encodes is loaded when a run begins, and whoever cannot have it is told", async () => {
  const outdir = join(project, "split");
  await build({
    stdin: { contents: `console.log("begun");${USE}`, resolveDir: project },
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    outExtension: { ".js": ".mjs" },
    logLevel: "silent",
  });
  for (const name of readdirSync(outdir)) {
    if (name.startsWith("row_holder-")) rmSync(join(outdir, name));
  }
  const { status, stdout, output } = run([process.execPath, join(outdir, "stdin.mjs")], {});
  assert.equal(status, 1);
  assert.equal(stdout, "begun\n");
  assert.match(output, /Error: Cannot load the part of sluice that is for Parquet/);
  assert.match(output, /cause.*Cannot find module .*row_holder-/s);
});

for (
  const settings of [
    { module: "nodenext", lib: ["es2024"], types: ["node"], skipLibCheck: true },
    { module: "preserve", moduleResolution: "bundler", lib: ["es2024", "dom"] },
  ]
) {
  test(`TypeScript finds the types, with ${JSON.stringify(settings)}`, () => {
    writeFileSync(
      join(project, "use.ts"),
      `import { FsStore } from "sluice/stores/fs";
      import { FsJournal } from "sluice/journals/fs";
      import { FsSource } from "sluice/sources/fs";
      import { storeConformance } from "sluice/testing";
      import { type Summary, streamToParquet, TableWriter } from "sluice";
      const store = new FsStore("out");
      const source = new FsSource("in.ndjson");
      export const summary: Promise<Summary> = streamToParquet(source, { store, maxRows: 10 });
      export const writer: Promise<TableWriter> = TableWriter.open({
        store,
        journal: new FsJournal("journal"),
      });
      // @ts-expect-error: an option of another type
      streamToParquet("{}", { store, maxRows: "10" });
      export { storeConformance };`,
    );
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "es2024",
      types: [],
      ...settings,
    };
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["use.ts"] }),
    );
    const tsc = resolve("node_modules/typescript/bin/tsc");
    succeed([process.execPath, tsc, "-p", project], project);
  });
}
