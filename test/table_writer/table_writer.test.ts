// A table writer in ordinary life.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  type Journal,
  MemoryJournal,
  MemoryStore,
  type Store,
  StoreError,
  TableWriter,
  tumbling,
} from "../../mod.ts";
import { JournalError } from "../../src/journal/errors.ts";
import { readSnapshot } from "../../src/commit_log/snapshot.ts";
import { FsJournal } from "../../src/journal/fs.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { FaultyStore, type StoreFault } from "../../src/testing/mod.ts";
import { FaultyJournal } from "../support/faulty_journal.ts";
import { eventOf, idsOf } from "../support/numbered_events.ts";
import { deadLettersOfTable, rowsInLog, rowsOfTable } from "../support/table_rows.ts";
import { idsAfter, open, segmentsOf } from "./writer_helpers.ts";

interface Place {
  readonly store: Store;
  readonly journal: Journal;
}

/** Runs a test in memory and in files. */
function testBoth(name: string, run: (place: Place) => Promise<void>): void {
  test(`${name} (in memory)`, () =>
    run({ store: new MemoryStore(), journal: new MemoryJournal() }));
  test(`${name} (in files)`, async () => {
    const directory = await mkdtemp(join(tmpdir(), "sluice-writer-"));
    try {
      await run({
        store: new FsStore(join(directory, "table")),
        journal: new FsJournal(join(directory, "journal")),
      });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

async function idsInLog(store: Store): Promise<number[]> {
  return idsOf((await rowsInLog(store)).rows);
}

/** Makes a promise, and what resolves it. */
function gate(): { readonly opened: Promise<undefined>; open(): void } {
  let open = () => {};
  const opened = new Promise<undefined>((resolve) => open = () => resolve(undefined));
  return { opened, open };
}

testBoth("events are in the table once their window is closed", async (place) => {
  const writer = await open(place);
  await writer.append([eventOf(1), JSON.stringify(eventOf(2)), eventOf(3, 61)]);
  await writer.append(new TextEncoder().encode(`${JSON.stringify(eventOf(4, 121))}\n\n`));
  assert.equal(writer.counts.openWindows, 1);
  await writer.close();
  assert.deepEqual(idsOf(await rowsOfTable(place.store)), [1, 2, 3, 4]);
  const { accepted, written, windows, partitions, files } = writer.counts;
  assert.deepEqual(
    { accepted, written, windows, partitions, files },
    { accepted: 4, written: 4, windows: 3, partitions: 4, files: 4 },
  );
  assert.deepEqual(await segmentsOf(place.journal), []);
});

testBoth("a flush closes windows, and the writer goes on", async (place) => {
  const writer = await open(place);
  await writer.append([eventOf(1), eventOf(2)]);
  assert.deepEqual(await idsInLog(place.store), []);
  await writer.flush();
  assert.deepEqual(await idsInLog(place.store), [1, 2]);
  await writer.append([eventOf(3), eventOf(4, 61)]);
  await writer.flush();
  await writer.flush();
  assert.deepEqual(await idsInLog(place.store), [1, 2, 3, 4]);
  assert.equal(writer.counts.late, 1);
  await writer.close();
});

testBoth("what was not closed stays in the journal for the next writer", async (place) => {
  {
    await using writer = await open(place);
    await writer.append([eventOf(1), eventOf(2, 61), "no JSON"]);
  }
  assert.deepEqual(await idsInLog(place.store), [1]);
  assert.equal((await segmentsOf(place.journal)).length, 1);
  assert.deepEqual(await idsAfter(place), [1, 2]);
  assert.equal((await deadLettersOfTable(place.store)).length, 1);
});

testBoth("the next writer knows what was closed and what the watermark was", async (place) => {
  {
    const writer = await open({ ...place, lateness: "10s" });
    await writer.append([eventOf(1), eventOf(2, 80)]);
    await writer.close();
  }
  const writer = await open({ ...place, lateness: "10s" });
  assert.equal(writer.counts.watermark, eventOf(2, 70).at);
  await writer.append(eventOf(3, 3));
  await writer.close();
  assert.equal(writer.counts.late, 1);
  assert.deepEqual(await idsInLog(place.store), [1, 2, 3]);
});

test("appends of nothing do nothing", async () => {
  const store = new MemoryStore();
  const writer = await open({ store });
  for (const nothing of [[], "", "\n \n", new Uint8Array()]) {
    assert.deepEqual(await writer.append(nothing), { accepted: 0, deadLetters: [] });
  }
  await writer.close();
  for await (const { key } of store.list("")) assert.fail(`${key} was put`);
});

test("each append is told of its own dead letters, and why", async () => {
  const store = new MemoryStore();
  const journal = new MemoryJournal();
  const clock = { now: () => eventOf(0, 100).at };
  const writer = await open({
    store,
    journal,
    clock,
    maxFutureSkew: "1m",
    late: "dead-letter",
    maxEventBytes: 200,
  });
  const results = [];
  for (
    const events of [
      [eventOf(1), '{"id":', eventOf(2)],
      ["7", eventOf(3, 161), "\xff"],
      [{ id: 4 }, eventOf(5, 99), { ...eventOf(6), text: "x".repeat(200) }],
      [eventOf(7, 98), eventOf(8, 3)],
    ]
  ) {
    results.push(await writer.append(events));
  }
  assert.deepEqual(
    results.map(({ accepted, deadLetters }) => [accepted, ...deadLetters.map((l) => l.reason)]),
    [
      [3, "malformed-json"],
      [3, "not-an-object", "malformed-json", "future-time"],
      [3, "missing-time", "too-long"],
      [2, "late"],
    ],
  );
  await writer.close();
  const letters = await deadLettersOfTable(store);
  assert.deepEqual(letters, results.flatMap(({ deadLetters }) => deadLetters));
  assert.deepEqual(letters.map(({ raw }) => raw).slice(0, 2), ['{"id":', "7"]);
  const { accepted, written, deadLettered, dropped } = writer.counts;
  assert.deepEqual(
    { accepted, written, deadLettered, dropped },
    { accepted: 11, written: 4, deadLettered: 7, dropped: 0 },
  );
});

test("late events go with the next commit, or are dropped, as the policy has it", async () => {
  for (const late of ["append", "drop", "dead-letter"] as const) {
    const store = new MemoryStore();
    const journal = new MemoryJournal();
    const writer = await open({ store, journal, late });
    await writer.append([eventOf(1), eventOf(2, 61)]);
    for (const id of [3, 4, 5]) await writer.append(eventOf(id, 4));
    await writer.append(eventOf(6, 121));
    await writer.close();
    assert.equal((await readSnapshot(store))!.version, 2, "no commit of late events alone");
    const { written, dropped, deadLettered, late: lateCount } = writer.counts;
    assert.deepEqual(
      [written, dropped, deadLettered, lateCount],
      { append: [6, 0, 0, 3], drop: [3, 3, 0, 0], "dead-letter": [3, 0, 3, 0] }[late],
    );
    assert.deepEqual(await idsInLog(store), late === "append" ? [1, 2, 3, 4, 5, 6] : [1, 2, 6]);
    assert.deepEqual(await segmentsOf(journal), []);
  }
});

test("windows of arrival time close as events arrive", async () => {
  const store = new MemoryStore();
  let now = 30_000;
  const writer = await TableWriter.open({
    store,
    journal: new MemoryJournal(),
    window: tumbling("1m"),
    clock: { now: () => now },
  });
  for (const id of range(10)) {
    await writer.append({ id });
    now += 25_000;
  }
  await writer.close();
  const { files } = await rowsInLog(store);
  assert.deepEqual(files.map((file) => file.slice(9, 15)), [
    "000000",
    "000100",
    "000200",
    "000300",
    "000400",
  ]);
});

for (
  const [what, options] of [["no event comes for idle", { idle: 5 }], ["arrival time runs on", {
    time: undefined,
    window: tumbling(5),
  }]] as const
) {
  test(`windows close when ${what}`, async () => {
    const store = new MemoryStore();
    const writer = await open({ store, ...options } as Parameters<typeof open>[0]);
    await writer.append(eventOf(1));
    while (writer.counts.written === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(writer.counts.openWindows, 0);
    await writer.append(eventOf(2));
    await writer.close();
    assert.deepEqual(await idsInLog(store), [1, 2]);
  });
}

testBoth("appends at the same time are all taken in", async (place) => {
  const writer = await open(place);
  const results = await Promise.all(
    range(200).map((id) => writer.append([eventOf(id, id), id % 10 === 0 ? "no JSON" : ""])),
  );
  assert.equal(results.reduce((sum, { accepted }) => sum + accepted, 0), 220);
  await writer.close();
  assert.deepEqual(idsOf(await rowsOfTable(place.store)), range(200));
  assert.equal((await deadLettersOfTable(place.store)).length, 20);
  const { accepted, written, deadLettered } = writer.counts;
  assert.deepEqual([accepted, written, deadLettered], [220, 200, 20]);
});

test("appends wait while the store is behind with commits", async () => {
  const { opened, open: release } = gate();
  const inner = new MemoryStore();
  const store = new FaultyStore(inner, ({ operation }) => operation === "put" ? opened : undefined);
  const writer = await open({ store, journal: new MemoryJournal() });
  let appended = 0;
  const appending = (async () => {
    for (const id of range(20)) {
      await writer.append(eventOf(id, id * 60));
      appended++;
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert(appended < 5, `${appended} windows were taken in`);
  release();
  await appending;
  await writer.close();
  assert.deepEqual(await idsInLog(inner), range(20));
});

test("appends wait while the store is behind with what memory has no room for", async () => {
  const { opened, open: release } = gate();
  const inner = new MemoryStore();
  const store = new FaultyStore(inner, ({ operation }) => operation === "put" ? opened : undefined);
  const writer = await open({ store, memoryLimitBytes: 1 << 20 });
  let appended = 0;
  const appending = (async () => {
    for (const id of range(40)) {
      await writer.append({ ...eventOf(id, id % 60), pad: String(id).repeat(60_000) });
      appended++;
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert(appended < 30, `${appended} events were taken in`);
  release();
  await appending;
  await writer.close();
  assert.deepEqual(await idsInLog(inner), range(40));
  assert.equal(writer.counts.windows, 1);
});

testBoth("a writer that was closed cannot be used", async (place) => {
  const writer = await open(place);
  await writer.append(eventOf(1));
  await writer.close();
  const isClosed = { name: "TypeError", message: "Cannot use the writer: it is closed" };
  await assert.rejects(writer.append(eventOf(2)), isClosed);
  await assert.rejects(writer.flush(), isClosed);
  await writer.close();
  await writer[Symbol.asyncDispose]();
  assert.deepEqual(await idsAfter(place), [1]);
});

test("an append that meets a close is taken in whole or refused", async () => {
  for (const journal of [new MemoryJournal(), undefined]) {
    const store = new MemoryStore();
    const writer = await open({ store, ...(journal && { journal }) });
    await writer.append(eventOf(0));
    const taken: number[] = [0];
    const closing = [writer.close(), writer.close()];
    await Promise.all(
      range(20).map(async (id) => {
        for (let turn = 0; turn < id; turn++) await undefined;
        await writer.append(eventOf(id + 1)).then(() => taken.push(id + 1), () => {});
      }),
    );
    await Promise.all(closing);
    assert.deepEqual(await idsInLog(store), taken);
  }
});

test("a journal that is open cannot be used by a second writer, and the first goes on", async () => {
  const store = new MemoryStore();
  const journal = new MemoryJournal();
  const writer = await open({ store, journal });
  await assert.rejects(open({ store, journal }), TypeError);
  await writer.append(eventOf(1));
  await writer.close();
  assert.deepEqual(await idsInLog(store), [1]);
});

test("a journal that is not a table writer's is left alone", async () => {
  for (const isSealed of [false, true]) {
    const journal = new MemoryJournal();
    await journal.open();
    await journal.append([{ segment: "somebody's", payload: new Uint8Array(3) }]);
    if (isSealed) await journal.seal(["somebody's"], 0);
    await journal.close();
    const store = new MemoryStore();
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(open({ store, journal }), {
        message: `Cannot recover segment "somebody's": the journal is not a table writer's`,
      });
    }
    assert.match((await segmentsOf(journal))[0]!, /^somebody's/);
  }
});

test("options are checked before anything is opened", async () => {
  const opened: string[] = [];
  const journal = new FaultyJournal(
    new MemoryJournal(),
    ({ operation }) => void opened.push(operation),
  );
  const store = new FaultyStore(new MemoryStore(), ({ operation }) => void opened.push(operation));
  const window = { ...tumbling("1m") };
  for (const wrong of [{ lateness: -1 }, { writer: "a-b" }, { time: "" }, { late: "never" }]) {
    const options = { store, journal, window, ...wrong } as Parameters<typeof TableWriter.open>[0];
    await assert.rejects(TableWriter.open(options), (error: Error) => {
      assert(error instanceof TypeError || error instanceof RangeError);
      assert.match(error.message, new RegExp(Object.keys(wrong)[0]!));
      return true;
    });
  }
  assert.deepEqual(opened, []);
});

test("after a failure of the store the writer says so at every call", async () => {
  const store = new MemoryStore();
  const journal = new MemoryJournal();
  const fault: StoreFault = { kind: "fail", error: new TypeError("broken for good") };
  const broken = new FaultyStore(
    store,
    ({ operation, key }) => operation === "put" && key.startsWith("page=") ? fault : undefined,
  );
  const writer = await open({ store: broken, journal });
  await writer.append([eventOf(1), eventOf(2, 61)]);
  const isBroken = (error: unknown) =>
    error instanceof StoreError && error.operation === "put" && error.key.startsWith("page=");
  await assert.rejects(writer.flush(), isBroken);
  await assert.rejects(writer.append(eventOf(3)), isBroken);
  await assert.rejects(writer.close(), isBroken);
  assert.deepEqual(await idsAfter({ store, journal }), [1, 2]);
});

test("after a failure of the journal nothing is taken in any more", async () => {
  const store = new MemoryStore();
  const journal = new MemoryJournal();
  let isBroken = false;
  const broken = new FaultyJournal(
    journal,
    ({ operation }) => isBroken && operation === "append" ? { kind: "fail" } : undefined,
  );
  const writer = await open({ store, journal: broken });
  await writer.append(eventOf(1));
  isBroken = true;
  const isAppend = (error: unknown) =>
    error instanceof JournalError && error.operation === "append";
  await assert.rejects(writer.append(eventOf(2, 61)), isAppend);
  isBroken = false;
  await assert.rejects(writer.append(eventOf(3)), isAppend);
  await assert.rejects(writer.close(), isAppend);
  await journal.close();
  assert.deepEqual(await idsAfter({ store, journal }), [1]);
});
