// In place of fast-check, for `node scripts/test.mjs --times N`: each property is tried N times over,
// with a seed of its own each time. That is not the same as N times as many runs, of which only the
// first are near the edges.
import process from "node:process";
import * as fastCheck from "../node_modules/fast-check/lib/fast-check.js";

const times = Number(process.env.PROPERTY_TIMES);

function assert(property, parameters) {
  const first = fastCheck.assert(property, parameters);
  if (typeof first?.then === "function") return assertLater(first, property, parameters);
  for (let time = 1; time < times; time++) fastCheck.assert(property, parameters);
}

async function assertLater(first, property, parameters) {
  await first;
  for (let time = 1; time < times; time++) await fastCheck.assert(property, parameters);
}

export default { ...fastCheck, assert };
export * from "../node_modules/fast-check/lib/fast-check.js";
