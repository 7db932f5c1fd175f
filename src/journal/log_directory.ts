/**
 * Where a {@linkcode LogJournal} keeps its files: what a medium must be able to do. Anything that
 * fails rejects with the medium's own error.
 */
export interface LogDirectory {
  /** For messages. */
  readonly path: string;

  /**
   * Makes the directory if there is none, and takes it over: from here on nothing that another
   * writer appends is acknowledged.
   *
   * @throws {JournalLockedError} If another writer is certainly still there.
   */
  claim(): Promise<void>;

  /** Gives it free; does nothing if it was not claimed. */
  release(): Promise<void>;

  /** Names of the files, without those the directory itself needs. */
  list(): Promise<string[]>;

  /** The first `maxBytes` of a file, all of it if omitted. */
  read(name: string, maxBytes?: number): Promise<Uint8Array>;

  /**
   * Writes a whole new file. Atomic: after a crash it is there with all its bytes or not there. It
   * is durable when this resolves.
   *
   * @throws {JournalFencedError} If there is one of that name, which only another writer can have
   * made. It is left alone.
   */
  publish(name: string, bytes: Uint8Array): Promise<void>;

  /** Opens a file to append to. */
  appendTo(name: string): Promise<LogAppender>;

  /** Makes durable what an earlier writer may have written to a file but not synced. */
  sync(name: string): Promise<void>;

  /** Removes a file, durably; one that is gone already is no error. */
  remove(name: string): Promise<void>;
}

/** A file open for appending. */
export interface LogAppender {
  /**
   * Adds bytes to the end. Resolves when they are durable.
   *
   * @throws {JournalFencedError} If another writer has claimed the directory since. It must see
   * every append that was not refused.
   */
  append(bytes: Uint8Array): Promise<void>;

  /** Closes the file. */
  close(): Promise<void>;
}
