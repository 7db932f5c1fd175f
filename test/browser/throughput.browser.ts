import assert from "node:assert/strict";
import { test } from "node:test";
import { report } from "./harness/suite.ts";
import { measureThroughput } from "./throughput.ts";

/** How much slower than Node a worker in Chromium, which has the same engine, may be. */
const LEAST_RATIO = 0.6;

test("events become a table here about as fast as in Node", async () => {
  const here = await measureThroughput();
  const inNode = await (await fetch("/throughput")).json() as number;
  const ratio = here / inNode;
  const text = `${here.toFixed(1)} MB/s here, ${inNode.toFixed(1)} in Node: ${ratio.toFixed(2)}`;
  await report({ type: "note", text });
  if (navigator.userAgent.includes("Chrome")) assert(ratio >= LEAST_RATIO, text);
});
