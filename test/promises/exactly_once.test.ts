// Promise 3: after any crash and restart, each durable event is in the committed table once; here
// also when the options were changed in between. Crashes of real processes are in test/crash.
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore, type ReplayableSource, streamToParquet, tumbling } from "../../mod.ts";
import { Mortal } from "../support/mortal.ts";
import { rowsOfTable } from "../support/table_rows.ts";

const IDS = [...Array(150).keys()];

/** Events of two and a half hours, some of them out of order. */
const text = IDS.map((id) => {
  const at = Math.max(0, id * 60_000 - (id % 11 === 0 ? 1_500_000 : 0));
  return `${JSON.stringify({ id, at, page: `/p${id % 3}`, text: "x".repeat(50) })}\n`;
}).join("");

const source: ReplayableSource = {
  id: "memory:test",
  open: (offset) => Promise.resolve(new Blob([text.slice(offset)]).stream()),
};

const options = fc.record({
  window: fc.constantFrom("5m", "30m", "1h").map((length) => tumbling(length)),
  lateness: fc.constantFrom("0s", "10m", "1d"),
  batchBytes: fc.constantFrom(1024, 1500, 5000),
});

test("a run that was killed is completed by runs with other options", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(options, fc.nat(60)), { minLength: 1, maxLength: 3 }),
      options,
      async (killed, last) => {
        const store = new MemoryStore();
        for (const [own, calls] of killed) {
          const process = new Mortal(({ index }) =>
            index < calls ? "answered" : index === calls ? "unanswered" : "lost"
          );
          await process.survive(
            streamToParquet(source, {
              ...own,
              time: "at",
              partitionBy: ["page"],
              store: process.store(store),
            }),
          );
        }
        await streamToParquet(source, { ...last, time: "at", partitionBy: ["page"], store });
        const ids = (await rowsOfTable(store)).map((row) => Number(row["id"]));
        assert.deepEqual(ids.sort((a, b) => a - b), IDS);
      },
    ),
    { numRuns: 25 },
  );
});
