// What a table writer makes of what an earlier one left behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryJournal, MemoryStore, TableWriter, tumbling, WriterFencedError } from "../../mod.ts";
import type { Journal, Store, StorePutOptions, TableWriterOptions } from "../../mod.ts";
import { streamToParquet } from "../../mod.ts";
import { assertOnce, eventOf, idsOf, NUMBERED } from "../support/numbered_events.ts";
import { Mortal } from "../support/mortal.ts";
import { deadLettersOfTable, rowsInLog, rowsOfTable } from "../support/table_rows.ts";

type Options = Partial<TableWriterOptions> & { store: Store; journal?: Journal };

function open(options: Options): Promise<TableWriter> {
  return TableWriter.open({ ...NUMBERED, window: tumbling("1m"), ...options });
}

test("events of open windows are held again by the next writer", async () => {
  const store = new MemoryStore();
  const journal = new MemoryJournal();
  {
    await using writer = await open({ store, journal });
    await writer.append([eventOf(1), eventOf(2, 61)]);
  }
  assert.equal((await rowsInLog(store)).rows.length, 1);
  const writer = await open({ store, journal });
  assert.equal(writer.counts.openWindows, 1);
  await writer.append(eventOf(3, 62));
  await writer.close();
  assert.deepEqual(idsOf(await rowsOfTable(store)), [1, 2, 3]);
});

test("what a redone commit writes is counted", async () => {
  const store = new MemoryStore();
  let journal = new MemoryJournal();
  const dying = new Mortal();
  const full: Store = Object.assign(new MemoryStore(), { put: () => new Promise<boolean>(() => {}) });
  const writer = await open({ store: full, journal: dying.journal(journal) });
  await writer.append([eventOf(1), "no JSON"]);
  await dying.survive(Promise.race([writer.flush(), tick()]));
  journal = journal.crash();
  const next = await open({ store, journal });
  await next.append(eventOf(2));
  await next.close();
  const { accepted, written, deadLettered, dropped } = next.counts;
  assert.deepEqual({ accepted, written, deadLettered, dropped }, {
    accepted: 3,
    written: 2,
    deadLettered: 1,
    dropped: 0,
  });
});

test("late events of a commit that was not begun are in the table once", async () => {
  const store = new MemoryStore();
  let journal = new MemoryJournal();
  // The first process dies at its first write, with a closed window and a late event of it.
  const first = new Mortal();
  const stuck = new MemoryStore();
  stuck.put = () => new Promise(() => {});
  const writer = await open({ store: stuck, journal: stallSeal(journal) });
  await writer.append(eventOf(1));
  await writer.append(eventOf(2, 61));
  await writer.append(eventOf(3, 3));
  first.kill();
  journal = journal.crash();

  // The second dies right after its first commit.
  const second = await open({ store, journal: stallDelete(journal) });
  await until(async () => (await rowsInLog(store)).rows.length > 0);
  journal = journal.crash();

  const third = await open({ store, journal });
  await third.close();
  assertOnce(idsOf(await rowsOfTable(store)), { acknowledged: [1, 2, 3], attempted: [1, 2, 3] });
  void second;
});

function stallSeal(journal: Journal): Journal {
  return overriding(journal, { seal: () => new Promise(() => {}) });
}

function stallDelete(journal: Journal): Journal {
  return overriding(journal, { delete: () => new Promise(() => {}) });
}

/** The journal but for some of its verbs. */
function overriding(journal: Journal, verbs: Partial<Journal>): Journal {
  return {
    open: (options) => journal.open(options),
    append: (records) => journal.append(records),
    seal: (segments, number) => journal.seal(segments, number),
    read: (segment) => journal.read(segment),
    delete: (segments) => journal.delete(segments),
    close: () => journal.close(),
    ...verbs,
  };
}

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!await condition()) await tick();
}

test("a byte order mark is no trouble to the next writer", async () => {
  const store = new MemoryStore();
  const journal = new MemoryJournal();
  {
    await using writer = await open({ store, journal });
    await writer.append(`\ufeff${JSON.stringify(eventOf(1))}\n`);
    await writer.append(`\ufeff${JSON.stringify(eventOf(2, 61))}\n`);
  }
  const writer = await open({ store, journal });
  await writer.close();
  assert.deepEqual(idsOf(await rowsOfTable(store)), [1, 2]);
});

test("a commit whose number somebody else has taken is redone", async () => {
  const store = new MemoryStore();
  let journal = new MemoryJournal();
  const stuck = new MemoryStore();
  stuck.put = () => new Promise(() => {});
  const writer = await open({ store: stuck, journal });
  await writer.append(eventOf(1));
  void writer.flush();
  await tick();
  journal = journal.crash();
  await streamToParquet([eventOf(2)], { ...NUMBERED, window: tumbling("1m"), store });
  const next = await open({ store, journal });
  await next.close();
  assert.deepEqual(idsOf(await rowsOfTable(store)), [1, 2]);
});

test("windows of another length are taken up", async () => {
  const store = new MemoryStore();
  let journal = new MemoryJournal();
  {
    await using writer = await open({ store, journal, window: tumbling("1h") });
    await writer.append([eventOf(1), eventOf(2, 130)]);
  }
  journal = journal.crash();
  const second = await open({ store, journal, window: tumbling("1m") });
  await second.append(eventOf(3, 61));
  await until(() => Promise.resolve(second.counts.written > 0 || true));
  await tick();
  await second[Symbol.asyncDispose]();
  const third = await open({ store, journal, window: tumbling("1m") });
  await third.close();
  assert.deepEqual(idsOf(await rowsOfTable(store)), [1, 2, 3]);
});
