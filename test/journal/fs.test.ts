import assert from "node:assert/strict";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  JournalCorruptError,
  JournalError,
  JournalFencedError,
  JournalLockedError,
} from "../../src/journal/errors.ts";
import { FsJournal } from "../../src/journal/fs.ts";
import { journalConformance } from "../../src/testing/journal_suite.ts";

for (const maxFileBytes of [undefined, 64]) {
  journalConformance({
    test,
    name: `FsJournal, files of ${maxFileBytes ?? "the default"} bytes`,
    create: () => {
      const scratch = mkdtempSync(join(tmpdir(), "sluice-journal-"));
      let directory = join(scratch, "made", "by open");
      let copies = 0;
      const made: FsJournal[] = [];
      const make = () => {
        const journal = new FsJournal(directory, { maxFileBytes });
        made.push(journal);
        return journal;
      };
      return Promise.resolve({
        journal: make(),
        rival: () => Promise.resolve(make()),
        reopen: () => {
          // This process lives on; a copy without its lock is what another would find.
          const copy = join(scratch, `copy-${copies++}`);
          cpSync(directory, copy, { recursive: true, filter: (path) => !path.includes("lock-") });
          directory = copy;
          return Promise.resolve(make());
        },
        dispose: async () => {
          await Promise.all(made.map((journal) => journal.close()));
          rmSync(scratch, { recursive: true });
        },
      });
    },
  });
}

/** A test in a directory that is removed after it, with journals that are closed. */
function testIn(
  name: string,
  run: (directory: string, make: (maxFileBytes?: number) => FsJournal) => Promise<void>,
): void {
  test(name, async () => {
    const directory = mkdtempSync(join(tmpdir(), "sluice-journal-"));
    const made: FsJournal[] = [];
    try {
      await run(directory, (maxFileBytes) => {
        const journal = new FsJournal(directory, { maxFileBytes });
        made.push(journal);
        return journal;
      });
    } finally {
      await Promise.all(made.map((journal) => journal.close()));
      rmSync(directory, { recursive: true, force: true });
    }
  });
}

test("FsJournal refuses a directory that is none", () => {
  assert.throws(() => new FsJournal(""), TypeError);
  assert.throws(() => new FsJournal(new URL("https://example.org/")), TypeError);
});

testIn("FsJournal takes a file: URL, and leaves only its files", async (directory, make) => {
  const journal = new FsJournal(pathToFileURL(directory));
  await journal.open();
  await journal.append([record("a", 1)]);
  await journal.close();
  assert.deepEqual(readdirSync(directory), ["0000000001.journal"]);
  assert.equal(await textOf(make()), "a: 1");
});

testIn(
  "FsJournal leaves files that are not its own alone, and says so",
  async (directory, make) => {
    const first = make();
    await first.open();
    await first.append([record("a", 1)]);
    await first.close();
    const foreign = [
      "0000000001.journal.bak",
      "1.journal",
      "0000000002-0000000001.journal",
      "x.tmp",
    ];
    for (const name of foreign) writeFileSync(join(directory, name), "what?");
    mkdirSync(join(directory, "sub"));
    writeFileSync(join(directory, `${crypto.randomUUID()}.tmp`), "left by a crash");

    const journal = make();
    const { segments, warnings } = await journal.open();
    assert.deepEqual(segments, [{ segment: "a", number: undefined }]);
    assert.deepEqual(warnings.map(({ code }) => code), Array(5).fill("foreign-file"));
    for (const [i, name] of [...foreign, "sub"].sort().entries()) {
      assert(warnings[i]?.message.startsWith(`${name} in the journal ${directory}`));
    }
    await journal.append([record("a", 2)]);
    await journal.close();
    const left = ["0000000001.journal", "0000000002.journal", ...foreign, "sub"];
    assert.deepEqual(readdirSync(directory).sort(), left.sort());
  },
);

testIn(
  "FsJournal refuses a file that only has the name of one of its own",
  async (directory, make) => {
    const file = "0000000007.journal";
    writeFileSync(join(directory, file), "dear diary, today nothing happened at all");
    await assert.rejects(make().open(), (error) => {
      assert(error instanceof JournalCorruptError);
      assert.equal(error.file, file);
      assert.equal(error.journal, directory);
      return true;
    });
    // And gives the directory free: it can be looked at again.
    assert.deepEqual(readdirSync(directory), [file]);
    await assert.rejects(make().open(), JournalCorruptError);
  },
);

