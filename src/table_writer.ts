import { type CommittedCounts, TableCommitter } from "./commit_log/table_committer.ts";
import type { ColumnBatch } from "./columns/column_batch.ts";
import { type EventChunk, linesOf } from "./decode/byte_stream.ts";
import { type DecodeOptions, resolveDecodeOptions } from "./decode/decode_options.ts";
import type { DeadLetter } from "./decode/dead_letter.ts";
import type { LineBatch } from "./decode/line_batcher.ts";
import { ReferenceDecoder } from "./decode/reference_decoder.ts";
import { EventSegments } from "./journal/event_segments.ts";
import type { Journal, JournalWarning } from "./journal/journal.ts";
import { toPartFile } from "./parquet/parquet_file_stream.ts";
import { type ParquetOptions, resolveParquetOptions } from "./parquet/parquet_options.ts";
import type { Store } from "./stores/store.ts";
import {
  declaredFields,
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

/** How many commits may wait for the store before `append` waits too. */
const MAX_COMMITS_WAITING = 2;

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
  readonly #decoder: ReferenceDecoder;
  readonly #idleMs: number | undefined;
  readonly #isByArrival: boolean;
  #arrivalMs = 0;
  #position = 0;
  /** Commits, one after the other. */
  #committing: Promise<void> = Promise.resolve();
  #commitsWaiting = 0;
  #failure: { readonly error: unknown } | undefined;
  #isClosed = false;
  #warnings: readonly JournalWarning[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    options: TableWriterOptions,
    table: TableCommitter,
    segments: EventSegments | undefined,
    state: WindowingState,
  ) {
    const decoding = resolveDecodeOptions(options);
    this.#settings = resolveWindowOptions(options);
    this.#parquet = resolveParquetOptions(options);
    this.#table = table;
    this.#segments = segments;
    this.#windows = new WindowedPartitions(this.#settings, state);
    this.#decoder = new ReferenceDecoder({ ...decoding, now: () => this.#arrivalMs, firstLine: 1 });
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
    const { writer } = resolveParquetOptions(options);
    const segments = journal && new EventSegments(journal, window.lengthMs);
    const found = await segments?.open();
    try {
      const table = await TableCommitter.open(store, {
        writer,
        partitionBy,
        sourceId: found && `journal:${found.journalId}`,
      });
      for (const [number, names] of found?.sealed ?? []) {
        if (number > table.sourceNumber) {
          // Nothing is late, and nothing closes before all of it is there.
          const patient = { ...options, lateness: Number.MAX_SAFE_INTEGER };
          const state = { ...stateOf(table, options), closedThrough: -Infinity };
          await new TableWriter(patient, table, segments, state).#redo(names);
        }
        await segments!.delete(names);
      }
      await table.recover();
      const opened = new TableWriter(options, table, segments, stateOf(table, options));
      opened.#warnings = found?.warnings ?? [];
      for (const name of found?.open ?? []) {
        await opened.#replay(name);
        opened.#enqueue(opened.#windows.relieveMemory());
      }
      opened.#enqueue(opened.#windows.letOut());
      opened.#setTimer();
      return opened;
    } catch (error) {
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
    while (this.#commitsWaiting >= MAX_COMMITS_WAITING && !this.#failure) await this.#committing;
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
  async close(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.flush();
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
    await this.#committing;
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

  async #replay(segment: string): Promise<void> {
    for await (const record of this.#segments!.read(segment)) {
      if (!("lines" in record)) this.#windows.restoreDeadLetters(record);
      else {
        this.#arrivalMs = record.arrivalMs;
        this.#windows.admit(this.#decode(record.lines).batch);
      }
    }
  }

  /** Makes a commit that an earlier run had begun, out of its sealed segments. */
  async #redo(names: readonly string[]): Promise<void> {
    const { closedThrough } = stateOf(this.#table, {});
    for (const name of names) {
      await this.#replay(name);
      await this.#redoAll(this.#windows.relieveMemory(), closedThrough);
    }
    await this.#redoAll(this.#windows.closeAll(), closedThrough);
  }

  async #redoAll(items: Iterable<PartRows | CommitPoint>, closedThrough: number): Promise<void> {
    for (const item of items) {
      if (item.type === "part") await this.#table.put(await toPartFile(item, this.#parquet));
      else {
        const state = {
          ...item.state,
          closedThrough: Math.max(item.state.closedThrough, closedThrough),
        };
        await this.#table.commit({ ...item, state });
      }
    }
  }

  /** Commits what the windows let out, after all that was let out before. */
  #enqueue(items: Iterable<PartRows | CommitPoint>): void {
    const taken = [...items];
    const commits = taken.filter(({ type }) => type === "commit").length;
    if (taken.length === 0) return;
    this.#commitsWaiting += commits;
    this.#committing = this.#committing.then(async () => {
      try {
        if (this.#failure === undefined) await this.#commitAll(taken);
      } catch (error) {
        this.#failure ??= { error };
      } finally {
        this.#commitsWaiting -= commits;
      }
    });
  }

  async #commitAll(items: readonly (PartRows | CommitPoint)[]): Promise<void> {
    const points = items.filter((item) => item.type === "commit");
    // What a commit is made of is settled before any of it can be seen.
    const sealed = new Map<number, readonly string[]>();
    for (const point of points) sealed.set(point.number, await this.#segments?.seal(point) ?? []);
    for (const item of items) {
      if (item.type === "part") await this.#table.put(await toPartFile(item, this.#parquet));
      else {
        await this.#table.commit(item);
        await this.#segments?.delete(sealed.get(item.number)!);
      }
    }
  }

  async #settled(): Promise<void> {
    await this.#committing;
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
    schema: state.schema.length > 0 ? state.schema : declaredFields(options),
    closedThrough: source?.position.closedThrough ?? INITIAL_POSITION.closedThrough,
    resumeFrom: {
      ...INITIAL_POSITION.resumeFrom,
      maxTime: source?.position.resumeFrom.maxTime ?? INITIAL_POSITION.resumeFrom.maxTime,
    },
  };
}
