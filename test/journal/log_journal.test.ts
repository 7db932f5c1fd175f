// The journal over a disk in memory: failures, space and syncs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { JournalError } from "../../src/journal/errors.ts";
import { LogJournal } from "../../src/journal/log_journal.ts";
import { journalConformance } from "../../src/testing/journal_suite.ts";
import { Disk } from "./disk.ts";
import { MAX_FILE_BYTES, open, record } from "./log_helpers.ts";

for (const maxFileBytes of [undefined, 64]) {
  journalConformance({
    test,
    name: `LogJournal, files of ${maxFileBytes ?? "the default"} bytes`,
    create: () => {
      let disk = new Disk();
      const make = () => Promise.resolve(new LogJournal(disk.directory(), { maxFileBytes }));
      return make().then((journal) => ({
        journal,
        rival: make,
        reopen: () => {
          disk = disk.afterCrash();
          return make();
        },
      }));
    },
  });
}

test("maxFileBytes must be an integer from 1 to 2^30", () => {
  for (const maxFileBytes of [0, -1, 1.5, NaN, 2 ** 30 + 1]) {
    assert.throws(
      () => new LogJournal(new Disk().directory(), { maxFileBytes }),
      { name: "RangeError", message: new RegExp(`current value is ${maxFileBytes}`) },
    );
  }
});

for (const damage of [undefined, (bytes: Uint8Array) => bytes.slice(0, 20)]) {
  test(`after a failed write that left ${damage ? "some" : "nothing"}, writes are refused`, async () => {
    const disk = new Disk();
    const { journal } = await open(disk);
    await journal.append([record("a", 1)]);
    const step = disk.steps;
    disk.plan = (at) => at === step ? { kind: "fail", damage } : undefined;
    const calls = {
      append: () => journal.append([record("a", 2)]),
      seal: () => journal.seal(["a"], 1),
      delete: () => journal.delete(["a"]),
    };
    const together = Object.entries(calls).map(([operation, call]) =>
      assert.rejects(call(), (error) => {
        assert(error instanceof JournalError);
        assert.equal(error.operation, operation);
        assert.equal(error.journal, "on disk");
        assert.match(error.message, /the journal on disk: disk fail$/);
        return true;
      })
    );
    await Promise.all(together);
    for (const [operation, call] of Object.entries(calls)) {
      await assert.rejects(call(), (error) => {
        assert(error instanceof JournalError);
        assert.equal(error.operation, operation);
        assert.match(error.message, /: an earlier write failed: disk fail$/);
        assert.equal((error.cause as Error & { cause: Error }).cause.message, "disk fail");
        return true;
      });
    }
    assert.equal(disk.steps, step + 1, "nothing more reached the disk");

    await journal.close();
    const { segments, warnings } = await journal.open();
    assert.deepEqual(segments, [{ segment: "a", number: undefined }]);
    assert.equal(warnings.length, damage ? 1 : 0);
    await journal.append([record("a", 3)]);
    assert.equal((await open(disk.afterCrash())).text, "a: 1 3");
  });
}

test("calls that overlap share syncs", async () => {
  const disk = new Disk();
  const { journal } = await open(disk);
  await Promise.all(Array.from({ length: 100 }, (_, i) => journal.append([record("a", i)])));
  assert.equal(disk.appends, 1, "one turn");

  const first = journal.append([record("a", 100)]);
  while (disk.appends < 2) await undefined;
  const more = Array.from({ length: 100 }, (_, i) => journal.append([record("b", i)]));
  await Promise.all([first, ...more, journal.seal(["a"], 1)]);
  assert.equal(disk.appends, 3, "those that came during a sync share the next");

  await journal.append([record("b", 100)]);
  await journal.append([record("b", 101)]);
  assert.equal(disk.appends, 5, "one after the other");
});

test("what is written at once is bounded", async () => {
  const disk = new Disk();
  const { journal } = await open(disk, {});
  const payload = new Uint8Array(1024 * 1024);
  await Promise.all(
    Array.from({ length: 10 }, () => journal.append([{ segment: "a", payload }])),
  );
  assert.equal(disk.appends, 4, "three of a megabyte and a little more fit into four");
});

