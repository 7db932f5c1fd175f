// Runs what only a browser can: `node scripts/test_browser.mjs [--in chromium,firefox] [SUITE…]`.
//
// `test/browser/NAME.browser.ts` runs in a dedicated worker, `NAME.page.browser.ts` in the page; those
// whose name begins with `quota`, in a browser that lets a site keep 20 MB. Browsers run side by side.
//
// `throughput` is compared with Node, in Chromium, which has the same engine. It says something only
// on a machine that does nothing else, so it runs when it is asked for by name.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { runCrashes } from "./browser/crash.mjs";
import { buildPages } from "./browser/server.mjs";
import { runSuites } from "./browser/suites.mjs";
import { BROWSER_NAMES, findBrowser } from "./browsers.mjs";
import "./exit_on_signals.mjs";

const CRASH_ROUNDS = 3;
const QUOTA_BYTES = 20 * 1024 * 1024;
process.chdir(join(import.meta.dirname, ".."));

const { values, positionals } = parseArgs({
  options: { in: { type: "string", default: BROWSER_NAMES.join(",") } },
  allowPositionals: true,
});
const browsers = values.in.split(",");
try {
  for (const name of browsers) findBrowser(name);
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
const isTimed = (suite) => suite.startsWith("throughput");
const suites = readdirSync("test/browser")
  .filter((name) => name.endsWith(".browser.ts"))
  .map((name) => name.slice(0, -".ts".length))
  .filter((name) =>
    positionals.length === 0 ? !isTimed(name) : positionals.some((wanted) => name.includes(wanted))
  )
  .sort();
if (suites.length === 0) {
  console.error(`No suite matches ${positionals.join(", ")}`);
  process.exit(2);
}

const directory = await buildPages();
const isTight = (suite) => suite.startsWith("quota");
const isOfPage = (suite) => suite.endsWith(".page.browser");
const results = new Map(browsers.map((name) => [name, { passed: 0, failed: [] }]));
const started = performance.now();

await Promise.all(browsers.map(async (name) => {
  const usual = suites.filter((suite) => !isTight(suite) && !isTimed(suite));
  const lanes = [usual.filter(isOfPage), usual.filter((suite) => !isOfPage(suite))];
  add(name, await runSuites(name, lanes, { directory }));
  const tight = suites.filter(isTight); // in one lane, since they fill the room they share
  add(name, await runSuites(name, [tight], { directory, quotaBytes: QUOTA_BYTES }));
  if (positionals.length > 0) return;
  add(name, { passed: 0, failed: await runCrashes(name, { directory, rounds: CRASH_ROUNDS }) });
}));
if (results.has("chromium")) {
  add("chromium", await runSuites("chromium", [suites.filter(isTimed)], { directory }));
}

const seconds = ((performance.now() - started) / 1000).toFixed(0);
for (const [name, { passed, failed }] of results) {
  console.log(`── ${name}: ${passed} passed, ${failed.length} failed ──`);
  for (const failure of failed) console.error(`  ✖ ${failure}`);
}
console.log(`── ${seconds} s ──`);
process.exit([...results.values()].some(({ failed }) => failed.length > 0) ? 1 : 0);

function add(name, { passed, failed }) {
  const result = results.get(name);
  result.passed += passed;
  result.failed.push(...failed);
}
