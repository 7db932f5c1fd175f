import type { ColumnBatch } from "../columns/column_batch.ts";
import type { Field } from "../columns/schema.ts";
import type { GatheredTable } from "../columns/table.ts";
import { countRows, type HeldRows, type RowHolder, type RowRun } from "../columns/held_rows.ts";
import { extendSchema, holdsAll, RESCUED_DATA } from "../columns/table_schema.ts";
import type { DeadLetter } from "../decode/dead_letter.ts";
import { type PartitionColumn, partitionName } from "../partition/partition_column.ts";
import type { Partition } from "../partition/partitioner.ts";
import type { AssignmentRules } from "./assign_rows.ts";
import {
  deadLetterOfRow,
  type HeldBatch,
  holdBatch,
  rulesFrom,
  type WindowOfBatch,
} from "./hold_batch.ts";
import type { PartContent } from "./part_table.ts";
import { type TumblingWindows, type Window, windowStart } from "./tumbling.ts";
import { type PartitionRows, WindowRows } from "./window_rows.ts";

/** What becomes of events whose window is closed already. */
export type LatePolicy = "append" | "dead-letter" | "drop";

/** {@linkcode WindowedPartitions} options, checked and complete. */
export interface WindowingOptions {
  readonly window: TumblingWindows;
  readonly partitionBy: readonly PartitionColumn[];
  readonly keepPartitionColumns: boolean;
  readonly latenessMs: number;
  readonly late: LatePolicy;
  /** Events further ahead of the clock are refused; `undefined` lets all through. */
  readonly maxFutureSkewMs: number | undefined;
  /** Most rows a part file holds. */
  readonly maxRows: number;
  /** Past this, the largest accumulators are written early. */
  readonly memoryLimitBytes: number;
  /** Arrival time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** How far a source was read, and what of it is committed. */
export interface SourcePosition {
  /** Windows that end by this time are closed; milliseconds since the epoch. */
  readonly closedThrough: number;
  /** Place in the source up to which everything was taken in. */
  readonly readThrough: number;
  /**
   * Where runs before the last one stopped reading, of what is read again: lines may end there only
   * because the source did, and what they were taken for then they are to stay.
   */
  readonly earlierEnds?: readonly number[];
  /** Where to read from again: the batch that the oldest open window began in. */
  readonly resumeFrom: ResumePoint;
}

/** Where an earlier run left off: what a commit records of the windows. */
export interface WindowingState extends SourcePosition {
  /** Number of the next commit. */
  readonly commitNumber: number;
  /** The columns of the table so far. */
  readonly schema: readonly Field[];
}

/** A place in the source to begin at, and what was known there. */
export interface ResumePoint {
  /** Place in bytes. */
  readonly offset: number;
  /** Number of the line there, from 1. */
  readonly line: number;
  /** The greatest event time before it, in microseconds since the epoch. */
  readonly maxTime: number;
}

/** All places where runs stopped reading, of what is read again. */
export function readEnds({ earlierEnds = [], readThrough }: SourcePosition): readonly number[] {
  return [...earlierEnds, readThrough];
}

/** The position in a source that was never read. */
export const INITIAL_POSITION: SourcePosition = {
  closedThrough: -Infinity,
  readThrough: 0,
  resumeFrom: { offset: 0, line: 1, maxTime: -Infinity },
};

/** The state of a new table. */
export const INITIAL_STATE: WindowingState = { ...INITIAL_POSITION, commitNumber: 0, schema: [] };

/** Rows that make one part file. */
export interface PartRows {
  readonly type: "part";
  readonly window: Window;
  readonly partition: Partition;
  /** Number of the commit that was next when the rows were let out, and the place among its parts. */
  readonly commitNumber: number;
  readonly part: number;
  readonly rows: number;
  /** Whether the window is still open: the file belongs to a later commit, that of its window. */
  readonly isEarly: boolean;
  /** Where the rows are. */
  readonly content: PartContent<HeldRows>;
  /** Gathers the rows into columns. Done as late as can be, one file at a time. */
  toTable(): Promise<GatheredTable>;
}

/** Ends the parts of one commit. */
export interface CommitPoint {
  readonly type: "commit";
  /** Where the next run begins if this commit is the last to succeed. */
  readonly state: WindowingState;
  /** Number of this commit. */
  readonly number: number;
  /** Lines that were refused since the commit before. */
  readonly deadLetters: readonly DeadLetter[];
  /** Events that are among the parts of this commit but came after their window was closed. */
  readonly late: number;
  /** How many windows were closed. */
  readonly windows: number;
}

/** Rows of a batch that were taken into a window. */
export interface AdmittedRows {
  readonly window: Window;
  /** Whether the window was closed already: the rows go with the next commit. */
  readonly isLate: boolean;
  readonly rows: Uint32Array;
}

/** What became of a batch. */
export interface Admission {
  readonly windows: readonly AdmittedRows[];
  readonly deadLetters: readonly DeadLetter[];
}

/** Counts of events since the beginning of the run, as far as windows know them. */
export interface WindowingCounts {
  accepted: number;
  dropped: number;
  /** Windows open now. */
  openWindows: number;
  /** The watermark in milliseconds since the epoch; `undefined` before the first event. */
  watermark: number | undefined;
}

/** Dead letters are committed before they take more than this. */
const MAX_DEAD_LETTER_BYTES = 8 << 20;
/** A part file holds at most about this much JSON, which bounds what encoding takes. */
const MAX_PART_SOURCE_BYTES = 64 << 20;

interface OpenWindow {
  readonly rows: WindowRows;
  /** Where its first row was read. */
  readonly begin: ResumePoint;
}

/**
 * Assigns events to windows and partitions, holds them, and lets them out when the watermark has
 * passed the end of their window.
 *
 * Everything moves between batches: whether an event is late depends on the batches before its own,
 * never on its neighbours.
 */
export class WindowedPartitions {
  /** What holds the rows of batches that come with their columns. */
  holder: RowHolder | undefined;
  readonly #options: WindowingOptions;
  /** What partition columns leave no room for in the schema, and what needs no column at all. */
  readonly #inPath: readonly string[];
  readonly #fieldsInPath: ReadonlySet<string>;
  readonly #open: Map<number, OpenWindow> = new Map();
  /** Late events, by window, until the next commit. */
  readonly #late: Map<number, WindowRows> = new Map();
  #deadLetters: DeadLetter[] = [];
  #deadLetterBytes = 0;
  readonly #rulesFor: (batch: ColumnBatch) => AssignmentRules;
  /** Up to here an earlier run had read. */
  readonly #replayThrough: number;
  /** The place after the last batch; its `maxTime` makes the watermark. */
  #position: ResumePoint;
  /** Where earlier runs stopped reading. */
  readonly #ends: readonly number[];
  #closedThrough: number;
  #commitNumber: number;
  #schema: readonly Field[];
  /** How many parts a file's name was given out for since the last commit. */
  readonly #parts: Map<string, number> = new Map();
  readonly #counts = { accepted: 0, dropped: 0 };

