import assert from "node:assert/strict";
import { test } from "node:test";
import { JournalFencedError } from "../../src/journal/errors.ts";
import { MemoryJournal } from "../../src/journal/memory.ts";
import { journalConformance } from "../../src/testing/journal_suite.ts";

journalConformance({
  test,
  name: "MemoryJournal",
  create: () => {
    let journal = new MemoryJournal();
    const next = () => Promise.resolve(journal = journal.crash());
    return Promise.resolve({ journal, reopen: next, rival: next });
  },
});

test("MemoryJournal: a crash loses what was not acknowledged", async () => {
  const journal = new MemoryJournal();
  await journal.open();
  await journal.append([{ segment: "a", payload: new Uint8Array([1]) }]);
  const lost = journal.append([{ segment: "b", payload: new Uint8Array([2]) }]);
  const after = journal.crash();
  await assert.rejects(lost, JournalFencedError);
  assert.deepEqual((await after.open()).segments, [{ segment: "a", number: undefined }]);
});
