// What a table writer makes of what an earlier one left behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compactTable, MemoryJournal, MemoryStore, streamToParquet, tumbling } from "../../mod.ts";
import { FaultyStore } from "../../src/testing/mod.ts";
import type { Call } from "../support/mortal.ts";
import { eventOf, idsOf, NUMBERED } from "../support/numbered_events.ts";
import { deadLettersOfTable, rowsInLog, rowsOfTable } from "../support/table_rows.ts";
import { after, before, idsAfter, open, runToDeath, segmentsOf } from "./writer_helpers.ts";

test("events of open windows are held again by the next writer", async () => {
  const store = new MemoryStore();
  const journal = new MemoryJournal();
  {
    await using writer = await open({ store, journal });
    await writer.append([eventOf(1), eventOf(2, 61)]);
  }
  assert.deepEqual(idsOf((await rowsInLog(store)).rows), [1]);
  const writer = await open({ store, journal });
  assert.equal(writer.counts.openWindows, 1);
  await writer.append(eventOf(3, 62));
  await writer.close();
  assert.deepEqual(idsOf(await rowsOfTable(store)), [1, 2, 3]);
  assert.deepEqual(await segmentsOf(journal), []);
});

test("a run without a journal loses what was not committed, and no more", async () => {
  const store = new MemoryStore();
  {
    await using writer = await open({ store });
    await writer.append([eventOf(1), eventOf(2, 61)]);
  }
  assert.deepEqual(await idsAfter({ store }), [1]);
});

for (
  const [when, diesAt] of Object.entries(
    {
      "before its windows are sealed": before("journal.seal"),
      "before a file is put": before("store.put"),
      "before it commits": (call: { target: string }) =>
        call.target.startsWith("_delta_log") && call.target.endsWith("0.json") ? "held" : undefined,
      "when it has committed": before("journal.delete"),
      "when it has forgotten the events": after("journal.delete"),
    } as const,
  )
) {
  test(`a writer that dies ${when} is made good`, async () => {
    const store = new MemoryStore();
    let journal = new MemoryJournal();
    const appends = [[eventOf(1), eventOf(2, 2)], "no JSON", eventOf(3, 61)];
    journal = await runToDeath({ store, journal, diesAt, appends });
    const writer = await open({ store, journal });
    await writer.append(eventOf(4, 121));
    await writer.close();
    assert.deepEqual(idsOf(await rowsOfTable(store)), [1, 2, 3, 4]);
    const [letter, ...others] = await deadLettersOfTable(store);
    assert.equal(letter?.raw, "no JSON");
    assert.deepEqual(others, []);
    assert.deepEqual(await segmentsOf(journal), []);
    const { accepted, written, deadLettered, dropped } = writer.counts;
    assert.equal(accepted, written + deadLettered + dropped);
  });
}

test("late events of a window that was not sealed are in the table once", async () => {
  const store = new MemoryStore();
  let journal = new MemoryJournal();
  journal = await runToDeath({
    store,
    journal,
    diesAt: before("journal.seal"),
    appends: [eventOf(1), eventOf(2, 61), eventOf(3, 3), eventOf(4, 62)],
  });
  const [, , late] = await segmentsOf(journal);
  assert.equal(late, "late-1", "of the commit after the one that was not begun");
  // Dies again, when its first commit is in the table.
  journal = await runToDeath({ store, journal, diesAt: before("journal.delete") });
  assert((await rowsInLog(store)).rows.length > 0);
  assert.deepEqual(await idsAfter({ store, journal }), [1, 2, 3, 4]);
});

test("dead letters of a commit that was not begun are in the table once", async () => {
  const store = new MemoryStore();
  let journal = new MemoryJournal();
  journal = await runToDeath({
    store,
    journal,
    diesAt: before("journal.seal"),
    appends: [eventOf(1), eventOf(2, 61), "no JSON"],
  });
  journal = await runToDeath({ store, journal, diesAt: before("journal.delete") });
  assert.deepEqual(await idsAfter({ store, journal }), [1, 2]);
  assert.equal((await deadLettersOfTable(store)).length, 1);
});

