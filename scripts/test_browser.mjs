// Runs what only a browser can: `node scripts/test_browser.mjs [--in chromium,firefox] [SUITE…]`.
//
// `test/browser/NAME.browser.ts` runs in a dedicated worker, `NAME.page.browser.ts` in the page.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { BROWSER_NAMES, findBrowser } from "./browser/browsers.mjs";
import { buildPages } from "./browser/server.mjs";
import { runSuites } from "./browser/suites.mjs";

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
  const results = await runSuites(name, suites, { directory });
  console.log(`── ${name}: ${results.passed} passed, ${results.failed.length} failed ──`);
  failed.push(...results.failed);
}
process.exit(failed.length > 0 ? 1 : 0);
