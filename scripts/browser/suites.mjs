// Runs suites in a browser, and prints what becomes of each test.
import { makeIngest } from "./ingest.mjs";
import { makeProfile, removeProfile, startBrowser } from "./start.mjs";
import { exampleNames, runInNode, servePages } from "./server.mjs";

/** How long nothing may be heard of a browser. */
const MAX_SILENCE_MS = 180_000;

/**
 * Runs suites in a browser of that name: those of a lane after one another, lanes side by side.
 *
 * @param options `directory` of the pages, `quotaBytes` as for the browser.
 * @returns How many tests passed, and those that did not, with why.
 */
export async function runSuites(name, lanes, { directory, quotaBytes }) {
  const results = { passed: 0, failed: [] };
  if (lanes.every((suites) => suites.length === 0)) return results;
  const profile = makeProfile(name);
  let heard = performance.now();
  let finish;
  const finished = new Promise((resolve) => finish = resolve);
  const ingest = makeIngest();
  const server = await servePages(directory, {
    ...ingest.answers,
    "/plan": () => ({ lanes }),
    "/examples": () => exampleNames(directory),
    "/throughput": () => runInNode(directory, "throughput", "measureThroughput"),
    "/report": (message) => {
      heard = performance.now();
      if (message.type === "done") finish();
      else if (message.type === "note") console.log(`${name}  ℹ ${message.text}`);
      else print(name, message, results);
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
      results.failed.push(trouble);
      console.error(`${name}  ✖ ${trouble}\n${browser.output}`);
    }
  } finally {
    clearInterval(watch);
    await browser?.kill();
    server.close();
    await ingest.close();
    removeProfile(profile);
  }
  return results;
}

function print(browser, { suite, name, ms, error }, results) {
  if (error === undefined) {
    results.passed++;
    console.log(`${browser}  ✔ ${name} (${ms.toFixed(0)} ms)`);
  } else {
    const failure = `${suite}: ${name} (${ms.toFixed(0)} ms)\n${error.replace(/^/gm, "      ")}`;
    results.failed.push(failure);
    console.error(`${browser}  ✖ ${failure}`);
  }
}