  constructor(
    options: WindowingOptions,
    state: WindowingState = INITIAL_STATE,
    holder?: RowHolder,
  ) {
    const { partitionBy } = options;
    this.#options = options;
    this.holder = holder;
    this.#fieldsInPath = new Set(partitionBy.filter((column) => typeof column === "string"));
    this.#inPath = partitionBy.map(partitionName);
    this.#replayThrough = state.readThrough;
    this.#rulesFor = rulesFrom(options, state);
    this.#position = state.resumeFrom;
    this.#ends = readEnds(state);
    this.#closedThrough = state.closedThrough;
    this.#commitNumber = state.commitNumber;
    this.#schema = state.schema;
  }

  /** Takes a batch for good, and lets out what it completes: parts, each followed by their commit. */
  *push(batch: ColumnBatch | HeldBatch): Iterable<PartRows | CommitPoint> {
    if ("columns" in batch) this.admit(batch);
    else this.admitHeld(batch);
    batch.release?.();
    yield* this.letOut();
  }

  /** Lets out the windows that the watermark has passed, and what memory has no room for. */
  *letOut(): Iterable<PartRows | CommitPoint> {
    if (this.isReplaying) return yield* this.relieveMemory();
    const watermark = this.#position.maxTime / 1000 - this.#options.latenessMs;
    if (watermark > -Infinity) {
      const reached = windowStart(this.#options.window, watermark);
      if (reached > this.#closedThrough) this.#closedThrough = reached;
    }
    yield* this.#letOutClosed();
    yield* this.relieveMemory();
  }

  /** Closes every open window: the source has ended, or has been quiet for long. */
  *closeAll(): Iterable<PartRows | CommitPoint> {
    if (this.isReplaying) return;
    for (const { rows } of this.#open.values()) {
      this.#closedThrough = Math.max(this.#closedThrough, rows.window.end);
    }
    yield* this.#letOutClosed();
    if (this.#late.size > 0 || this.#deadLetters.length > 0) yield* this.#commit([]);
  }

  /**
   * Whether the source is being read for what windows held when an earlier run ended. None is closed
   * meanwhile: what is yet to come for it is on time, whatever `lateness` is now.
   */
  get isReplaying(): boolean {
    return this.#position.offset < this.#replayThrough;
  }

  /** Number of the next commit. */
  get commitNumber(): number {
    return this.#commitNumber;
  }

  /** What was counted so far. */
  get counts(): WindowingCounts {
    const { maxTime } = this.#position;
    return {
      ...this.#counts,
      openWindows: this.#open.size,
      watermark: maxTime === -Infinity ? undefined : maxTime / 1000 - this.#options.latenessMs,
    };
  }

  /**
   * Puts the rows of a batch into their windows, and moves the position past it.
   *
   * @returns What became of each row that was taken in, and the lines that were refused.
   */
  admit(batch: ColumnBatch): Admission {
    return this.admitHeld(this.#hold(batch, this.#rulesFor(batch)));
  }

  #hold(batch: ColumnBatch, rules: AssignmentRules): HeldBatch {
    const { holder } = this;
    if (holder === undefined) throw new TypeError("Cannot admit a batch: nothing holds its rows");
    return holdBatch(batch, { partitionBy: this.#options.partitionBy, rules, holder });
  }

  /** Does the same with a batch whose rows are held. */
  admitHeld(batch: HeldBatch): Admission {
    const { late } = this.#options;
    const isReplayed = batch.end <= this.#replayThrough;
    const deadLetters = [...batch.deadLetters];
    const windows: AdmittedRows[] = [];
    let taken = 0;
    for (const own of batch.windows) {
      const { start, held } = own;
      const end = start + this.#options.window.lengthMs;
      const isLate = end <= this.#closedThrough;
      if (isLate && late !== "append") {
        held.release(held.rows);
        if (late === "drop") this.#counts.dropped += held.rows;
        else for (const row of own.rows) deadLetters.push(deadLetterOfRow(batch, row, "late"));
        continue;
      }
      this.#add(batch, own, isLate);
      windows.push({
        window: { start, end },
        isLate,
        get rows() {
          return own.rows;
        },
      });
      taken += held.rows;
    }
    this.#counts.accepted += isReplayed ? taken : batch.accepted;
    if (!isReplayed) this.#keepDeadLetters(deadLetters);
    this.#moveTo(batch, batch.maxTime);
    return { windows, deadLetters: isReplayed ? [] : deadLetters };
  }

  #add(batch: HeldBatch, own: WindowOfBatch, isLate: boolean): void {
    const window = isLate ? this.#lateRows(own.start) : this.#openRows(own.start, batch);
    let events = 0;
    for (const { held } of batch.windows) events += held.rows;
    window.add(own, own.held.rows * (batch.end - batch.start) / events);
  }

  #lateRows(start: number): WindowRows {
    const end = start + this.#options.window.lengthMs;
    let late = this.#late.get(start);
    if (late === undefined) this.#late.set(start, late = new WindowRows({ start, end }));
    return late;
  }

  #openRows(start: number, batch: HeldBatch): WindowRows {
    const end = start + this.#options.window.lengthMs;
    let open = this.#open.get(start);
    if (open === undefined) {
      const { maxTime } = this.#position;
      const begin = { offset: batch.start, line: batch.firstLine, maxTime };
      this.#open.set(start, open = { rows: new WindowRows({ start, end }), begin });
    }
    return open.rows;
  }

  /**
   * Takes in events that a journal kept, where they were before: whether they were late then, what is
   * left may not tell any more.
   *
   * @param kept.window The window that held them; `undefined` if that is for their times to say.
   */
  restore(
    batch: ColumnBatch,
    kept: { readonly window: Window | undefined; readonly isLate: boolean },
  ): void {
    const { window } = this.#options;
    const rules = { windows: window, window: kept.window };
    const held = this.#hold(batch, rules);
    for (const own of held.windows) {
      const end = own.start + window.lengthMs;
      if (kept.isLate) this.#closedThrough = Math.max(this.#closedThrough, end);
      this.#add(held, own, kept.isLate);
    }
    this.#counts.accepted += batch.accepted;
    // Refused are values too long for a directory, which by the options of the run before were not.
    this.#keepDeadLetters(held.deadLetters);
    this.#moveTo(held, held.maxTime);
  }

  #moveTo(batch: HeldBatch, maxTime: number): void {
    this.#position = {
      offset: batch.end,
      line: batch.nextLine,
      maxTime: Math.max(this.#position.maxTime, maxTime),
    };
  }

  /** Takes in dead letters that a journal kept. */
  restoreDeadLetters(deadLetters: readonly DeadLetter[]): void {
    this.#counts.accepted += deadLetters.length;
    this.#keepDeadLetters(deadLetters);
  }

  #keepDeadLetters(deadLetters: readonly DeadLetter[]): void {
    for (const deadLetter of deadLetters) {
      this.#deadLetters.push(deadLetter);
      this.#deadLetterBytes += 200 + deadLetter.raw.length * 2;
    }
  }

