// Several writers of one table at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MemoryJournal,
  MemoryStore,
  readSnapshot,
  type ReplayableSource,
  type Store,
  streamToParquet,
  TableWriter,
  type TableWriterOptions,
  tumbling,
  WriterFencedError,
} from "../../mod.ts";
import { eventOf, idsOf, NUMBERED } from "../support/numbered_events.ts";
import { rowsInLog, rowsOfTable } from "../support/table_rows.ts";

const OPTIONS = { ...NUMBERED, window: tumbling("1m") };

function open(
  options: Omit<TableWriterOptions, "window" | "time" | "partitionBy">,
): Promise<TableWriter> {
  return TableWriter.open({ ...OPTIONS, ...options });
}

function isFenced(error: unknown): boolean {
  assert(error instanceof WriterFencedError, String(error));
  assert.match(
    error.message,
    /^Cannot make commit \d+ of writer "main": another process writes under the same name$/,
  );
  return true;
}

test("writers of different names lose no commit to each other", async () => {
  const store = new MemoryStore();
  const COMMITS = 6;
  const writers = ["a", "b", "c", "d"];
  await Promise.all(writers.map(async (name, w) => {
    const writer = await open({ store, writer: name, journal: new MemoryJournal() });
    for (let i = 0; i < COMMITS; i++) {
      await writer.append(eventOf(w * 100 + i, i * 60));
      await writer.flush();
    }
    await writer.close();
  }));
  const expected = writers.flatMap((_, w) =>
    Array.from({ length: COMMITS }, (_, i) => w * 100 + i)
  );
  assert.deepEqual(idsOf(await rowsOfTable(store)), expected);
  assert.equal((await readSnapshot(store))!.version, expected.length - 1, "one for each commit");
});

test("the newest writer of a name takes over, and the older loses nothing", async () => {
  const store = new MemoryStore();
  const journal = new MemoryJournal();
  const older = await open({ store, journal });
  await older.append(eventOf(1));
  await older.flush();
  await older.append(eventOf(2, 61));
  const newer = await open({ store, journal: new MemoryJournal() });
  await assert.rejects(older.flush(), isFenced);
  await assert.rejects(older.append(eventOf(9)), isFenced);
  await newer.append(eventOf(3, 61));
  await assert.rejects(older.close(), isFenced);
  await newer.close();
  assert.deepEqual(idsOf((await rowsInLog(store)).rows), [1, 3]);
  const again = await open({ store, journal });
  await again.close();
  assert.deepEqual(idsOf(await rowsOfTable(store)), [1, 2, 3]);
});

test("of two writers of a name that begin at once, at least one is fenced", async () => {
  const store = new MemoryStore();
  const journals = [new MemoryJournal(), new MemoryJournal()];
  const writers = await Promise.all(journals.map((journal) => open({ store, journal })));
  const closed = await Promise.allSettled(writers.map(async (writer, i) => {
    await writer.append(eventOf(i));
    await writer.close();
  }));
  const reasons = closed.flatMap((result) => result.status === "rejected" ? result.reason : []);
  assert(reasons.length > 0);
  assert(reasons.every(isFenced));
  for (const journal of journals) await (await open({ store, journal })).close();
  assert.deepEqual(idsOf(await rowsOfTable(store)), [0, 1]);
});

test("two runs over one source at once put nothing into the table twice", async () => {
  const ids = Array.from({ length: 40 }, (_, id) => id);
  const text = ids.map((id) => `${JSON.stringify(eventOf(id, id * 9))}\n`).join("");
  const source: ReplayableSource = {
    id: "memory:rivals",
    open: (offset) => Promise.resolve(new Blob([text.slice(offset)]).stream()),
  };
  const run = (store: Store) => streamToParquet(source, { ...OPTIONS, store, batchBytes: 1024 });
  const store = new MemoryStore();
  const results = await Promise.allSettled([run(store), run(store)]);
  for (const result of results) if (result.status === "rejected") isFenced(result.reason);
  assert(results.some(({ status }) => status === "rejected"));
  await run(store);
  assert.deepEqual(idsOf(await rowsOfTable(store)), ids);
});
