// What programs weigh that are bundled from the npm package for browsers, and what is not in them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { project } from "./installed_package.ts";

interface Budget {
  readonly program: string;
  /** Bytes of all that is loaded before the program runs, minified and gzipped. */
  readonly atOnce: number;
  /** Of what is loaded when a run begins or with its first file, if that is compressed by default. */
  readonly toEncode?: number;
  /** Of all that may be loaded later, but for the binary of parquet-wasm. */
  readonly onDemand?: number;
  /** Packages among what is loaded at once; none by default. */
  readonly packages?: readonly string[];
}

/** Five to ten per cent above what was measured. Whoever needs more says so here. */
const BUDGETS: Readonly<Record<string, Budget>> = {
  "streamToParquet": {
    program: 'export { MemoryStore, streamToParquet } from "sluice";',
    atOnce: 44_500,
    toEncode: 36_000,
    onDemand: 104_000,
  },
  "all of the core": {
    program: 'export * from "sluice";',
    atOnce: 64_500,
    toEncode: 34_700,
    onDemand: 104_000,
    packages: ["client-zip"],
  },
  "a function of the core": {
    program: 'export { tumbling } from "sluice";',
    atOnce: 1_650,
  },
  "simulated events": {
    program: 'export { simulateEvents } from "sluice";',
    atOnce: 9_200,
  },
  "store and journal in OPFS": {
    program: 'export * from "sluice/stores/opfs"; export * from "sluice/journals/opfs";',
    atOnce: 7_800,
  },
  "store and journal in IndexedDB": {
    program: 'export * from "sluice/stores/idb"; export * from "sluice/journals/idb";',
    atOnce: 7_100,
    packages: ["idb-keyval"],
  },
};

interface Bundle {
  readonly atOnce: number;
  readonly toEncode: number;
  readonly onDemand: number;
  /** The modules that are loaded at once. */
  readonly modules: readonly string[];
}

for (const [name, { program, packages = [], ...budget }] of Object.entries(BUDGETS)) {
  test(`${name} stays within its budget`, async (t) => {
    const bundle = await bundleOf(program);
    assert.deepEqual(packagesIn(bundle), packages);
    for (const part of ["atOnce", "toEncode", "onDemand"] as const) {
      if (budget[part] === undefined) continue;
      const said = `${name}, ${part}: ${bundle[part]} of ${budget[part]} bytes`;
      t.diagnostic(said);
      assert.ok(bundle[part] <= budget[part], said);
    }
  });
}

test("streamToParquet and the JSON kernel are less than 40 kB in one file", async (t) => {
  const { outputFiles: [file] } = await build({
    ...options(BUDGETS["streamToParquet"]!.program),
    splitting: false,
    plugins: [{
      name: "later",
      setup({ onResolve }) {
        onResolve(
          { filter: /./ },
          ({ kind, path }) => kind === "dynamic-import" ? { path, external: true } : undefined,
        );
      },
    }],
  });
  const size = gzipSync(file!.contents, { level: 9 }).length;
  t.diagnostic(`${size} bytes`);
  assert.ok(size < 40_000);
});

test("the core brings along no store or journal but those in memory", async () => {
  const { modules } = await bundleOf(BUDGETS["all of the core"]!.program);
  const inSluice = modules.flatMap((path) => /\/sluice\/dist\/src\/(.*)$/.exec(path)?.[1] ?? []);
  assert.ok(inSluice.includes("stores/memory.js"), "the bundle was not read");
  assert.deepEqual(
    inSluice.filter((path) => /^(stores|journal)\/(fs|idb|opfs|r2|s3|table_lock)/.test(path)),
    [],
  );
});

function packagesIn({ modules }: Bundle): readonly string[] {
  const names = modules.flatMap((path) =>
    /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []
  );
  return [...new Set(names)].filter((name) => name !== "sluice").sort();
}

function options(program: string) {
  return {
    stdin: { contents: program, resolveDir: project, sourcefile: "program.js" },
    absWorkingDir: project,
    outdir: "bundle",
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
    metafile: true,
    logLevel: "warning",
  } as const;
}

async function bundleOf(program: string): Promise<Bundle> {
  const { metafile: { outputs }, outputFiles } = await build(options(program));
  const entry = Object.keys(outputs).find((path) => outputs[path]!.entryPoint === "program.js")!;
  const importedBy = (path: string, kind: string): string[] =>
    outputs[path]!.imports.filter((found) => found.kind === kind).map((found) => found.path);
  // Sets are read to their end while they grow. A chunk that nothing imports is never loaded.
  const withImports = (first: readonly string[]): Set<string> => {
    const found = new Set(first);
    for (const path of found) {
      for (const next of importedBy(path, "import-statement")) found.add(next);
    }
    return found;
  };
  const atOnce = withImports([entry]);
  const encoders = Object.keys(outputs).filter((path) =>
    /\/(row_holder|encode_part|column_rows)\.js$/.test(outputs[path]!.entryPoint ?? "")
  );
  const toEncode = withImports(encoders);
  const all = new Set(atOnce);
  for (const path of all) {
    for (const kind of ["import-statement", "dynamic-import"]) {
      for (const next of importedBy(path, kind)) all.add(next);
    }
  }
  const sizes = new Map(
    outputFiles.map(({ path, contents }) => [path, gzipSync(contents, { level: 9 }).length]),
  );
  const sizeOf = (paths: readonly string[]): number =>
    paths.reduce((sum, path) => sum + sizes.get(`${project}/${path}`)!, 0);
  return {
    atOnce: sizeOf([...atOnce]),
    toEncode: sizeOf([...toEncode].filter((path) => !atOnce.has(path))),
    onDemand: sizeOf([...all].filter((path) => !atOnce.has(path))),
    modules: [...atOnce].flatMap((path) => Object.keys(outputs[path]!.inputs)),
  };
}
