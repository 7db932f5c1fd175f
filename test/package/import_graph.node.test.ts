import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";

/** What each source file imports, types left out: files of the project, and packages. */
const graph = await importGraph();

/** What only some files may import, and those that may. */
const RESERVED: Readonly<Record<string, { readonly what: RegExp; readonly by: RegExp }>> = {
  "only what is made for one runtime imports its modules": {
    what: /^(node|bun|deno|cloudflare):/,
    by: /^src\/(cli\/|sources\/|stores\/fs|journal\/fs|parquet\/wasm_source_node\.ts$)/,
  },
  "only src/parquet imports the packages for Parquet": {
    what: /^(apache-arrow|parquet-wasm|#parquet-wasm-source)/,
    by: /^src\/parquet\//,
  },
  "what computes imports nothing that keeps": {
    what: /^src\/(stores|commit_log|parquet|table_writer\.ts|pipeline\.ts)/,
    by: /^(?!src\/(columns|decode|window|partition|simulate)\/)/,
  },
  "stores and journals import nothing of tables": {
    what: /^src\/(commit_log|parquet|window|partition|columns|table_writer\.ts|pipeline\.ts)/,
    by: /^(?!src\/(stores|journal)\/)|^src\/journal\/event_segments\.ts$/,
  },
  "nothing imports the command line": {
    what: /^src\/cli\//,
    by: /^src\/cli\//,
  },
};

for (const [rule, { what, by }] of Object.entries(RESERVED)) {
  test(rule, () => {
    const breaches: string[] = [];
    for (const [file, imports] of graph) {
      if (by.test(file)) continue;
      breaches.push(...imports.filter((path) => what.test(path)).map((path) => `${file}: ${path}`));
    }
    assert.deepEqual(breaches, []);
  });
}

test("mod.ts leads to nothing that is made for one runtime", () => {
  const reached = new Set(["mod.ts"]);
  for (const file of reached) {
    for (const path of graph.get(file) ?? []) reached.add(path);
  }
  assert.ok(reached.has("src/stores/memory.ts"), "mod.ts was not read");
  const breaches = [...reached].filter((path) =>
    /^node:|\/(fs|opfs|idb|table_lock)|^src\/cli\//.test(path)
  );
  assert.deepEqual(breaches, []);
});

test("no file imports itself by way of others", () => {
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    assert.ok(!trail.includes(file), [...trail.slice(trail.indexOf(file)), file].join(" → "));
    if (done.has(file)) return;
    for (const path of graph.get(file) ?? []) visit(path, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
});

async function importGraph(): Promise<Map<string, readonly string[]>> {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join("src", path).replaceAll("\\", "/"))
    .filter((path) => !/^src\/(\w+\/)?kernel\//.test(path)); // they are AssemblyScript
  const { metafile } = await build({
    entryPoints: ["mod.ts", ...files],
    outdir: ".build/unused",
    bundle: true,
    splitting: true,
    packages: "external",
    external: ["#parquet-wasm-source"],
    format: "esm",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  return new Map(
    Object.entries(metafile.inputs).map(([file, { imports }]) => [
      file,
      imports.map(({ path }) => path),
    ]),
  );
}
