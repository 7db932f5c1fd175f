// The journal over files that were torn, changed or lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { JournalCorruptError, JournalError } from "../../src/journal/errors.ts";
import { Disk } from "./disk.ts";
import { open, record } from "./log_helpers.ts";

test("a torn tail is cut at the last whole frame, wherever it was torn", async () => {
  const whole = await diskWithFiles();
  const name = [...whole.files.keys()].sort().at(-1)!;
  const bytes = whole.files.get(name)!;
  const lastFrame = lengthWithoutLastFrame(whole);
  for (let length = lastFrame; length < bytes.length; length++) {
    for (const torn of [bytes.slice(0, length), bytes.slice().fill(0, length)]) {
      const disk = new Disk([...whole.files, [name, torn]]);
      const found = await open(disk);
      assert.equal(found.text, "a: 0 1 2 3 4 5 6 7 / b: 0 1 2 3 4 5 6 7", `torn at ${length}`);
      if (torn.length === lastFrame) {
        assert.deepEqual(found.warnings, []);
      } else {
        assert.equal(found.warnings.length, 1);
        assert.equal(found.warnings[0]!.code, "torn-tail");
        assert.match(
          found.warnings[0]!.message,
          new RegExp(`${torn.length - lastFrame} bytes of ${name}`),
        );
      }
      // It goes on from there, and the torn bytes stay out.
      await found.journal.append([record("a", 9)]);
      const after = await open(disk.afterCrash());
      assert.equal(after.text, "a: 0 1 2 3 4 5 6 7 9 / b: 0 1 2 3 4 5 6 7");
      assert.deepEqual(after.warnings, []);
    }
  }
});

test("a byte that was changed is an error, or cuts the last frame with a warning", async () => {
  const whole = await diskWithFiles();
  const full = (await open(whole.afterCrash())).text;
  const names = [...whole.files.keys()].sort();
  assert(names.length > 2 && names[0]!.includes("-"), `merged and plain files: ${names}`);
  const lastFrame = lengthWithoutLastFrame(whole);
  for (const name of names) {
    const bytes = whole.files.get(name)!;
    for (let i = 0; i < bytes.length; i++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const damaged = bytes.slice();
        damaged[i]! ^= flip;
        const disk = new Disk([...whole.files, [name, damaged]]);
        const what = `${name}, byte ${i}`;
        if (name === names.at(-1) && i >= lastFrame) {
          const { text, warnings } = await open(disk);
          assert.equal(text, "a: 0 1 2 3 4 5 6 7 / b: 0 1 2 3 4 5 6 7", what);
          assert.equal(warnings[0]?.code, "torn-tail", what);
          continue;
        }
        await assert.rejects(open(disk), (error) => {
          assert(error instanceof JournalCorruptError, what);
          assert.equal(error.file, name);
          assert(error.offset <= i, `${what}: said ${error.offset}`);
          assert(error.message.includes(`${name} is damaged at byte ${error.offset}`));
          return true;
        });
        // Nothing was changed by looking, so nobody has to hurry.
        assert.deepEqual(disk.files.get(name), damaged);
      }
    }
  }
  assert.equal((await open(whole)).text, full);
});

test("a file that is gone or was cut is an error", async () => {
  const whole = await diskWithFiles();
  const names = [...whole.files.keys()].sort();
  for (const [i, name] of names.entries()) {
    if (i === names.length - 1) continue;
    const bytes = whole.files.get(name)!;
    for (let length = 0; length < bytes.length; length++) {
      const cut = new Disk([...whole.files, [name, bytes.slice(0, length)]]);
      await assert.rejects(open(cut), JournalCorruptError, `${name} cut at ${length}`);
    }
    if (i === 0) continue;
    const gone = new Disk(whole.files);
    gone.files.delete(name);
    await assert.rejects(open(gone), /the file after \d+(-\d+)?\.journal is missing/);
  }
  const merged = names[0]!;
  const alone = new Disk([[merged, whole.files.get(merged)!]]);
  await assert.rejects(open(alone), new RegExp(`${merged} .*: the file after it is missing`));
});

test("a write the system had but the disk had not is made durable before it is built on", async () => {
  let disk = new Disk();
  const first = await open(disk);
  await first.journal.append([record("a", 1)]);
  // The process dies after the write, before the sync.
  const step = disk.steps;
  disk.plan = (at) => at === step ? { kind: "crash", damage: (bytes) => bytes } : undefined;
  await assert.rejects(first.journal.append([record("a", 2)]), JournalError);
  disk = disk.afterCrash();
  const second = await open(disk);
  assert.equal(second.text, "a: 1 2");
  await second.journal.seal(["a"], 7);
  const third = await open(disk.afterPowerCut());
  assert.equal(third.text, "a: 1 2 (7)");
});

/** Files that were merged and others, of which the last has several frames. */
async function diskWithFiles(): Promise<Disk> {
  const disk = new Disk();
  const { journal } = await open(disk);
  for (let i = 0; i < 9; i++) {
    if (i < 2) await journal.append([{ segment: "gone", payload: new Uint8Array(150) }]);
    if (i === 2) await journal.delete(["gone"]);
    await journal.append([record("a", i), record("b", i)]);
  }
  await journal.close();
  return disk;
}

/** Length of the last file up to its last frame, which is one append to `a` and `b`. */
function lengthWithoutLastFrame(disk: Disk): number {
  const bytes = [...disk.files].sort().at(-1)![1];
  const header = 16;
  const length = bytes.length - header - 2 * (11 + 1 + 3);
  const view = new DataView(bytes.buffer);
  assert.equal(view.getUint32(length + 12, true), bytes.length - header - length);
  assert(length > 36 + header, "the last file has several frames");
  return length;
}
