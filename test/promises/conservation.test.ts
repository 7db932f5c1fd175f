// Promise 1: accepted = written + deadLettered + dropped; and 7: nothing is silent.
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore, streamToParquet, tumbling } from "../../mod.ts";
import { chunked, lines } from "../support/events.ts";
import { deadLettersOfTable, rowsOfTable } from "../support/table_rows.ts";

test("every line is written, dead-lettered or dropped, and counted as what it is", async () => {
  const policies = fc.constantFrom("append", "dead-letter", "drop");
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.nat()), policies, async (texts, cuts, late) => {
      const store = new MemoryStore();
      const summary = await streamToParquet(chunked(texts.join("\n"), cuts), {
        store,
        late,
        window: tumbling("15m"),
        time: "at",
        partitionBy: ["page"],
        batchBytes: 1024, // several batches, so that there are late events
      });
      const { accepted, written, deadLettered, dropped, rescued } = summary;
      assert.equal(accepted, texts.filter((text) => text !== "").length);
      assert.equal(accepted, written + deadLettered + dropped);
      const rows = await rowsOfTable(store);
      assert.equal(rows.length, written);
      assert.equal(rows.filter((row) => row["_rescued_data"] != null).length, rescued);
      assert.equal(summary.files > 0, rows.length > 0);

      const deadLetters = await deadLettersOfTable(store);
      assert.equal(deadLetters.length, deadLettered);
      for (const { raw, line } of deadLetters) assert.equal(raw, texts[line - 1]);
      if (late !== "drop") assert.equal(dropped, 0);
      const ids = new Set(rows.map((row) => row["id"]));
      for (const { raw, reason } of deadLetters) {
        if (reason === "late") assert.equal(ids.has(JSON.parse(raw).id), false);
      }
    }),
    { numRuns: 40 },
  );
});

test("an event comes back as it was, from the window and partition it belongs to", async () => {
  const store = new MemoryStore();
  const events = [
    { at: 0, page: "/a", value: { list: [1, 2], text: "é" }, big: 9007199254740993n },
    { at: 899_999, page: "/a", value: { list: [], text: null }, big: 1n },
    { at: 900_000, page: null, value: { list: [3], text: "" }, big: -1n },
  ];
  await streamToParquet(events, { store, time: "at", partitionBy: ["page"] });
  const rows = await rowsOfTable(store);
  assert.deepEqual(
    rows.map(({ at, page, value, big }) => [Number(at), page, value, big]),
    [
      [0, "/a", { list: [1n, 2n], text: "é" }, 9007199254740993n],
      [899_999, "/a", { list: [], text: null }, 1n],
      [900_000, null, { list: [3n], text: "" }, -1n],
    ],
  );
});
