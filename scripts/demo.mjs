// The demo: `node scripts/demo.mjs` simulates a day of a website's events, writes them to
// `parquet_demo_out` and shows what came of it, all with the command line that the package has.
import { spawnSync } from "node:child_process";
import { mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

process.chdir(join(import.meta.dirname, ".."));
const OUT = "parquet_demo_out";
const EVENTS = ".build/events.ndjson";

run(process.execPath, ["scripts/build.mjs"]);
rmSync(OUT, { recursive: true, force: true });
mkdirSync(".build", { recursive: true });

console.log("A day of events:");
sluice(["simulate", "--duration", "1d", "--sessions-per-day", "10000"], { to: EVENTS });

console.log("\nOne file for each page and quarter of an hour:");
sluice([
  ...["write", EVENTS, "--out", OUT, "--time", "event_timestamp", "--window", "15m"],
  ...["--partition-by", "year,month,day,page_url_path"],
]);

console.log(`\n${OUT}`);
printTree(OUT);

console.log("\nThe table:");
sluice(["ls", OUT]);

console.log("\nSome rows, read back:");
const rows = sluice(["cat", OUT, "--limit", "5"], { isCaptured: true });
const columns = ["event_timestamp", "page_url_path", "geo_country", "browser_name", "utm_source"];
console.table(rows.trimEnd().split("\n").map((row) => JSON.parse(row)), columns);

/** Runs `sluice`, after saying so. */
function sluice(args, { to, isCaptured = false } = {}) {
  console.log(`$ sluice ${args.join(" ")}${to === undefined ? "" : ` > ${to}`}`);
  const out = to === undefined ? (isCaptured ? "pipe" : "inherit") : openSync(to, "w");
  return run(process.execPath, ["dist/cli.js", ...args], out);
}

function run(command, args, out = "inherit") {
  const options = { stdio: ["ignore", out, "inherit"], encoding: "utf8" };
  const { error, status, stdout } = spawnSync(command, args, options);
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
  return stdout;
}

/** Prints a directory as a tree, with the first two of the files in each. */
function printTree(directory, indent = "") {
  const entries = readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith("."))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const lines = [
    ...entries.filter((entry) => entry.isDirectory()),
    ...files.slice(0, 2).map((name) => ({ name })),
    ...(files.length > 2 ? [{ name: `… ${files.length - 2} more` }] : []),
  ];
  for (const [i, entry] of lines.entries()) {
    const isLast = i === lines.length - 1;
    console.log(`${indent}${isLast ? "└── " : "├── "}${entry.name}`);
    if (!("isDirectory" in entry)) continue;
    printTree(join(directory, entry.name), indent + (isLast ? "    " : "│   "));
  }
}
