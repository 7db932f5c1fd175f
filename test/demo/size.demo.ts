// What the demo weighs: minified and gzipped, without the binary of parquet-wasm.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

/** Five to ten per cent above what was measured. Whoever needs more says so here. */
const BUDGETS: Readonly<Record<string, number>> = {
  "main.js": 35_000,
  "worker.js": 166_000,
  "painter.js": 2_600,
  "main.css": 5_100,
  "index.html": 4_300,
  "collect.js": 12_600,
  "collect.css": 5_000,
  "collect.html": 2_700,
};

for (const [name, budget] of Object.entries(BUDGETS)) {
  test(`${name} of the demo stays within its budget`, (t) => {
    const bytes = gzipSync(readFileSync(join(process.env["SLUICE_DEMO_DIRECTORY"]!, name)));
    t.diagnostic(`${name}: ${bytes.length} of ${budget} bytes`);
    assert.ok(bytes.length <= budget, `${bytes.length} bytes`);
  });
}
