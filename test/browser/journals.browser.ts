import { test } from "node:test";
import { MemoryJournal } from "../../src/journal/memory.ts";
import { OpfsJournal } from "../../src/journal/opfs.ts";
import { journalConformance } from "../../src/testing/mod.ts";
import { testIdbJournals } from "./journal_conformance.ts";
import { copyDirectory, newDirectory, removeDirectory } from "./support.ts";

for (const maxFileBytes of [undefined, 64]) {
  journalConformance({
    test,
    name: `OpfsJournal, files of ${maxFileBytes ?? "the default"} bytes`,
    create: async () => {
      const scratch = await newDirectory();
      let directory = await scratch.getDirectoryHandle("journal", { create: true });
      const made: OpfsJournal[] = [];
      const make = () => {
        const journal = new OpfsJournal(directory, { maxFileBytes });
        made.push(journal);
        return journal;
      };
      return {
        journal: make(),
        rival: () => Promise.resolve(make()),
        reopen: async () => {
          // This worker lives on; a copy is what another would find.
          directory = await copyDirectory(directory, scratch);
          return make();
        },
        dispose: async () => {
          await Promise.all(made.map((journal) => journal.close()));
          await removeDirectory(scratch);
        },
      };
    },
  });
}

testIdbJournals();

journalConformance({
  test,
  name: "MemoryJournal",
  create: () => {
    let journal = new MemoryJournal();
    const next = () => Promise.resolve(journal = journal.crash());
    return Promise.resolve({ journal, reopen: next, rival: next });
  },
});
