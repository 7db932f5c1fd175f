import { TableCommitter } from "./commit_log/table_committer.ts";
import { type EventSource, toByteStream } from "./decode/byte_stream.ts";
import {
  type DecodeOptions,
  type DecodeSettings,
  resolveDecodeOptions,
} from "./decode/decode_options.ts";
import type { Fingerprinter } from "./decode/fingerprint.ts";
import { givenJsonKernel } from "./decode/kernel_module.ts";
import { isReplayable, type ReplayableSource } from "./decode/replayable_source.ts";
import { resumeSource, type SourceStatus } from "./decode/resume.ts";
import { SourceReader } from "./decode/source_reader.ts";
import { heldBatches } from "./held_batches.ts";
import type { Journal, JournalWarning } from "./journal/journal.ts";
import { runJournalled } from "./journalled_run.ts";
import { encodeParts, type PartFile } from "./parquet/parquet_file_stream.ts";
import { rowHolderFor } from "./parquet/on_demand.ts";
import {
  type ParquetOptions,
  type ParquetSettings,
  resolveParquetOptions,
} from "./parquet/parquet_options.ts";
import { atLeast } from "./options.ts";
import { type Progress, ProgressFeed } from "./progress.ts";
import type { Store } from "./stores/store.ts";
import { rulesFrom } from "./window/hold_batch.ts";
import {
  initialSchema,
  resolveWindowOptions,
  type WindowOptions,
} from "./window/window_options.ts";
import type { WorkerPool } from "./workers/worker_pool.ts";
import {
  type CommitPoint,
  readEnds,
  WindowedPartitions,
  type WindowingOptions,
} from "./window/windowed_partitions.ts";
import { windowBatches } from "./window/windowed_partition_stream.ts";

/** What {@linkcode streamToParquet} takes. */
export interface StreamToParquetOptions extends DecodeOptions, WindowOptions, ParquetOptions {
  /** Where the table is kept. */
  readonly store: Store;
  /**
   * Keeps what has come of a source that cannot be read again until it is committed, so that a crash
   * loses nothing of it: the next run with the same journal writes it. With it, `batchBytes` means
   * nothing: a batch is what has come.
   */
  readonly journal?: Journal;
  /**
   * How many workers decode and encode beside this thread; 0 by default: all is done here. The
   * files are the same.
   */
  readonly workers?: number;
  /** Stops the run, which then fails with the signal's reason; what was committed stays. */
  readonly signal?: AbortSignal;
  /** Called with the progress after every batch and every commit. */
  readonly onProgress?: (progress: Progress) => void;
}

/** What became of a stream: `accepted = written + deadLettered + dropped`. */
export interface Summary extends Omit<Progress, "openWindows"> {
  /** For a source that can be read again: how it stood to what earlier runs had read. */
  readonly source?: SourceStatus;
  /** With a journal: what was odd about it when it was opened. */
  readonly warnings?: readonly JournalWarning[];
}

/** A run of {@linkcode streamToParquet}: a promise of the summary, and its progress until then. */
export type StreamRun = Promise<Summary> & AsyncIterable<Progress>;

/**
 * Writes a stream of JSON events as partitioned Parquet: one file for each partition and window of
 * event time, in a directory that is also a Delta Lake table.
 *
 * Bytes become batches of columns, batches are held by window and partition until the window
 * closes, closed windows become files, and files are committed together. Nothing is pulled faster
 * than it can be written.
 *
 * A {@linkcode ReplayableSource} goes on where an earlier run left off; running it again adds
 * nothing. Any other source is taken to be new each time.
 *
 * @param source Bytes or text of JSON lines, or objects: a stream, an iterable, or one piece.
 * @returns The summary, once everything is committed. While waiting, progress can be iterated over.
 * @throws {TypeError | RangeError} If an option is not what it must be.
 * @throws {TableMismatchError} If the table is partitioned by other columns.
 * @throws {WriterFencedError} If another process writes under the same name.
 * @throws {StoreError} If the store keeps failing: names the operation and the key.
 *
 * @example
 * ```ts
 * import { day, MemoryStore, month, streamToParquet, tumbling, year } from "sluice";
 *
 * const summary = await streamToParquet(
 *   [{ event_timestamp: "2022-06-01 00:15:00.5", page_url_path: "/home" }],
 *   {
 *     store: new MemoryStore(),
 *     window: tumbling("15m"),
 *     time: "event_timestamp",
 *     partitionBy: [year(), month(), day(), "page_url_path"],
 *   },
 * );
 * console.log(summary.written); // 1
 * ```
 */
export function streamToParquet(
  source: EventSource | ReplayableSource,
  options: StreamToParquetOptions,
): StreamRun {
  const progress = new ProgressFeed(options.onProgress);
  const run = runPipeline(source, options, progress).finally(() => progress.end());
  return Object.assign(run, {
    [Symbol.asyncIterator]: () => {
      run.catch(() => {}); // whoever iterates over the progress sees the failure there
      return progress.iterate(run);
    },
  });
}

async function runPipeline(
  source: EventSource | ReplayableSource,
  options: StreamToParquetOptions,
  progress: ProgressFeed,
): Promise<Summary> {
  const run = { ...resolveOptions(options), progress }; // before anything is opened
  if (isReplayable(source)) {
    for (const name of ["journal", "maxFutureSkew"] as const) {
      if (options[name] === undefined) continue;
      throw new TypeError(
        `Cannot use option "${name}" with a source that can be read again: ${NOT_FOR_REPLAY[name]}`,
      );
    }
    return await runStages(source, run);
  }
  const bytes = toByteStream(source);
  try {
    if (options.journal === undefined) return await runStages(bytes, run);
    if (run.workers > 0) {
      throw new TypeError(
        'Cannot use option "workers" with a journal: events are decoded as they arrive: ' +
          `current value is ${run.workers}`,
      );
    }
    options.signal?.throwIfAborted();
    const { counts, warnings } = await runJournalled(bytes, options, progress);
    return { ...toSummary(progress.report(counts)), warnings };
  } catch (error) {
    await bytes.cancel(error).catch(() => {}); // it may be that nobody has begun to read
    throw error;
  }
}

