/** The page: runs the suites the server names, those for pages here and the others in workers. */

import { report, runSuite } from "./suite.ts";

const plan = await (await fetch("/plan")).json() as { readonly suites: readonly string[] };
for (const suite of plan.suites) {
  try {
    await (suite.endsWith(".page.browser") ? runSuite(suite) : runInWorker(suite));
  } catch (error) {
    await report({ type: "result", suite, name: "(the suite)", ms: 0, error: String(error) });
  }
}
await report({ type: "done" });

async function runInWorker(suite: string): Promise<void> {
  const worker = new Worker("/code/harness/worker.js", { type: "module", name: suite });
  try {
    await new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = (event) => reject(new Error(event.message || "the worker did not start"));
    });
  } finally {
    worker.terminate();
  }
}
