import { LogJournal, type LogJournalOptions } from "./log_journal.ts";
import { OpfsLogDirectory } from "./opfs_directory.ts";

/**
 * A {@linkcode Journal} in a directory of a browser's origin private file system, in a dedicated
 * worker. The directory is for one writer and nothing else.
 *
 * Appending is one write and one `flush` for all calls that wait. A second writer, in any tab, is
 * refused with a `JournalLockedError`, after three seconds in which one that was ended may let go. A
 * tab that was closed, or a browser that was killed, leaves nothing to clean up.
 *
 * After a power cut, what was acknowledged in the seconds before may be missing if a new file was
 * begun in them: browsers do not say when a name is on the disk. `IdbJournal` has no such gap, and
 * works in a page as well.
 *
 * @example
 * ```ts
 * import { OpfsJournal } from "sluice/journals/opfs";
 *
 * const root = await navigator.storage.getDirectory();
 * const journal = new OpfsJournal(await root.getDirectoryHandle("visits_journal", { create: true }));
 * const { segments } = await journal.open();
 * await journal.close();
 * ```
 */
export class OpfsJournal extends LogJournal {
  /**
   * A journal in a directory.
   *
   * @param directory For this journal alone.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(directory: FileSystemDirectoryHandle, options?: LogJournalOptions) {
    super(new OpfsLogDirectory(directory), options);
  }
}
