// A log or a journal that was damaged: a clear error that changes nothing, or a cut that is told of.
import assert from "node:assert/strict";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import {
  CorruptLogError,
  MemoryStore,
  type Store,
  streamToParquet,
  TableMismatchError,
  TableWriter,
  tumbling,
  UnsupportedTableError,
} from "../../mod.ts";
import { JournalCorruptError } from "../../src/journal/errors.ts";
import { FsJournal } from "../../src/journal/fs.ts";
import { eventOf, idsOf, NUMBERED } from "../support/numbered_events.ts";
import { rowsInLog, rowsOfTable } from "../support/table_rows.ts";

const OPTIONS = { ...NUMBERED, window: tumbling("1m") };

async function contentsOf(store: Store): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  for await (const { key } of store.list("")) contents.set(key, (await store.get(key))!);
  return contents;
}

/** A table of as many commits, each with an event of its number. */
async function tableOf(commits: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  const writer = await TableWriter.open({ ...OPTIONS, store });
  for (let id = 0; id < commits; id++) {
    await writer.append(eventOf(id, id * 60));
    await writer.flush();
  }
  await writer.close();
  return store;
}

function logKey(version: number): string {
  return `_delta_log/${String(version).padStart(20, "0")}.json`;
}

const encoder = new TextEncoder();
const append = (store: Store) => streamToParquet([eventOf(99, 9999)], { ...OPTIONS, store });
const openWriter = (store: Store) => TableWriter.open({ ...OPTIONS, store });

for (
  const [what, damage] of Object.entries({
    "is cut off": (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 20),
    "is empty": () => new Uint8Array(0),
    "is full of zeros": (bytes: Uint8Array) => new Uint8Array(bytes.length),
    "is no JSON": () => encoder.encode("<html>moved</html>\n"),
    "is no action": () => encoder.encode("[1]\n"),
    "is no UTF-8": () => Uint8Array.of(0xff, 0xfe, 10),
  })
) {
  test(`a commit that ${what} stops every run, and no run makes it worse`, async () => {
    const store = await tableOf(3);
    const original = (await store.get(logKey(1)))!;
    await store.put(logKey(1), damage(original));
    const before = await contentsOf(store);
    for (const run of [append, openWriter, append, openWriter]) {
      await assert.rejects(run(store), (error) => {
        assert(error instanceof CorruptLogError, String(error));
        assert(error.message.includes(logKey(1)), error.message);
        return true;
      });
      assert.deepEqual(await contentsOf(store), before);
    }
    await store.put(logKey(1), original);
    await append(store);
    assert.deepEqual(idsOf(await rowsOfTable(store)), [0, 1, 2, 99]);
  });
}

test("a commit that is missing stops every run", async () => {
  for (const commits of [3, 14]) {
    for (const run of [append, openWriter]) {
      const store = await tableOf(commits);
      const missing = logKey(commits - 2);
      await store.delete(missing);
      await assert.rejects(run(store), (error) => {
        assert(error instanceof CorruptLogError && error.message.includes(missing), String(error));
        return true;
      });
    }
  }
});

test("what only makes the log faster to read may be damaged or gone", async () => {
  for (const key of ["_delta_log/_last_compaction"]) {
    for (
      const bytes of [
        undefined,
        new Uint8Array(0),
        encoder.encode('{"version":12'),
        encoder.encode("{}"),
      ]
    ) {
      const store = await tableOf(14);
      assert(await store.get(key) !== undefined);
      if (bytes === undefined) await store.delete(key);
      else await store.put(key, bytes);
      await append(store);
      assert.equal((await rowsInLog(store)).rows.length, 15);
    }
  }
});

test("files of others in the log and the table are left alone", async () => {
  const store = await tableOf(2);
  const foreign = [
    "_delta_log/notes.txt",
    "_delta_log/.00000000000000000001.json.crc",
    "_delta_log/00000000000000000002.json.tmp",
    "_delta_log/_commits/00000000000000000002.json",
    "_sluice/somebody.txt",
    "page=x/data.csv",
  ];
  for (const key of foreign) await store.put(key, encoder.encode("foreign"));
  await append(store);
  assert.deepEqual(idsOf(await rowsOfTable(store)), [0, 1, 99]);
  for (const key of foreign) {
    assert.equal(new TextDecoder().decode(await store.get(key)), "foreign");
  }
});

