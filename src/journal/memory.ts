import type { Change } from "./change.ts";
import { JournalFencedError, type JournalOperation } from "./errors.ts";
import type { Journal, JournalContents, JournalOpenOptions, JournalRecord } from "./journal.ts";
import { SegmentTable } from "./segment_table.ts";

/** What outlives a {@linkcode MemoryJournal} that crashes. */
interface Medium {
  readonly table: SegmentTable;
  readonly payloads: Map<number, Uint8Array[]>;
  writer: MemoryJournal | undefined;
}

/**
 * A {@linkcode Journal} in memory: for tests, and for sources that can do without crash safety. It
 * keeps what it was given until the segment is deleted.
 *
 * @example
 * ```ts
 * import { MemoryJournal } from "sluice";
 *
 * const journal = new MemoryJournal();
 * await journal.open();
 * await journal.append([{ segment: "a", payload: new Uint8Array(3) }]);
 * const afterCrash = journal.crash();
 * await afterCrash.open(); // one segment, "a"
 * ```
 */
export class MemoryJournal implements Journal {
  #medium: Medium = { table: new SegmentTable(), payloads: new Map(), writer: undefined };
  #table = new SegmentTable();
  #isOpen = false;

  /**
   * Ends this journal as a crash would: what was not acknowledged is lost, and calls that wait, or
   * come later, are refused as from a writer that was replaced.
   *
   * @returns A journal over what was acknowledged, to be opened.
   */
  crash(): MemoryJournal {
    this.#medium.writer = undefined;
    const next = new MemoryJournal();
    next.#medium = this.#medium;
    return next;
  }

  async open(options: JournalOpenOptions = {}): Promise<JournalContents> {
    if (this.#isOpen) throw new TypeError("Cannot open a journal that is not closed: it is open");
    options.signal?.throwIfAborted();
    this.#isOpen = true;
    // What the writer before has begun comes first.
    await undefined;
    this.#medium.writer = this;
    this.#table = new SegmentTable(this.#medium.table);
    return { segments: this.#table.segments, warnings: [] };
  }

  async append(records: readonly JournalRecord[]): Promise<void> {
    this.#assertWritable("append");
    await this.#change("append", this.#table.append(records));
  }

  async seal(segments: readonly string[], number: number): Promise<void> {
    this.#assertWritable("seal");
    await this.#change("seal", this.#table.seal(segments, number));
  }

  async delete(segments: readonly string[]): Promise<void> {
    this.#assertWritable("delete");
    await this.#change("delete", this.#table.delete(segments));
  }

  async *read(segment: string): AsyncGenerator<Uint8Array, void, void> {
    this.#assertOpen("read");
    const id = this.#table.idOf(segment, "read");
    for (const payload of [...this.#medium.payloads.get(id) ?? []]) yield payload.slice();
  }

  async close(): Promise<void> {
    // Everything that was begun is one turn from its end.
    await undefined;
    this.#isOpen = false;
    if (this.#medium.writer === this) this.#medium.writer = undefined;
  }

  #assertOpen(operation: JournalOperation): void {
    if (!this.#isOpen) {
      throw new TypeError(`Cannot ${operation} while a journal is not open: it is closed`);
    }
  }

  #assertWritable(operation: JournalOperation): void {
    this.#assertOpen(operation);
    if (this.#medium.writer !== this) throw new JournalFencedError(operation, "in memory");
  }

  async #change(operation: JournalOperation, changes: readonly Change[]): Promise<void> {
    const kept = changes.map((change) =>
      change.kind === "append" ? { ...change, payload: new Uint8Array(change.payload) } : change
    );
    // A crash in the same turn comes first.
    await undefined;
    if (this.#medium.writer !== this) throw new JournalFencedError(operation, "in memory");
    const { table, payloads } = this.#medium;
    for (const change of kept) {
      table.apply(change);
      if (change.kind === "append") {
        const already = payloads.get(change.id);
        if (already === undefined) payloads.set(change.id, [change.payload]);
        else already.push(change.payload);
      } else if (change.kind === "delete") {
        for (const id of change.ids) payloads.delete(id);
      }
    }
  }
}
