// Runs what only a browser can: `node scripts/test_browser.mjs [--in chromium,firefox] [SUITE…]`.
//
// `test/browser/NAME.browser.ts` runs in a dedicated worker, `NAME.page.browser.ts` in the page; those
// whose name begins with `quota`, in a browser that lets a site keep 20 MB.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { BROWSER_NAMES, findBrowser } from "./browser/browsers.mjs";
import { runCrashes } from "./browser/crash.mjs";
import { buildPages } from "./browser/server.mjs";
import { runSuites } from "./browser/suites.mjs";

const CRASH_ROUNDS = 3;
const QUOTA_BYTES = 20 * 1024 * 1024;
process.chdir(join(import.meta.dirname, ".."));

const { values, positionals } = parseArgs({
  options: { in: { type: "string", default: BROWSER_NAMES.join(",") } },
  allowPositionals: true,
});
const browsers = values.in.split(",");
for (const name of browsers) findBrowser(name);
const suites = readdirSync("test/browser")
  .filter((name) => name.endsWith(".browser.ts"))
  .map((name) => name.slice(0, -".ts".length))
  .filter((name) => positionals.length === 0 || positionals.some((wanted) => name.includes(wanted)))
  .sort();

const directory = await buildPages();
const failed = [];
for (const name of browsers) {
  console.log(`\n── tests in ${name} ──`);
  const isTight = (suite) => suite.startsWith("quota");
  const results = [
    await runSuites(name, suites.filter((suite) => !isTight(suite)), { directory }),
    await runSuites(name, suites.filter(isTight), { directory, quotaBytes: QUOTA_BYTES }),
  ];
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failures = results.flatMap((result) => result.failed);
  if (positionals.length === 0) {
    failures.push(...await runCrashes(name, { directory, rounds: CRASH_ROUNDS }));
  }
  console.log(`── ${name}: ${passed} passed, ${failures.length} failed ──`);
  failed.push(...failures);
}
process.exit(failed.length > 0 ? 1 : 0);
