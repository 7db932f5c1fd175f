/**
 * A write-ahead journal: keeps events that were acknowledged but not yet committed, for one writer.
 *
 * Events are journalled by *segment*. One segment is one window's share of one future commit, so
 * the life of a segment is: `append` … `append`, `seal` with the number of the commit it becomes
 * part of, (data files are put, the log is committed,) `delete`. The caller names segments; the
 * name means nothing to the journal and is free again once the segment is deleted.
 *
 * What an implementation owes:
 *
 * - A verb that resolved survives a crash. One that had not may have happened or not, but never in
 *   part: a crash leaves all of an `append`'s records, over all its segments, or none.
 * - Verbs take effect in the order they were called in, whether or not the caller waits in between,
 *   and calls that overlap share a sync.
 * - Damage that a crash explains (a last write that is not whole) is cut and said so in
 *   {@linkcode JournalContents.warnings}. Any other is a `JournalCorruptError`.
 * - After a failed write, every later one is refused with a `JournalError` until the journal was
 *   closed and opened again.
 * - Of two writers, the second is refused (`JournalLockedError`), or the first can no longer have
 *   anything acknowledged (`JournalFencedError`).
 *
 * The conformance suite in `sluice/testing` checks this.
 *
 * @example
 * ```ts
 * import { MemoryJournal } from "sluice";
 *
 * const journal = new MemoryJournal();
 * await journal.open();
 * const payload = new TextEncoder().encode('{"page":"/"}\n');
 * await journal.append([{ segment: "20220601T001500Z", payload }]);
 * await journal.seal(["20220601T001500Z"], 7);
 * // put the files of commit 7, then commit it; after a crash in between, do so again
 * await journal.delete(["20220601T001500Z"]);
 * await journal.close();
 * ```
 */
export interface Journal {
  /**
   * Takes the journal over for this writer and says what it holds. Required before anything else;
   * allowed again after `close`.
   */
  open(options?: JournalOpenOptions): Promise<JournalContents>;

  /**
   * Adds records to their segments, beginning those that are new. Resolves when all are durable.
   * The bytes are copied before the call returns its promise.
   *
   * @throws {TypeError} If a segment is sealed, or its name is empty, malformed or longer than 1024
   * bytes.
   */
  append(records: readonly JournalRecord[]): Promise<void>;

  /**
   * Closes the segments to appends and notes, durably and for all of them at once, the number of
   * the commit they will be part of.
   *
   * @throws {TypeError} If a segment is not in the journal, or sealed already.
   * @throws {RangeError} If the number is not an integer from 0 to 2^53 − 1.
   */
  seal(segments: readonly string[], number: number): Promise<void>;

  /**
   * The payloads of a segment that had been acknowledged when reading began, in the order they were
   * appended.
   *
   * @throws {TypeError} If the segment is not in the journal.
   */
  read(segment: string): AsyncIterable<Uint8Array>;

  /** Removes segments, durably and all at once. One that is not in the journal is no error. */
  delete(segments: readonly string[]): Promise<void>;

  /**
   * Waits for what was begun, then gives the journal free. Never fails because of an earlier
   * failure; does nothing if the journal is not open.
   */
  close(): Promise<void>;
}

/** A share of one {@linkcode Journal.append}. */
export interface JournalRecord {
  /** The segment's name. */
  readonly segment: string;
  /** What to keep. May be empty; at most 1 GiB over all records of one `append`. */
  readonly payload: Uint8Array;
}

/** What {@linkcode Journal.open} found. */
export interface JournalContents {
  /** In the order they were begun. */
  readonly segments: readonly JournalSegment[];
  /** What the user should hear of, though it is no error. */
  readonly warnings: readonly JournalWarning[];
}

/** A segment that a journal holds. */
export interface JournalSegment {
  /** The segment's name. */
  readonly segment: string;
  /** The commit it was sealed for; `undefined` while it is open. */
  readonly number: number | undefined;
}

/** Something odd about a journal that was opened. */
export interface JournalWarning {
  /**
   * `torn-tail`: the last write was not whole and was left out; it had not been acknowledged.
   * `foreign-file`: a file in the journal's directory is none of the journal's and was left alone.
   */
  readonly code: "torn-tail" | "foreign-file";
  /** Names the file, and the bytes that were left out. */
  readonly message: string;
}

/** What {@linkcode Journal.open} takes. */
export interface JournalOpenOptions {
  /** Gives up with the signal's reason, leaving the journal closed. */
  readonly signal?: AbortSignal | undefined;
}
