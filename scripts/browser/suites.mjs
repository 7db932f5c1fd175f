// Runs suites in a browser, and prints what becomes of each test.
import { rmSync } from "node:fs";
import { makeProfile, startBrowser } from "./browsers.mjs";
import { exampleNames, runInNode, servePages } from "./server.mjs";

/** How long nothing may be heard of a browser. */
const MAX_SILENCE_MS = 180_000;

/**
 * Runs suites in a browser of that name.
 *
 * @param options `directory` of the pages, `quotaBytes` as for the browser.
 * @returns How many tests passed, and the names of those that did not.
 */
export async function runSuites(name, suites, { directory, quotaBytes }) {
  const results = { passed: 0, failed: [] };
  if (suites.length === 0) return results;
  const profile = makeProfile(name);
  let heard = performance.now();
  let finish;
  const finished = new Promise((resolve) => finish = resolve);
  const server = await servePages(directory, {
    "/plan": () => ({ suites }),
    "/examples": () => exampleNames(directory),
    "/throughput": () => runInNode(directory, "throughput", "measureThroughput"),
    "/report": (message) => {
      heard = performance.now();
      if (message.type === "done") finish();
      else if (message.type === "note") console.log(`  ℹ ${message.text}`);
      else print(message, results);
    },
  });
  let browser;
  const watch = setInterval(() => {
    if (performance.now() - heard < MAX_SILENCE_MS) return;
    finish(`nothing was heard of it for ${MAX_SILENCE_MS / 1000} s`);
  }, 1000);
  try {
    browser = await startBrowser(name, `${server.origin}/harness/page`, { profile, quotaBytes });
    const ended = browser.exited.then((status) => `it ended with status ${status}`);
    const trouble = await Promise.race([finished, ended]);
    if (trouble !== undefined) {
      results.failed.push(`${name}: ${trouble}`);
      console.error(`  ✖ ${name}: ${trouble}\n${browser.output}`);
    }
  } finally {
    clearInterval(watch);
    await browser?.kill();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
  return results;
}

function print({ suite, name, ms, error }, results) {
  if (error === undefined) {
    results.passed++;
    console.log(`  ✔ ${name} (${ms.toFixed(0)} ms)`);
  } else {
    results.failed.push(`${suite}: ${name}`);
    console.error(`  ✖ ${suite}: ${name} (${ms.toFixed(0)} ms)\n${error.replace(/^/gm, "      ")}`);
  }
}
