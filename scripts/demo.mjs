// The demo: simulates a day of a website's events, writes them as partitioned Parquet, and shows what
// came of it. DuckDB, which knows nothing of sluice, reads some rows back.
import { DuckDBInstance } from "@duckdb/node-api";
import { build } from "esbuild";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

process.chdir(join(import.meta.dirname, ".."));
const OUT = "parquet_demo_out";

await build({
  entryPoints: { mod: "mod.ts", fs: "src/stores/fs.ts" },
  outdir: ".build/demo",
  bundle: true,
  splitting: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "warning",
});
const load = (name) => import(pathToFileURL(`.build/demo/${name}.js`).href);
const { day, month, simulateJsonLines, streamToParquet, tumbling, year } = await load("mod");
const { FsStore } = await load("fs");

rmSync(OUT, { recursive: true, force: true });
const summary = await streamToParquet(
  simulateJsonLines({ users: 1000, sessionsPerDay: 10_000, duration: "1d" }),
  {
    store: new FsStore(OUT),
    window: tumbling("15m"),
    time: "event_timestamp",
    partitionBy: [year(), month(), day(), "page_url_path"],
  },
);

printTree(OUT, 3);
console.log("\nSummary");
console.table(summary);

const duckdb = await (await DuckDBInstance.create()).connect();
