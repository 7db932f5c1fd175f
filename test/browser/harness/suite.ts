/** Runs a suite where this is imported, a worker or the page, and tells the server about it. */

import { runTests } from "./collector.ts";

/** Runs the tests that a module registers. */
export async function runSuite(suite: string): Promise<void> {
  await import(`/code/${suite}.js`);
  for await (const result of runTests()) await report({ type: "result", suite, ...result });
}

/** Tells the server something. */
export async function report(message: Readonly<Record<string, unknown>>): Promise<void> {
  await fetch("/report", { method: "POST", body: JSON.stringify(message) });
}
