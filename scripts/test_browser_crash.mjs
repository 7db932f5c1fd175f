// Kills browsers while they write tables:
// `node scripts/test_browser_crash.mjs [--in chromium,firefox] [--rounds 50]`.
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { BROWSER_NAMES } from "./browsers.mjs";
import { runCrashes } from "./browser/crash.mjs";
import { buildPages } from "./browser/server.mjs";
import "./exit_on_signals.mjs";

process.chdir(join(import.meta.dirname, ".."));

const { values } = parseArgs({
  options: {
    in: { type: "string", default: BROWSER_NAMES.join(",") },
    rounds: { type: "string", default: "50" },
  },
});
const directory = await buildPages();
let failed = 0;
for (const name of values.in.split(",")) {
  console.log(`\n── crashes of ${name} ──`);
  failed += (await runCrashes(name, { directory, rounds: Number(values.rounds) })).length;
}
process.exit(failed > 0 ? 1 : 0);
