/** The conformance suite over the journal that works in workers and in the page. */

import { test } from "node:test";
import { IdbJournal } from "../../src/journal/idb.ts";
import { journalConformance } from "../../src/testing/mod.ts";
import { newDatabase, removeDatabase } from "./support.ts";

/** Registers the tests. */
export function testIdbJournals(): void {
  for (const maxFileBytes of [undefined, 64]) {
    journalConformance({
      test,
      name: `IdbJournal, files of ${maxFileBytes ?? "the default"} bytes`,
      create: () => {
        const database = newDatabase();
        const made: IdbJournal[] = [];
        // Whoever opens it takes it over, as after a crash.
        const next = () => {
          const journal = new IdbJournal(database, { maxFileBytes });
          made.push(journal);
          return Promise.resolve(journal);
        };
        return next().then((journal) => ({
          journal,
          reopen: next,
          rival: next,
          dispose: async () => {
            await Promise.all(made.map((journal) => journal.close()));
            await removeDatabase(database);
          },
        }));
      },
    });
  }
}
