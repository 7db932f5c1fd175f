import { resolve } from "node:path";

/**
 * How the script of the workers is built. Each worker loads it anew, so it is one file; what goes to
 * parquet-wasm is another, which few need, with what it uses of apache-arrow and nothing else of it:
 * that loads several times as fast as the package. parquet-wasm stays outside, for it finds its binary
 * beside its own module.
 */
export const workerBuild = {
  entryPoints: ["src/workers/worker_main.ts"],
  outbase: ".",
  bundle: true,
  splitting: true,
  chunkNames: "src/workers/[name]-[hash]",
  external: ["parquet-wasm", "node:*", "#parquet-wasm-source"],
  mainFields: ["module", "main"],
  conditions: ["import"],
  format: "esm",
  platform: "neutral",
  target: "es2022",
  banner: {
    js:
      "// This and what it imports contains parts of apache-arrow, of the Apache Software Foundation,\n" +
      "// and of flatbuffers, of Google LLC, both under the Apache License 2.0, whose text comes with\n" +
      "// those packages.",
  },
  logLevel: "warning",
};

/** The same for runs of the sources in Node, without a package that was built before. */
export const workerBuildForNode = {
  ...workerBuild,
  entryNames: "worker",
  chunkNames: "[name]-[hash]",
  outExtension: { ".js": ".mjs" },
  external: ["parquet-wasm", "node:*"],
  alias: {
    "#parquet-wasm-source": resolve(import.meta.dirname, "../src/parquet/wasm_source_node.ts"),
  },
};
