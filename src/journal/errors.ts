import { messageOf } from "../errors.ts";

/** What a journal was asked to do when it failed. */
export type JournalOperation = "open" | "append" | "seal" | "read" | "delete" | "close";

const PHRASES: Readonly<Record<JournalOperation, string>> = {
  open: "open the journal",
  append: "append to the journal",
  seal: "seal segments of the journal",
  read: "read the journal",
  delete: "delete segments of the journal",
  close: "close the journal",
};

/**
 * A journal cannot do what it was asked to, because of its medium: the disk is full, a sync failed,
 * a file cannot be read. What the medium said is the `cause`.
 *
 * After a failed write nobody knows what the medium holds, so every later write is refused with the
 * same cause. Closing the journal and opening it again finds out.
 */
export class JournalError extends Error {
  override readonly name: string = "JournalError";
  /** What was asked for. */
  readonly operation: JournalOperation;
  /** Which journal: for one in a directory, its path. */
  readonly journal: string;

  /** @param options What happened: the `cause`, or the `reason` where there is none beneath. */
  constructor(
    operation: JournalOperation,
    journal: string,
    options: { cause: unknown } | { reason: string },
  ) {
    const [reason, cause] = "reason" in options
      ? [options.reason, undefined]
      : [messageOf(options.cause), options];
    super(`Cannot ${PHRASES[operation]} ${journal}: ${reason}`, cause);
    this.operation = operation;
    this.journal = journal;
  }
}

/**
 * The journal has damage that no crash explains: bytes changed, or files gone, that had been
 * synced. Nothing was changed, and nothing is thrown away: it is for a person to look at.
 */
export class JournalCorruptError extends JournalError {
  override readonly name: string = "JournalCorruptError";
  /** The damaged file's name. */
  readonly file: string;
  /** Where in the file, in bytes. */
  readonly offset: number;

  constructor(
    operation: JournalOperation,
    journal: string,
    options: { file: string; offset: number; reason: string },
  ) {
    const { file, offset, reason } = options;
    super(operation, journal, { reason: `${file} is damaged at byte ${offset}: ${reason}` });
    this.file = file;
    this.offset = offset;
  }
}

/** The journal is open elsewhere: in a process that certainly runs, or another tab or worker. */
export class JournalLockedError extends JournalError {
  override readonly name: string = "JournalLockedError";
  /** The lock's path; `undefined` where it is the browser that keeps others out. */
  readonly file: string | undefined;
  /** The process that holds it; `undefined` in a browser. */
  readonly pid: number | undefined;

  constructor(journal: string, holder?: { file: string; pid: number }) {
    super("open", journal, {
      reason: holder === undefined
        ? "another tab or worker has it open"
        : `process ${holder.pid} has it open (if no such writer runs, remove ${holder.file})`,
    });
    this.file = holder?.file;
    this.pid = holder?.pid;
  }
}

/**
 * Another writer has opened the journal since, or its directory was removed. What was acknowledged
 * before is that writer's to commit; this one must stop.
 */
export class JournalFencedError extends JournalError {
  override readonly name: string = "JournalFencedError";

  constructor(operation: JournalOperation, journal: string) {
    super(operation, journal, { reason: "another writer has taken it over, or it was removed" });
  }
}