/** Why options mean nothing where the same events may be read once more. */
const NOT_FOR_REPLAY = {
  journal: "it needs none",
  maxFutureSkew: "when it is, the clock says something else",
} as const;

/** The options of a run, checked and complete. */
interface Settings {
  readonly options: StreamToParquetOptions;
  readonly decoding: DecodeSettings;
  readonly windowing: WindowingOptions;
  readonly parquet: ParquetSettings;
  readonly workers: number;
}

function resolveOptions(options: StreamToParquetOptions): Settings {
  return {
    options,
    decoding: resolveDecodeOptions(options),
    windowing: resolveWindowOptions(options),
    parquet: resolveParquetOptions(options),
    workers: atLeast(options.workers ?? 0, "workers", 0),
  };
}

interface Run extends Settings {
  readonly progress: ProgressFeed;
}

async function runStages(
  source: ReadableStream<Uint8Array> | ReplayableSource,
  run: Run,
): Promise<Summary> {
  run.options.signal?.throwIfAborted();
  // Workers start while the table is opened.
  const opening = run.workers > 0 ? openPool(run) : undefined;
  opening?.catch(() => {}); // whoever waits for it fails with it
  try {
    return await runWith(opening, source, run);
  } finally {
    (await opening?.catch(() => undefined))?.close();
  }
}

async function runWith(
  opening: Promise<WorkerPool> | undefined,
  source: ReadableStream<Uint8Array> | ReplayableSource,
  { options, decoding, windowing, parquet, progress }: Run,
): Promise<Summary> {
  const { store, signal } = options;
  const { partitionBy } = windowing;
  const sourceId = isReplayable(source) ? source.id : undefined;
  const table = await TableCommitter.open(store, { ...parquet, partitionBy, sourceId, signal });
  await table.recover();
  const resumed = sourceId === undefined
    ? undefined
    : await resumeSource(source as ReplayableSource, table.source, signal);
  const reader = new SourceReader(resumed?.stream ?? source as ReadableStream<Uint8Array>);
  const stop = () => void reader.stop(signal!.reason);
  signal?.addEventListener("abort", stop);
  try {
    signal?.throwIfAborted();
    const pool = await opening;
    const holder = pool ?? await rowHolderFor(parquet.compression);
    const state = { ...table.state, ...resumed?.position };
    const schema = initialSchema(state.schema, options);
    const windows = new WindowedPartitions(windowing, { ...state, schema });
    const report = () => progress.report({ ...windows.counts, ...table.counts });

    const chunks = shown(reader.chunks(), (chunk) => {
      progress.addBytes(chunk.length);
      resumed?.fingerprinter.push(chunk);
    });
    const batches = heldBatches(chunks, decoding, {
      start: { ...state.resumeFrom, ends: readEnds(state) },
      holding: { ...windowing, rulesFor: rulesFrom(windowing, state), holder },
    });
    const parts = windowBatches(shown(batches, report), windows);
    await commitFiles(encodeParts(parts, parquet, pool), table, {
      signal,
      fingerprinter: resumed?.fingerprinter,
      onCommit: report,
    });
    const summary = toSummary(report());
    if (resumed === undefined) return summary;
    const isUnchanged = resumed.status === "resumed" && summary.accepted === 0;
    return { ...summary, source: isUnchanged ? "unchanged" : resumed.status };
  } catch (error) {
    await reader.stop(error);
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** Puts files into the store as they come, and makes them part of the table at commit points. */
async function commitFiles(
  files: AsyncIterable<PartFile | CommitPoint>,
  table: TableCommitter,
  { signal, fingerprinter, onCommit }: {
    readonly signal: AbortSignal | undefined;
    readonly fingerprinter: Fingerprinter | undefined;
    readonly onCommit: () => void;
  },
): Promise<void> {
  // While the medium confirms a commit, the next window is read. Its files wait: their names are free
  // only if the commit succeeds.
  let commit: Promise<void> = Promise.resolve();
  try {
    for await (const item of files) {
      await commit;
      signal?.throwIfAborted();
      if (item.type === "file") await table.put(item);
      else {
        const fingerprint = fingerprinter?.upTo(item.state.readThrough);
        commit = table.commit(item, fingerprint).then(onCommit);
        commit.catch(() => {}); // whatever is written next fails with it
      }
    }
    await commit;
  } finally {
    await commit.catch(() => {});
    await table.settle(); // the next run must find all that this one has put
  }
  await table.close();
}

/** Most runs have no workers, and need not load what is for them. */
async function openPool({ workers, parquet }: Settings): Promise<WorkerPool> {
  const { WorkerPool } = await import("./workers/worker_pool.ts");
  return await WorkerPool.open(workers, { jsonKernel: givenJsonKernel(), ...parquet });
}

function toSummary({ openWindows: _, ...summary }: Progress): Summary {
  return summary;
}

/** Passes items on, and shows each one. */
async function* shown<T>(items: AsyncIterable<T>, onItem: (item: T) => void): AsyncGenerator<T> {
  for await (const item of items) {
    onItem(item);
    yield item;
  }
}