  *#letOutClosed(): Iterable<PartRows | CommitPoint> {
    const closed: WindowRows[] = [];
    for (const [start, { rows }] of this.#open) {
      if (rows.window.end > this.#closedThrough) continue;
      closed.push(rows);
      this.#open.delete(start);
    }
    if (closed.length > 0 || this.#deadLetterBytes > MAX_DEAD_LETTER_BYTES) {
      yield* this.#commit(closed);
    }
  }

  *#commit(closed: readonly WindowRows[]): Iterable<PartRows | CommitPoint> {
    let late = 0;
    for (const window of byStart([...this.#late.values()])) {
      late += window.rows;
      yield* this.#partsOf(window, window.partitions());
    }
    this.#late.clear();
    for (const window of byStart(closed)) yield* this.#partsOf(window, window.partitions());
    const number = this.#commitNumber++;
    this.#parts.clear();
    const deadLetters = this.#deadLetters;
    this.#deadLetters = [];
    this.#deadLetterBytes = 0;
    const resumeFrom = this.#resumeFrom();
    const { offset } = this.#position;
    const earlierEnds = this.#ends.filter((end) => end > resumeFrom.offset && end < offset);
    yield {
      type: "commit",
      number,
      deadLetters,
      late,
      windows: closed.length,
      state: {
        commitNumber: this.#commitNumber,
        closedThrough: this.#closedThrough,
        readThrough: offset,
        ...(earlierEnds.length > 0 && { earlierEnds }),
        resumeFrom,
        schema: this.#schema,
      },
    };
  }

  /** The batch that the oldest open window began in, or the next one when none is open. */
  #resumeFrom(): ResumePoint {
    let oldest = this.#position;
    for (const { begin } of this.#open.values()) {
      if (begin.offset < oldest.offset) oldest = begin;
    }
    return oldest;
  }

