import assert from "node:assert/strict";
import { test } from "node:test";
import { report } from "./harness/suite.ts";
import { measureThroughput } from "./throughput.ts";

/** How fast a worker in Chromium must be, as a part of what the same code does in Node. */
const LEAST_RATIO = 0.6;

/** How often it is measured until the ratio is found: the machine may have been busy. */
const ATTEMPTS = 3;

test("events become a table here about as fast as in Node", async () => {
  let ratio = NaN;
  for (let attempt = 0; attempt < ATTEMPTS && !(ratio >= LEAST_RATIO); attempt++) {
    const here = await measureThroughput();
    const inNode = await (await fetch("/throughput")).json() as number;
    ratio = here / inNode;
    const text = `${here.toFixed(1)} MB/s here, ${inNode.toFixed(1)} in Node: ${ratio.toFixed(2)}`;
    await report({ type: "note", text });
  }
  assert(ratio >= LEAST_RATIO, `expected a ratio of at least ${LEAST_RATIO}, got ${ratio}`);
});
