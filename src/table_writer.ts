import { type CommittedCounts, TableCommitter } from "./commit_log/table_committer.ts";
import type { ColumnBatch } from "./columns/column_batch.ts";
import { type EventChunk, linesOf } from "./decode/byte_stream.ts";
import { type DecodeOptions, resolveDecodeOptions } from "./decode/decode_options.ts";
import type { DeadLetter } from "./decode/dead_letter.ts";
import type { LineBatch } from "./decode/line_batcher.ts";
import type { Decoder } from "./decode/decoder.ts";
import { newDecoder } from "./decode/new_decoder.ts";
import { EventSegments, type FoundSegments } from "./journal/event_segments.ts";
import type { Journal, JournalWarning } from "./journal/journal.ts";
import { rowHolderFor } from "./parquet/on_demand.ts";
import { toPartFile } from "./parquet/parquet_file_stream.ts";
import type { RowHolder } from "./columns/held_rows.ts";
import { type ParquetOptions, resolveParquetOptions } from "./parquet/parquet_options.ts";
import type { Store } from "./stores/store.ts";
import {
  initialSchema,
  resolveWindowOptions,
  type WindowOptions,
} from "./window/window_options.ts";
import {
  type CommitPoint,
  INITIAL_POSITION,
  type PartRows,
  WindowedPartitions,
  type WindowingCounts,
  type WindowingOptions,
  type WindowingState,
} from "./window/windowed_partitions.ts";

/** What {@linkcode TableWriter.open} takes. */
export interface TableWriterOptions
  extends Omit<DecodeOptions, "batchBytes">, WindowOptions, ParquetOptions {
  /** Where the table is kept. */
  readonly store: Store;
  /**
   * Where events are kept until they are committed. Without one, events that were appended but not
   * yet committed are lost with the process.
   */
  readonly journal?: Journal;
}

/** What became of the events of one {@linkcode TableWriter.append}. */
export interface AppendResult {
  /** How many events there were: taken in, dead-lettered and dropped together. */
  readonly accepted: number;
  /** Those that were refused, with the reason; they are kept as dead letters. */
  readonly deadLetters: readonly DeadLetter[];
}

/** How often the store may be behind before `append` waits for it. */
const MAX_WAITING = 2;

/**
 * Writes events that are pushed, by a page, a socket or an HTTP handler, to a table. With a journal,
 * {@linkcode append} resolves once the events would survive a crash, and each of them is in the
 * table once, whatever happens in between.
 *
 * @example
 * ```ts
 * import { MemoryJournal, MemoryStore, TableWriter, tumbling } from "sluice";
 *
 * const writer = await TableWriter.open({
 *   store: new MemoryStore(),
 *   journal: new MemoryJournal(),
 *   window: tumbling("15m"),
 *   partitionBy: ["page"],
 * });
 * await writer.append({ page: "/home" });
 * await writer.close();
 * console.log(writer.counts.written); // 1
 * ```
 */