test("disk space follows what segments hold, though one stays open for ever", async () => {
  let disk = new Disk();
  let { journal } = await open(disk);
  let eternal = 0;
  let most = 0;
  for (let i = 0; i < 300; i++) {
    const segments = [`w${i}`, `v${i}`];
    for (let j = 0; j < 5; j++) await journal.append(segments.map((s) => record(s, j)));
    if (i % 5 === 0 && i < 100) await journal.append([record("eternal", eternal++)]);
    await journal.seal(segments, i);
    await journal.delete(segments);
    most = Math.max(most, disk.bytes);
    if (i % 100 === 50) {
      disk = disk.afterCrash();
      ({ journal } = await open(disk));
    }
  }
  // An append of the eternal one takes 37 bytes; 100,000 bytes were written for the others.
  const bound = 4 * eternal * 37 + 4 * MAX_FILE_BYTES;
  assert(most < bound, `${most} bytes, with ${bound} allowed`);
  const { text } = await open(disk.afterCrash());
  assert.equal(text, `eternal: ${Array.from({ length: eternal }, (_, i) => i).join(" ")}`);
  await journal.delete(["eternal"]);
  await journal.append([record("last", 1)]);
  await journal.delete(["last"]);
  await journal.close();
  assert(disk.bytes < 2 * MAX_FILE_BYTES, `${disk.bytes} bytes with no segment left`);
});

test("files are left alone while someone reads, and removed after", async () => {
  const disk = new Disk();
  const { journal } = await open(disk);
  for (let i = 0; i < 40; i++) {
    await journal.append([record("a", i), { segment: `b${i}`, payload: new Uint8Array(150) }]);
  }
  const before = disk.files.size;
  const seeds = [];
  for await (const payload of journal.read("a")) {
    if (seeds.length < 39) await journal.delete([`b${seeds.length}`]);
    seeds.push(payload[0]);
  }
  assert.deepEqual(seeds, Array.from({ length: 40 }, (_, i) => i));
  assert(disk.files.size > before, "nothing merged yet");
  await journal.delete(["b39"]);
  // It is at it now.
  for await (const payload of journal.read("a")) {
    assert.equal(payload[0], seeds.shift());
    // Long enough for it to end.
    await new Promise((resolve) => setTimeout(resolve));
  }
  assert.deepEqual(seeds, []);
  await journal.close();
  assert(disk.files.size < before, `${disk.files.size} files left`);
  assert.match((await open(disk.afterCrash())).text, /^a: 0 1 .* 39$/);
});

test("reading ends where the segment ended when it began", async () => {
  const { journal } = await open(new Disk());
  await journal.append([{ segment: "a", payload: new Uint8Array(150).fill(1) }]);
  await journal.append([record("a", 2)]);
  const seeds = [];
  for await (const payload of journal.read("a")) {
    seeds.push(payload[0]);
    // Into the file that has the 2, which is not read yet.
    await journal.append([record("a", 3)]);
  }
  assert.deepEqual(seeds, [1, 2]);
});

test("what a merge replaced does not come back", async () => {
  for (const removed of [0, 1, 2]) {
    let disk = new Disk();
    const { journal } = await open(disk);
    await journal.append([record("a", 1)]);
    for (const segment of ["b", "c", "d"]) {
      await journal.append([{ segment, payload: new Uint8Array(150) }]);
    }
    // A file is begun, the deletion is written, the merged file is published.
    const last = disk.steps + 3 + removed;
    disk.plan = (step) => step === last ? { kind: "crash" } : undefined;
    await journal.delete(["b", "c"]);
    await journal.close().catch(() => {});
    const merged = "0000000001-0000000003.journal";
    assert(disk.files.has(merged));
    assert.equal(disk.files.size, 3 - removed + 3, "the crash came where it should");

    disk = disk.afterCrash();
    const found = await open(disk);
    assert.match(found.text, /^a: 1 . d: 0$/);
    assert.deepEqual([...disk.files.keys()].sort()[0], merged);
    await found.journal.delete(["a", "d"]);
    await found.journal.close();
    assert.equal((await open(disk)).text, "");
    assert.equal(disk.files.size, 1);
  }
});