  *#partsOf(window: WindowRows, partitions: Iterable<PartitionRows>): Iterable<PartRows> {
    const schema = extendSchema(this.#schema, window.seen, this.#inPath);
    // A file cannot be without columns either: see `gatherTable`.
    const isWhole = schema.length > 0 && holdsAll(schema, window.seen, this.#fieldsInPath);
    this.#schema = isWhole ? schema : withRescued(schema);
    const isEarly = window.window.end > this.#closedThrough;
    for (const { partition, runs, rows } of partitions) {
      for (const slice of sliceRuns(runs, rows, this.#rowsPerPart(window))) {
        yield this.#part({ window: window.window, partition, runs: slice, isEarly, isWhole });
      }
    }
  }

  #part(
    { window, partition, runs, isEarly, isWhole }: {
      readonly window: Window;
      readonly partition: Partition;
      readonly runs: readonly RowRun<HeldRows>[];
      readonly isEarly: boolean;
      readonly isWhole: boolean;
    },
  ): PartRows {
    const { partitionBy, keepPartitionColumns } = this.#options;
    const schema = this.#schema;
    // Where the file system ignores case, these directories are one, and may not share a name.
    const name = `${window.start}/${partition.path.toLowerCase()}`;
    const part = this.#parts.get(name) ?? 0;
    this.#parts.set(name, part + 1);
    const content = { runs, schema, isWhole, partition, partitionBy, keepPartitionColumns };
    return {
      type: "part",
      window,
      partition,
      content,
      commitNumber: this.#commitNumber,
      part,
      rows: countRows(runs),
      isEarly,
      async toTable() {
        const { partTable } = await import("./part_table.ts"); // the first file is yet to come
        return partTable(content as PartContent);
      },
    };
  }

  #rowsPerPart(window: WindowRows): number {
    const fitting = Math.floor(MAX_PART_SOURCE_BYTES / window.meanSourceBytes);
    return Math.max(1, Math.min(this.#options.maxRows, fitting));
  }

  /** Lets out the largest accumulators of open windows until the rest is within the limit. */
  *relieveOpenWindows(): Iterable<PartRows> {
    while (true) {
      const { bytes, largest } = byBytes([...this.#open.values()].map(({ rows }) => rows));
      if (bytes <= this.#options.memoryLimitBytes) return;
      if (largest === undefined || largest.rows === 0) return;
      yield* this.#partsOf(largest, largest.takeLargest());
    }
  }

  /** Lets out the largest accumulators until the rest is within the limit. */
  *relieveMemory(): Iterable<PartRows | CommitPoint> {
    while (true) {
      const late = byBytes([...this.#late.values()]);
      const open = byBytes([...this.#open.values()].map(({ rows }) => rows));
      if (late.bytes + open.bytes <= this.#options.memoryLimitBytes) return;
      if (late.bytes >= open.bytes || open.largest === undefined) yield* this.#commit([]);
      else if (open.largest.rows === 0) return;
      else yield* this.#partsOf(open.largest, open.largest.takeLargest());
    }
  }
}

function byStart(windows: readonly WindowRows[]): WindowRows[] {
  return [...windows].sort((a, b) => a.window.start - b.window.start);
}

function byBytes(
  windows: readonly WindowRows[],
): { bytes: number; largest: WindowRows | undefined } {
  let bytes = 0;
  let largest: WindowRows | undefined;
  let most = -1;
  for (const window of windows) {
    const own = window.bytes;
    bytes += own;
    if (own > most) [most, largest] = [own, window];
  }
  return { bytes, largest };
}

function withRescued(schema: readonly Field[]): readonly Field[] {
  const isThere = schema.some(({ name }) => name === RESCUED_DATA);
  return isThere ? schema : [...schema, { name: RESCUED_DATA, type: { kind: "json" } }];
}

/** Cuts runs into pieces of at most `size` rows. */
function* sliceRuns(
  runs: readonly RowRun<HeldRows>[],
  rows: number,
  size: number,
): Iterable<readonly RowRun<HeldRows>[]> {
  if (rows <= size) return yield runs;
  let piece: RowRun<HeldRows>[] = [];
  let room = size;
  for (const { held, start, end } of runs) {
    for (let at = start; at < end;) {
      const next = Math.min(end, at + room);
      piece.push({ held, start: at, end: next });
      room -= next - at;
      at = next;
      if (room === 0) {
        yield piece;
        piece = [];
        room = size;
      }
    }
  }
  if (piece.length > 0) yield piece;
}