test("dead letters of a commit that was not made are found after recoveries that were stopped", async () => {
  const store = new MemoryStore();
  let journal = new MemoryJournal();
  const isCommit = (version: number) => ({ verb, target }: Call) =>
    verb === "store.put" && target.endsWith(`${version}.json`) ? "held" : undefined;
  journal = await runToDeath({
    store,
    journal,
    diesAt: isCommit(0),
    appends: ["no JSON", eventOf(1), eventOf(2, 61)],
  });
  // Two recoveries only take a number each.
  for (let i = 0; i < 2; i++) {
    journal = await runToDeath({ store, journal, diesAt: before("store.delete") });
  }
  assert.deepEqual(await idsAfter({ store, journal }), [1, 2]);
  assert.equal((await deadLettersOfTable(store)).length, 1);
});

test("an event that came late to a window that was closed by hand stays late", async () => {
  const store = new MemoryStore();
  let journal = new MemoryJournal();
  {
    await using writer = await open({ store, journal: journal });
    await writer.append(eventOf(1));
    await writer.flush();
    await writer.append(eventOf(2, 2));
  }
  // The late one is committed at once; the window of the other stays open.
  journal = await runToDeath({ store, journal, diesAt: before("journal.delete") });
  const writer = await open({ store, journal });
  await writer.append(eventOf(3, 61));
  await writer.close();
  assert.deepEqual(idsOf(await rowsOfTable(store)), [1, 2, 3]);
});

test("a commit is redone though others have used its number", async () => {
  const store = new MemoryStore();
  let journal = new MemoryJournal();
  const diesAt = before("store.put");
  journal = await runToDeath({ store, journal, diesAt, appends: [eventOf(1), eventOf(2, 61)] });
  assert.match((await segmentsOf(journal))[0]!, / for 0$/);
  const source = [eventOf(3), eventOf(4, 61)];
  await streamToParquet(source, { ...NUMBERED, window: tumbling("1m"), store });
  assert.deepEqual(await idsAfter({ store, journal }), [1, 2, 3, 4]);
});

test("two journals of one writer's name are not taken for each other", async () => {
  const store = new MemoryStore();
  let first = new MemoryJournal();
  const diesAt = before("store.put");
  const appends = [eventOf(1), eventOf(2, 61)];
  first = await runToDeath({ store, journal: first, diesAt, appends });
  const second = new MemoryJournal();
  const writer = await open({ store, journal: second });
  await writer.append([eventOf(3), eventOf(4, 61)]);
  await writer.close();
  assert.deepEqual(await idsAfter({ store, journal: first }), [1, 2, 3, 4]);
});

for (const [from, to] of [["1m", "1h"], ["1h", "1m"], ["7m", "5m"]] as const) {
  test(`windows of ${from} are taken up by a writer of windows of ${to}`, async () => {
    const store = new MemoryStore();
    let journal = new MemoryJournal();
    {
      await using writer = await open({ store, journal, window: tumbling(from) });
      await writer.append([eventOf(1), eventOf(2, 110), eventOf(3, 1500), eventOf(4, 4000)]);
      await writer.append(eventOf(5, 10));
    }
    for (const nth of [1, 2, 3]) {
      const window = tumbling(to);
      const diesAt = before("journal.delete", nth);
      const appends = [eventOf(5 + nth, 4000 + nth * 600)];
      journal = await runToDeath({ store, journal, window, diesAt, appends });
    }
    const ids = await idsAfter({ store, journal, window: tumbling(to) });
    assert.deepEqual(ids.filter((id) => id <= 5), [1, 2, 3, 4, 5]);
    assert.equal(new Set(ids).size, ids.length);
  });
}

