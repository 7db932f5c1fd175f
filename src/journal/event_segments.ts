import type { ColumnBatch } from "../columns/column_batch.ts";
import type { DeadLetter } from "../decode/dead_letter.ts";
import { deadLetterBytes } from "../decode/dead_letter_file.ts";
import type { LineBatch } from "../decode/line_batcher.ts";
import { type TumblingWindows, type Window, windowStart } from "../window/tumbling.ts";
import type { Admission, CommitPoint } from "../window/windowed_partitions.ts";
import type { Journal, JournalContents, JournalRecord, JournalWarning } from "./journal.ts";

const ID_PREFIX = "id-";

/** What a record of events holds: when they arrived, and their lines. */
export interface JournalledEvents {
  /** Milliseconds since the epoch. */
  readonly arrivalMs: number;
  readonly lines: Uint8Array;
  /** The window that held them; `undefined` for late events, and those of other windows than now. */
  readonly window: Window | undefined;
  readonly isLate: boolean;
}

/** What a writer's journal held when it was opened. */
export interface FoundSegments {
  /** Names the journal: a table notes which commits came out of it. */
  readonly journalId: string;
  /** The segments of each commit that was begun, in order of the commits. */
  readonly sealed: ReadonlyMap<number, readonly string[]>;
  /** What goes with the next commit: late events, dead letters, windows of another length. */
  readonly due: readonly string[];
  /** The segments of windows that are open. */
  readonly windows: readonly string[];
  readonly warnings: readonly JournalWarning[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The segments of a table writer's journal. Each belongs to one future commit:
 *
 * - `window-START-LENGTH` (milliseconds, since the epoch): the events of an open window;
 * - `late-NUMBER`: events that came after their window was closed, for that commit;
 * - `dead-NUMBER`: dead letters, likewise;
 *
 * but for `id-UUID`, which is empty and stays: it names the journal.
 *
 * A record of events is the arrival time as a little-endian float64, then JSON lines.
 */
export class EventSegments {
  readonly #journal: Journal;
  readonly #windows: TumblingWindows;
  /** Segments that are not sealed. */
  readonly #open: Set<string> = new Set();

  constructor(journal: Journal, windows: TumblingWindows) {
    this.#journal = journal;
    this.#windows = windows;
  }

  /**
   * Opens the journal, and gives a new one its name.
   *
   * @throws {Error} If the journal is not a table writer's.
   */
  async open(): Promise<FoundSegments> {
    const contents = await this.#journal.open();
    try {
      return await this.#sort(contents);
    } catch (error) {
      await this.#journal.close();
      throw error;
    }
  }

  async #sort({ segments, warnings }: JournalContents): Promise<FoundSegments> {
    const sealed = new Map<number, string[]>();
    const due: string[] = [];
    const windows: string[] = [];
    let journalId: string | undefined;
    for (const { segment, number } of segments) {
      if (segment.startsWith(ID_PREFIX)) {
        journalId = segment.slice(ID_PREFIX.length);
        continue;
      }
      const { window } = parse(segment);
      if (number !== undefined) sealed.set(number, [...sealed.get(number) ?? [], segment]);
      else {
        this.#open.add(segment);
        (this.#isCurrent(window) ? windows : due).push(segment);
      }
    }
    if (journalId === undefined) {
      journalId = crypto.randomUUID();
      const payload = new Uint8Array(0);
      await this.#journal.append([{ segment: `${ID_PREFIX}${journalId}`, payload }]);
    }
    return {
      journalId,
      sealed: new Map([...sealed].sort(([a], [b]) => a - b)),
      due,
      windows,
      warnings,
    };
  }

  /** Journals what became of a batch. Resolves when all of it is durable. */
  append(
    lines: LineBatch,
    batch: ColumnBatch,
    options: {
      readonly admission: Admission;
      readonly arrivalMs: number;
      /** Number of the next commit. */
      readonly commitNumber: number;
    },
  ): Promise<void> {
    const { admission: { windows, deadLetters }, arrivalMs, commitNumber } = options;
    const records: JournalRecord[] = windows.map(({ window, isLate, rows }) => ({
      segment: isLate
        ? `late-${commitNumber}`
        : `window-${window.start}-${window.end - window.start}`,
      payload: eventRecord(
        arrivalMs,
        rows.length === batch.rows && batch.deadLetters.length === 0
          ? lines.bytes
          : encoder.encode(Array.from(rows, (row) => `${batch.line(row).raw}\n`).join("")),
      ),
    }));
    if (deadLetters.length > 0) {
      records.push({ segment: `dead-${commitNumber}`, payload: deadLetterBytes(deadLetters) });
    }
    if (records.length === 0) return Promise.resolve();
    for (const { segment } of records) this.#open.add(segment);
    return this.#journal.append(records);
  }

  /** Seals what a commit is made of, and names it. */
  async seal({ number, state }: CommitPoint): Promise<readonly string[]> {
    const segments = [...this.#open].filter((segment) => {
      const name = parse(segment);
      return name.kind === "window"
        ? name.window.end <= state.closedThrough
        : name.commitNumber <= number;
    });
    await this.sealFor(number, segments);
    return segments;
  }

  /** Seals segments for a commit. */
  async sealFor(number: number, segments: readonly string[]): Promise<void> {
    if (segments.length > 0) await this.#journal.seal(segments, number);
    for (const segment of segments) this.#open.delete(segment);
  }

  /** Forgets segments that are committed. */
  async delete(segments: readonly string[]): Promise<void> {
    if (segments.length > 0) await this.#journal.delete(segments);
  }

  /** What a segment holds, record by record. */
  async *read(segment: string): AsyncIterable<JournalledEvents | readonly DeadLetter[]> {
    const { kind, window } = parse(segment);
    for await (const record of this.#journal.read(segment)) {
      if (kind === "dead") {
        const lines = decoder.decode(record).split("\n").slice(0, -1);
        yield lines.map((line) => JSON.parse(line) as DeadLetter);
      } else {
        const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
        yield {
          arrivalMs: view.getFloat64(0, true),
          lines: record.subarray(8),
          window: this.#isCurrent(window) ? window : undefined,
          isLate: kind === "late",
        };
      }
    }
  }

  /** Whether a window is one of those that events are assigned to now. */
  #isCurrent(window: Window | undefined): boolean {
    return window !== undefined && window.end - window.start === this.#windows.lengthMs &&
      windowStart(this.#windows, window.start) === window.start;
  }

  /** Gives the journal free. */
  close(): Promise<void> {
    return this.#journal.close();
  }
}

function eventRecord(arrivalMs: number, lines: Uint8Array): Uint8Array {
  const record = new Uint8Array(8 + lines.length);
  new DataView(record.buffer).setFloat64(0, arrivalMs, true);
  record.set(lines, 8);
  return record;
}

type SegmentName =
  | { readonly kind: "window"; readonly window: Window }
  | {
    readonly kind: "late" | "dead";
    readonly window: undefined;
    readonly commitNumber: number;
  };

function parse(segment: string): SegmentName {
  const match = /^(?:window-(-?\d+)-(\d+)|(late|dead)-(\d+))$/.exec(segment);
  if (match === null) {
    throw new Error(
      `Cannot recover segment ${JSON.stringify(segment)}: the journal is not a table writer's`,
    );
  }
  const [, start, lengthMs, kind, commitNumber] = match;
  if (kind === undefined) {
    const window = { start: Number(start), end: Number(start) + Number(lengthMs) };
    return { kind: "window", window };
  }
  return { kind: kind as "late" | "dead", window: undefined, commitNumber: Number(commitNumber) };
}
