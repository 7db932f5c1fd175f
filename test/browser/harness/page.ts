/**
 * The page: runs the suites the server names, those for pages here and the others in workers. The
 * suites of a lane come after one another, and lanes run side by side.
 */

import { report, runSuite } from "./suite.ts";

const { lanes } = await (await fetch("/plan")).json() as Plan;
await Promise.all(lanes.map(runLane));
await report({ type: "done" });

interface Plan {
  readonly lanes: readonly (readonly string[])[];
}

async function runLane(suites: readonly string[]): Promise<void> {
  for (const suite of suites) {
    try {
      await (suite.endsWith(".page.browser") ? runSuite(suite) : runInWorker(suite));
    } catch (error) {
      await report({ type: "result", suite, name: "(the suite)", ms: 0, error: String(error) });
    }
  }
}

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