export class TableWriter implements AsyncDisposable {
  readonly #settings: WindowingOptions;
  readonly #parquet: Required<ParquetOptions>;
  readonly #table: TableCommitter;
  readonly #segments: EventSegments | undefined;
  readonly #windows: WindowedPartitions;
  readonly #decoder: Decoder;
  readonly #idleMs: number | undefined;
  readonly #isByArrival: boolean;
  #arrivalMs = 0;
  #position = 0;
  /** What windows let out is written, one after the other. */
  #writing: Promise<void> = Promise.resolve();
  #waiting = 0;
  #failure: { readonly error: unknown } | undefined;
  #isClosed = false;
  #closing: Promise<void> | undefined;
  #warnings: readonly JournalWarning[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    options: TableWriterOptions,
    { table, segments, holder }: {
      readonly table: TableCommitter;
      readonly segments: EventSegments | undefined;
      readonly holder: RowHolder;
    },
  ) {
    const decoding = resolveDecodeOptions(options);
    this.#settings = resolveWindowOptions(options);
    this.#parquet = resolveParquetOptions(options);
    this.#table = table;
    this.#segments = segments;
    this.#windows = new WindowedPartitions(this.#settings, stateOf(table, options), holder);
    const now = () => this.#arrivalMs;
    this.#decoder = newDecoder({ ...decoding, now, firstLine: 1, isLent: true }, holder.kernel);
    this.#idleMs = decoding.idleMs;
    this.#isByArrival = decoding.time === undefined;
  }

  /**
   * Opens a table, and takes up what an earlier run left in the journal: commits that were begun
   * are made, and the events of open windows are held again.
   *
   * @throws {TypeError | RangeError} If an option is not what it must be.
   * @throws {TableMismatchError} If the table is partitioned by other columns.
   * @throws {JournalLockedError} If another process has the journal open.
   * @throws {JournalCorruptError} If the journal was damaged.
   */
  static async open(options: TableWriterOptions): Promise<TableWriter> {
    const { store, journal } = options;
    resolveDecodeOptions(options);
    const { window, partitionBy } = resolveWindowOptions(options);
    const { writer, compression } = resolveParquetOptions(options);
    const segments = journal && new EventSegments(journal, window);
    const found = await segments?.open();
    let table: TableCommitter | undefined;
    try {
      const sourceId = found && `journal:${found.journalId}`;
      table = await TableCommitter.open(store, { writer, partitionBy, sourceId });
      await table.recover();
      const holder = await rowHolderFor(compression);
      const opened = new TableWriter(options, { table, segments, holder });
      if (found !== undefined) await opened.#takeUp(found);
      return opened;
    } catch (error) {
      await table?.settle();
      await segments?.close();
      throw error;
    }
  }

  /**
   * Takes events in: objects, or bytes or text of JSON lines. Resolves once they are in the journal
   * and would survive a crash; without a journal, once they are held in memory. Waits while the
   * store is behind.
   *
   * @throws What went wrong with the journal or an earlier commit: then nothing is sure about these
   * events, and the writer has to be opened anew.
   */
  async append(events: EventChunk | readonly EventChunk[]): Promise<AppendResult> {
    const bytes = linesOf(events);
    while (this.#waiting >= MAX_WAITING && !this.#failure) await this.#writing;
    this.#assertUsable();
    if (bytes.length === 0) return { accepted: 0, deadLetters: [] };
    this.#arrivalMs = this.#settings.now();
    const { lines, batch } = this.#decode(bytes);
    const commitNumber = this.#windows.commitNumber;
    const admission = this.#windows.admit(batch);
    const journalled = this.#segments?.append(lines, batch, {
      admission,
      arrivalMs: this.#arrivalMs,
      commitNumber,
    });
    this.#enqueue(this.#windows.letOut());
    this.#setTimer();
    try {
      await journalled;
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
    return { accepted: batch.accepted, deadLetters: admission.deadLetters };
  }

  /** Closes the open windows, and resolves when everything appended so far is committed. */
  async flush(): Promise<void> {
    this.#assertUsable();
    this.#enqueue(this.#windows.closeAll());
    await this.#settled();
  }

  /** {@linkcode flush}es, and gives the journal free. The writer cannot be used after that. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true; // an append after this would be left behind
    try {
      this.#enqueue(this.#windows.closeAll());
      await this.#settled();
      await this.#table.close();
    } finally {
      await this[Symbol.asyncDispose]();
    }
  }

  /**
   * Gives the journal free without closing windows: what they hold stays in the journal for the
   * next run, and is lost without one.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#table.settle();
    await this.#segments?.close();
  }

  /** What was odd about the journal when it was opened, such as a last write that was cut short. */
  get warnings(): readonly JournalWarning[] {
    return this.#warnings;
  }

  /** What was counted since the writer was opened. */
  get counts(): CommittedCounts & WindowingCounts {
    return { ...this.#windows.counts, ...this.#table.counts };
  }

  #decode(bytes: Uint8Array): { lines: LineBatch; batch: ColumnBatch } {
    const lines = { bytes, start: this.#position, end: this.#position + bytes.length };
    this.#position = lines.end;
    return { lines, batch: this.#decoder.decode(lines) };
  }

  /** Goes on from what an earlier run left in the journal. */
  async #takeUp({ sealed, due, windows, warnings }: FoundSegments): Promise<void> {
    this.#warnings = warnings;
    const segments = this.#segments!;
    const next = this.#windows.commitNumber;
    const uncommitted = [...due];
    for (const [number, names] of sealed) {
      if (number > this.#table.sourceNumber) uncommitted.push(...names);
      else await segments.delete(names);
    }
    if (uncommitted.length > 0) {
      await segments.sealFor(next, due);
      for (const name of uncommitted) await this.#restore(name);
      for (const item of this.#windows.closeAll()) await this.#write(item);
      await segments.delete(uncommitted);
    }
    for (const name of windows) await this.#restore(name);
    this.#enqueue(this.#windows.letOut());
    this.#setTimer();
  }

  /** Takes events of the journal in again. Nothing is committed before all of them are there. */
  async #restore(segment: string): Promise<void> {
    for await (const record of this.#segments!.read(segment)) {
      if (!("lines" in record)) this.#windows.restoreDeadLetters(record);
      else {
        this.#arrivalMs = record.arrivalMs;
        this.#windows.restore(this.#decode(record.lines).batch, record);
        for (const part of this.#windows.relieveOpenWindows()) await this.#write(part);
      }
    }
  }

  /** Commits what the windows let out, after all that was let out before. */
  #enqueue(items: Iterable<PartRows | CommitPoint>): void {
    const taken = [...items];
    if (taken.length === 0) return;
    this.#waiting++;
    this.#writing = this.#writing.then(async () => {
      try {
        if (this.#failure === undefined) await this.#commitAll(taken);
      } catch (error) {
        this.#failure ??= { error };
      } finally {
        this.#waiting--;
      }
    });
  }

  async #commitAll(items: readonly (PartRows | CommitPoint)[]): Promise<void> {
    const points = items.filter((item) => item.type === "commit");
    // What a commit is made of is settled before any of it can be seen.
    const sealed = new Map<number, readonly string[]>();
    for (const point of points) sealed.set(point.number, await this.#segments?.seal(point) ?? []);
    for (const item of items) {
      await this.#write(item);
      if (item.type === "commit") await this.#segments?.delete(sealed.get(item.number)!);
    }
  }

  async #write(item: PartRows | CommitPoint): Promise<void> {
    if (item.type === "commit") await this.#table.commit(item);
    else await this.#table.put(await toPartFile(item, this.#parquet));
  }

  async #settled(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #assertUsable(): void {
    if (this.#isClosed) throw new TypeError("Cannot use the writer: it is closed");
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Windows close without an event when nothing came for `idle`, or when arrival time runs on. */
  #setTimer(): void {
    clearTimeout(this.#timer);
    const waits: number[] = [];
    if (this.#windows.counts.openWindows > 0 && !this.#isClosed) {
      if (this.#idleMs !== undefined) waits.push(this.#idleMs);
      if (this.#isByArrival) waits.push(this.#settings.window.lengthMs + this.#settings.latenessMs);
    }
    if (waits.length === 0) return;
    this.#timer = setTimeout(() => {
      if (this.#failure === undefined) this.#enqueue(this.#windows.closeAll());
    }, Math.min(...waits, 2 ** 31 - 1));
  }
}

/** Where the windows of a writer go on from. */
function stateOf(table: TableCommitter, options: WindowOptions): WindowingState {
  const { state, source } = table;
  return {
    ...state,
    schema: initialSchema(state.schema, options),
    closedThrough: source?.position.closedThrough ?? INITIAL_POSITION.closedThrough,
    resumeFrom: {
      ...INITIAL_POSITION.resumeFrom,
      maxTime: source?.position.resumeFrom.maxTime ?? INITIAL_POSITION.resumeFrom.maxTime,
    },
  };
}