test("a journal that takes more than the limit of memory is taken up in parts", async () => {
  const store = new MemoryStore();
  let journal = new MemoryJournal();
  const pad = "x".repeat(100_000);
  const large = (id: number, second: number) => ({ ...eventOf(id, second), pad: `${id}${pad}` });
  const appends = [large(0, 61)];
  for (let id = 1; id <= 48; id++) appends.push(large(id, id % 2 === 0 ? 3 : 70));
  const diesAt = before("journal.seal");
  journal = await runToDeath({
    store,
    journal,
    diesAt,
    appends: [...appends, "no JSON"],
    memoryLimitBytes: 64 << 20,
  });
  const memoryLimitBytes = 1 << 20;
  // Dies after its first commit, which is of all that was due or of nothing.
  let commits = 0;
  const diesAfterCommit = ({ verb, target }: Call) => {
    if (commits > 0) return "held";
    if (verb === "store.put" && target.startsWith("_delta_log/0")) commits++;
    return undefined;
  };
  journal = await runToDeath({ store, journal, diesAt: diesAfterCommit, memoryLimitBytes });
  assert.equal(commits, 1);
  const ids = await idsAfter({ store, journal, memoryLimitBytes });
  assert.deepEqual(ids, Array.from({ length: 49 }, (_, id) => id));
  const ofWindow = (await rowsInLog(store)).files.filter((file) => file.includes("T000100Z-1m"));
  assert(ofWindow.length > 5, `one file for each page: ${ofWindow}`);
  assert.equal((await deadLettersOfTable(store)).length, 1);
});

test("files that wait for their window leave nothing behind a writer that was not closed", async () => {
  const inner = new MemoryStore();
  const journal = new MemoryJournal();
  const store = new FaultyStore(
    inner,
    ({ key }) => key.endsWith(".parquet") ? { kind: "delay", ms: 100 } : undefined,
  );
  {
    await using writer = await open({ store, journal, memoryLimitBytes: 1 << 20 });
    for (let id = 0; id < 25; id++) {
      await writer.append({ ...eventOf(id, 3), pad: `${id}`.padEnd(100_000, "x") });
    }
  }
  const ids = Array.from({ length: 25 }, (_, id) => id);
  assert.deepEqual(await idsAfter({ store: inner, journal }), ids);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.deepEqual(idsOf(await rowsOfTable(inner)), ids);
});

test("files that were merged stay for readers of earlier versions", async () => {
  const store = new MemoryStore();
  let journal = new MemoryJournal();
  const writer = await open({ store, journal });
  await writer.append(eventOf(0));
  await writer.flush();
  await writer.append(eventOf(5, 2));
  await writer.close();
  const { files } = await rowsInLog(store);
  await compactTable(store);
  const diesAt = before("journal.delete");
  const appends = [eventOf(1, 100), eventOf(2, 161)];
  journal = await runToDeath({ store, journal, diesAt, appends });
  await (await open({ store, journal })).close();
  assert.deepEqual(idsOf((await rowsInLog(store)).rows), [0, 1, 2, 5]);
  assert.equal(files.length, 2);
  for (const file of files) assert(await store.get(file) !== undefined, `${file} is gone`);
});

test("events that begin with a byte order mark are taken up", async () => {
  const store = new MemoryStore();
  const journal = new MemoryJournal();
  {
    await using writer = await open({ store, journal });
    for (const event of [eventOf(1), eventOf(2, 61)]) {
      const { accepted, deadLetters } = await writer.append(`\ufeff${JSON.stringify(event)}`);
      assert.deepEqual({ accepted, deadLetters }, { accepted: 1, deadLetters: [] });
    }
  }
  assert.deepEqual(await idsAfter({ store, journal }), [1, 2]);
});

test("events that were in time are not refused later because the clock was set back", async () => {
  const store = new MemoryStore();
  const journal = new MemoryJournal();
  const clock = { now: () => eventOf(2, 61).at };
  {
    await using writer = await open({ store, journal, clock, maxFutureSkew: "10s" });
    await writer.append([eventOf(1), eventOf(2, 61)]);
  }
  const early = { now: () => 0 };
  assert.deepEqual(
    await idsAfter({ store, journal, clock: early, maxFutureSkew: "10s" }),
    [1, 2],
  );
  assert.deepEqual(await deadLettersOfTable(store), []);
});

test("events keep the time they arrived at", async () => {
  const store = new MemoryStore();
  let journal = new MemoryJournal();
  const options = { store, time: undefined, partitionBy: [] };
  const at = (ms: number) => ({ clock: { now: () => ms } });
  {
    await using writer = await open({ ...options, journal, ...at(1_000) });
    await writer.append({ id: 1 });
  }
  journal = journal.crash();
  const writer = await open({ ...options, journal, ...at(500_000) });
  await writer.append({ id: 2 });
  await writer.close();
  assert.deepEqual(
    (await rowsInLog(store)).files,
    ["19700101T000000Z-1m-main-0.parquet", "19700101T000800Z-1m-main-1.parquet"],
  );
});
