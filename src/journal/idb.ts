import { IdbLogDirectory } from "./idb_directory.ts";
import { LogJournal, type LogJournalOptions } from "./log_journal.ts";

/**
 * A {@linkcode Journal} in IndexedDB: in browsers, in the page as well as in workers.
 *
 * Appending is one synced transaction for all calls that wait. Whoever opens it takes it over, and
 * the writer before is fenced with a `JournalFencedError` at its next change; `holdTableLock` lets
 * a second tab wait instead. A tab that was closed, or a browser that was killed, leaves nothing to
 * clean up.
 *
 * @example
 * ```ts
 * import { IdbJournal } from "sluice/journals/idb";
 *
 * const journal = new IdbJournal("visits_journal");
 * const { segments } = await journal.open();
 * await journal.close();
 * ```
 */
export class IdbJournal extends LogJournal {
  /**
   * A journal in a database.
   *
   * @param database Name of a database for this journal alone; made when it is opened.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(database: string, options?: LogJournalOptions) {
    super(new IdbLogDirectory(database), options);
  }
}