testIn("FsJournal says so if its directory cannot be one", async (directory) => {
  writeFileSync(join(directory, "file"), "");
  await assert.rejects(new FsJournal(join(directory, "file")).open(), (error) => {
    assert(error instanceof JournalError);
    assert.equal(error.operation, "open");
    assert.match(error.message, /^Cannot open the journal .*file: .*ENOTDIR/);
    return true;
  });
});

testIn("FsJournal is locked while it is open", async (directory, make) => {
  const first = make();
  await first.open();
  await assert.rejects(make().open(), (error) => {
    assert(error instanceof JournalLockedError);
    assert.equal(error.pid, process.pid);
    assert(existsSync(error.file!));
    assert(error.message.includes(`process ${process.pid} has it open`));
    assert(error.message.includes(error.file!));
    return true;
  });
  assert.equal(locksIn(directory).length, 1, "the loser leaves no lock");
  await first.append([record("a", 1)]);
  await first.close();
  assert.equal(await textOf(make()), "a: 1");
});

testIn("FsJournal is opened by at most one of several at once", async (_, make) => {
  const results = await Promise.allSettled([1, 2, 3].map(() => make().open()));
  const refused = results.filter((result) => result.status === "rejected");
  assert(refused.length >= 2);
  for (const { reason } of refused) assert(reason instanceof JournalLockedError);
});

testIn("FsJournal takes a lock over from a process that is gone", async (directory, make) => {
  const stale = [
    // No process has such an id.
    `lock-4194999-${Date.now()}-00000000`,
    // This one has the id now, but started later than the lock was made.
    `lock-${process.pid}-1000-00000000`,
  ];
  for (const name of stale) writeFileSync(join(directory, name), "");
  await make().open();
  const locks = locksIn(directory);
  assert.equal(locks.length, 1);
  assert(!stale.includes(locks[0]!));
});

testIn(
  "FsJournal, once replaced, acknowledges nothing more and does no harm",
  async (directory, make) => {
    const first = make();
    await first.open();
    await first.append([record("a", 1)]);
    // As if it were in another container, where it cannot be seen to run.
    for (const lock of locksIn(directory)) unlinkSync(join(directory, lock));
    const second = make();
    assert.equal(await textOf(second), "a: 1");

    const late = [
      first.append([record("a", 66), record("b", 66)]),
      first.seal(["a"], 66),
      first.append([record("c", 66)]),
    ].map((call) => assert.rejects(call, JournalFencedError));
    await second.append([record("a", 2)]);
    await Promise.all(late);
    await assert.rejects(first.append([record("a", 66)]), JournalFencedError);
    await first.close();
    await second.append([record("a", 3)]);
    await second.close();

    // Not even if what it was writing ends in the middle.
    appendFileSync(join(directory, "0000000001.journal"), "torn");
    const third = make();
    const { warnings } = await third.open();
    assert.deepEqual(warnings, []);
    await third.close();
    assert.equal(await textOf(make()), "a: 1 2 3");
  },
);

testIn(
  "FsJournal, once replaced, cannot begin a file its successor has",
  async (directory, make) => {
    const first = make(100);
    await first.open();
    await first.append([record("a", 1)]);
    for (const lock of locksIn(directory)) unlinkSync(join(directory, lock));
    const second = make();
    await second.open();
    await second.append([record("a", 2)]);
    await assert.rejects(first.append([record("a", 66)]), JournalFencedError);
    assert.deepEqual(
      readdirSync(directory).filter((name) => name.endsWith(".journal")).sort(),
      ["0000000001.journal", "0000000002.journal"],
    );
    await second.close();
    assert.equal(await textOf(make()), "a: 1 2");
  },
);

testIn("FsJournal acknowledges nothing once its directory was removed", async (directory, make) => {
  const journal = make();
  await journal.open();
  await journal.append([record("a", 1)]);
  rmSync(directory, { recursive: true });
  await assert.rejects(journal.append([record("a", 2)]), JournalFencedError);
});

function record(segment: string, seed: number): { segment: string; payload: Uint8Array } {
  return { segment, payload: new Uint8Array([seed]) };
}

function locksIn(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.startsWith("lock-"));
}

/** What a journal holds when it is opened. */
async function textOf(journal: FsJournal): Promise<string> {
  const { segments } = await journal.open();
  const texts = [];
  for (const { segment } of segments) {
    let text = `${segment}:`;
    for await (const payload of journal.read(segment)) text += ` ${payload[0]}`;
    texts.push(text);
  }
  return texts.join(" / ");
}
