import assert from "node:assert/strict";
import { test } from "node:test";
import { JournalError } from "../../src/journal/errors.ts";
import { OpfsJournal } from "../../src/journal/opfs.ts";
import { testIdbJournals } from "./journal_conformance.ts";
import { newDirectory, removeDirectory } from "./support.ts";

testIdbJournals();

test("OpfsJournal refuses to open in a page, and says why", async () => {
  const directory = await newDirectory();
  await assert.rejects(new OpfsJournal(directory).open(), (error) => {
    assert(error instanceof JournalError);
    assert.match(error.message, /^Cannot open the journal in .*: only a dedicated worker can /);
    return true;
  });
  await removeDirectory(directory);
});