test("whatever becomes of a byte of the log, a run says what is wrong or goes on", async () => {
  const table = await contentsOf(await tableOf(12));
  const keys = [...table.keys()].filter((key) => key.startsWith("_delta_log/"));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...keys),
      fc.nat(100_000),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (key, place, flip, isCut) => {
        const store = new MemoryStore();
        for (const [key, bytes] of table) await store.put(key, bytes);
        const bytes = table.get(key)!.slice();
        const at = place % bytes.length;
        bytes[at]! ^= flip;
        await store.put(key, isCut ? bytes.subarray(0, at) : bytes);
        const before = await contentsOf(store);
        try {
          await append(store);
        } catch (error) {
          const isClear = error instanceof CorruptLogError ||
            error instanceof UnsupportedTableError || error instanceof TableMismatchError;
          assert(isClear, `${key} at ${at}: ${(error as Error).stack}`);
          assert.deepEqual(await contentsOf(store), before);
        }
      },
    ),
    { numRuns: 150, seed: 7 },
  );
});

/** Runs with a journal in files that a writer has left, with events 0 to 9 in two windows. */
async function withJournal(
  run: (place: { store: Store; directory: string; files: string[] }) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-damage-"));
  try {
    const store = new MemoryStore();
    for (let from = 0; from < 10; from += 5) { // two files
      const journal = new FsJournal(directory);
      const writer = await TableWriter.open({ ...OPTIONS, store, journal, lateness: "1h" });
      for (let id = from; id < from + 5; id++) await writer.append(eventOf(id, id * 20));
      await writer[Symbol.asyncDispose]();
    }
    const files = (await readdir(directory)).filter((name) => name.endsWith(".journal")).sort();
    await run({ store, directory, files });
  } finally {
    await rm(directory, { recursive: true });
  }
}

function openJournalled(store: Store, directory: string): Promise<TableWriter> {
  return TableWriter.open({ ...OPTIONS, store, journal: new FsJournal(directory) });
}

for (
  const [what, damage] of Object.entries({
    "has a byte flipped": (bytes: Uint8Array) =>
      bytes.map((byte, i) => i === 120 ? byte ^ 1 : byte),
    "is empty": () => new Uint8Array(0),
    "is somebody else's": () =>
      encoder.encode("somebody else's file, of whatever length it may be\n"),
  })
) {
  test(`a journal whose file ${what} stops every writer, and none makes it worse`, async () => {
    await withJournal(async ({ store, directory, files }) => {
      assert(files.length >= 2);
      const path = join(directory, files[0]!);
      const backup = `${directory}.backup`;
      await copyFile(path, backup);
      try {
        const damaged = damage(await readFile(path));
        await writeFile(path, damaged);
        for (let attempt = 0; attempt < 3; attempt++) {
          await assert.rejects(openJournalled(store, directory), (error) => {
            assert(error instanceof JournalCorruptError, String(error));
            assert.equal(error.file, files[0]);
            return true;
          });
        }
        assert.deepEqual(new Uint8Array(await readFile(path)), new Uint8Array(damaged));
        assert.deepEqual(await contentsOf(store), new Map());
        await copyFile(backup, path);
      } finally {
        await rm(backup);
      }
      const writer = await openJournalled(store, directory);
      await writer.close();
      assert.deepEqual(idsOf(await rowsOfTable(store)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });
  });
}

test("a journal's last write that is not whole is left out, and the writer says so", async () => {
  await withJournal(async ({ store, directory, files }) => {
    const path = join(directory, files.at(-1)!);
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 3));
    const writer = await openJournalled(store, directory);
    assert.deepEqual(writer.warnings.map(({ code }) => code), ["torn-tail"]);
    assert.match(writer.warnings[0]!.message, new RegExp(files.at(-1)!));
    await writer.append(eventOf(10, 200));
    await writer.close();
    assert.deepEqual(idsOf(await rowsOfTable(store)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]);
    const next = await openJournalled(store, directory);
    assert.deepEqual(next.warnings, []);
    await next.close();
  });
});

test("a file of somebody else's in a journal's directory is left alone, and told of", async () => {
  await withJournal(async ({ store, directory }) => {
    const path = join(directory, "notes.txt");
    await writeFile(path, "notes");
    const writer = await openJournalled(store, directory);
    assert.deepEqual(writer.warnings.map(({ code }) => code), ["foreign-file"]);
    await writer.close();
    assert.equal(await readFile(path, "utf8"), "notes");
    assert.deepEqual(idsOf(await rowsOfTable(store)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
