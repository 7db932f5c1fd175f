import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { FsLogDirectory } from "./fs_directory.ts";
import { LogJournal, type LogJournalOptions } from "./log_journal.ts";

/**
 * A {@linkcode Journal} in a directory, in Node, Deno and Bun. The directory is for one writer and
 * nothing else, on a disk of this machine.
 *
 * Appending is one write and one `fdatasync` for all calls that wait. A second writer is refused
 * with a `JournalLockedError` while the process of the first certainly runs; if that cannot be told
 * (another container, say), it takes over and the first is fenced. A process that was killed leaves
 * nothing to clean up.
 *
 * @example
 * ```ts
 * import { FsJournal } from "sluice/journals/fs";
 *
 * const journal = new FsJournal("parquet_demo_journal");
 * const { segments } = await journal.open();
 * await journal.close();
 * ```
 */
export class FsJournal extends LogJournal {
  /**
   * @param directory Made if it does not exist. A relative path counts from the current directory
   * of now.
   * @throws {TypeError} If the directory is empty or a URL that is no `file:` URL.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(directory: string | URL, options?: LogJournalOptions) {
    if (directory === "") {
      throw new TypeError(`Cannot keep a journal in a directory without a name: it is ""`);
    }
    super(
      new FsLogDirectory(
        resolve(directory instanceof URL ? fileURLToPath(directory) : directory),
      ),
      options,
    );
  }
}
