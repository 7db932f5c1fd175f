// Far more at once than an ingest takes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyDirectory } from "../docs/snippets.ts";
import { downloadTable, metric, queryParquet, untilCommitted } from "./downloads.ts";
import { Senders } from "./senders.ts";
import { bundleWorker, ingestWith, runWorker, workerdOptions } from "./workerd.ts";

test("a burst beyond what can be taken is refused in part, and each event arrives once", async () => {
  const bundle = await bundleWorker(ingestWith(`
    window: sluice.tumbling("15m"), time: "at", idle: "1s", partitionBy: ["page"],
    maxInFlightBytes: 1 << 20, // sixteen requests
  `));
  await using worker = await runWorker(
    workerdOptions(bundle, { directory: emptyDirectory("edge_overload") }),
  );
  const base = Date.UTC(2026, 0, 1);
  const senders = new Senders(worker, {
    eventsPerBatch: 20,
    // A window is over after 4500 events, so that commits are under way.
    lineOf: (id) => `{"id":${id},"at":${base + id * 200},"page":"/page/${id % 50}"}\n`,
  });
  // All at once, as far as connections go: 400 batches are due in a fifth of a second.
  const { refusedAtFirst, statuses } = await senders.send({ rate: 40_000, seconds: 0.2 });
  await senders.settled();
  assert.ok(refusedAtFirst > 0, "some were refused");
  assert.deepEqual(
    [...statuses.keys()].filter((status) => ![200, 429, 503].includes(status)),
    [],
  );
  assert.equal(senders.acknowledged, 8000);
  assert.equal(await metric(worker, "sluice_failures_total"), 0);
  await untilCommitted(worker);
  assert.deepEqual(
    await queryParquet(
      await downloadTable(worker),
      "SELECT count(*), count(DISTINCT id), min(id), max(id) FROM $table",
    ),
    [["8000", "8000", "0", "7999"]],
  );
});
