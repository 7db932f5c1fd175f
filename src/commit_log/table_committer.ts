import type { Field } from "../columns/schema.ts";
import { deadLetterBytes, deadLetterKey } from "../decode/dead_letter_file.ts";
import type { Fingerprint } from "../decode/fingerprint.ts";
import { WriterFencedError } from "../errors.ts";
import { parsePartKey } from "../partition/part_key.ts";
import { type PartitionColumn, partitionName } from "../partition/partition_column.ts";
import type { PartFile } from "../parquet/parquet_file_stream.ts";
import { withRetries } from "../stores/retry.ts";
import type { Store } from "../stores/store.ts";
import {
  type CommitPoint,
  INITIAL_STATE,
  type WindowingState,
} from "../window/windowed_partitions.ts";
import type { Action, AddFile } from "./actions.ts";
import { CommitLog } from "./commit_log.ts";
import { UnsupportedTableError } from "./errors.ts";
import { toFileStats } from "./file_stats.ts";
import { readSnapshot } from "./snapshot.ts";
import { type CommitNote, readSourceState, type SourceState } from "./source_state.ts";
import { formatStats } from "./stats.ts";

/** What {@linkcode TableCommitter.open} takes. */
export interface TableCommitterOptions {
  /** The writer's name: no two may write one table at the same time under one name. */
  readonly writer: string;
  readonly partitionBy: readonly PartitionColumn[];
  /** Names a source that can be read again, whose position is committed with its events. */
  readonly sourceId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was committed since the table was opened. */
export interface CommittedCounts {
  written: number;
  late: number;
  rescued: number;
  deadLettered: number;
  windows: number;
  /** Directories that got a file. */
  partitions: number;
  files: number;
  bytes: number;
}

/** The `operation` of a commit of nothing: see {@linkcode TableCommitter.recover}. */
const RECOVERY = "RECOVER";

/** What a recovery notes in its commit: these numbers are of commits that were never made. */
interface RecoveryNote {
  readonly writer: string;
  readonly from: number;
  readonly number: number;
}

/** How many files are put at the same time. */
const MAX_PUTS_UNDER_WAY = 8;

/** Where runs set marks: see {@linkcode TableCommitter.recover}. */
export const MARK_DIRECTORY = "_sluice";

/** A file that was put, without its bytes. */
interface PutFile extends Omit<PartFile, "bytes"> {
  readonly size: number;
}

/**
 * Puts part files into the store and makes them part of the table, which is one entry in the commit
 * log: all of a commit's files and dead letters become visible to Delta readers at once, or none.
 */
export class TableCommitter {
  readonly #store: Store;
  readonly #log: CommitLog;
  readonly #options: TableCommitterOptions;
  readonly #source: SourceState | undefined;
  readonly #counts: CommittedCounts = {
    written: 0,
    late: 0,
    rescued: 0,
    deadLettered: 0,
    windows: 0,
    partitions: 0,
    files: 0,
    bytes: 0,
  };
  readonly #partitions: Set<string> = new Set();
  /** Files that are not committed yet. */
  #pending: PutFile[] = [];
  readonly #underWay: Set<Promise<void>> = new Set();
  /** Why a file could not be put: nothing is committed after that. */
  #failure: { readonly error: unknown } | undefined;
  /** What tells this run's mark from those of other runs. */
  readonly #runId: string = crypto.randomUUID().slice(0, 8);
  #isMarked = false;

  private constructor(
    store: Store,
    log: CommitLog,
    options: TableCommitterOptions & { readonly source: SourceState | undefined },
  ) {
    this.#store = store;
    this.#log = log;
    this.#options = options;
    this.#source = options.source;
  }

  /**
   * Reads the table's log. {@linkcode recover} is to be called before the first file is put.
   *
   * @throws {TableMismatchError} If the table is partitioned by other columns.
   */
  static async open(store: Store, options: TableCommitterOptions): Promise<TableCommitter> {
    const { partitionBy, sourceId, signal } = options;
    const partitionColumns = partitionBy.map(partitionName);
    const log = await CommitLog.open(store, { partitionColumns, signal });
    const commit = sourceId === undefined
      ? undefined
      : await log.lastCommitBy(sourceAppId(options), { signal });
    const source = commit && readSourceState(commit.actions);
    return new TableCommitter(store, log, { ...options, source });
  }

  /**
   * What an earlier run noted of the source.
   *
   * @throws {UnsupportedTableError} If it is not in the log any more.
   */
  get source(): SourceState | undefined {
    if (this.#source === undefined && this.sourceNumber >= 0) {
      throw new UnsupportedTableError(
        `Cannot go on with the source ${JSON.stringify(this.#options.sourceId)}: another engine ` +
          `has cleaned up the commit that says how far it was read`,
      );
    }
    return this.#source;
  }

  /** Number of the last commit that took events of the source; -1 if there is none. */
  get sourceNumber(): number {
    return this.#log.head?.txns.get(sourceAppId(this.#options))?.version ?? -1;
  }

  /** Where the windows of a source that was never read begin. */
  get state(): WindowingState {
    const { head } = this.#log;
    const partitions = this.#options.partitionBy.map(partitionName);
    const schema = (head?.columns ?? []).filter(({ name, type }) =>
      !partitions.includes(name) && type.kind !== "other"
    ) as Field[];
    const last = head?.txns.get(appId(this.#options.writer))?.version ?? -1;
    return { ...INITIAL_STATE, schema, commitNumber: last + 1 };
  }

  /** What was committed so far. */
  get counts(): CommittedCounts {
    return { ...this.#counts, partitions: this.#partitions.size };
  }

  /**
   * Puts a file into the store. It becomes part of the table with the commit of its window. Resolves
   * when there is room for the next file: a few are under way at a time, since a store that waits
   * for a disk or a network mostly waits. A failure shows at a later call.
   */
  async put(file: PartFile): Promise<void> {
    const { bytes, ...rest } = file;
    await this.#mark();
    const putting = this.#put(file.key, bytes).finally(() => this.#underWay.delete(putting));
    putting.catch(() => {}); // it is awaited below or before the commit
    this.#underWay.add(putting);
    this.#pending.push({ ...rest, size: bytes.length });
    while (this.#underWay.size >= MAX_PUTS_UNDER_WAY) await Promise.race(this.#underWay);
  }

  /**
   * Makes the files of closed windows part of the table.
   *
   * @param fingerprint What the source looks like up to the place it was read to.
   * @throws {WriterFencedError} If another process writes under the same name.
   */
  async commit(point: CommitPoint, fingerprint: Fingerprint = []): Promise<void> {
    const { writer, sourceId, signal } = this.#options;
    const { state, deadLetters } = point;
    await this.#mark();
    await this.settle();
    if (this.#failure !== undefined) throw this.#failure.error;
    const ready = this.#pending.filter(({ window }) => window.end <= state.closedThrough);
    this.#pending = this.#pending.filter(({ window }) => window.end > state.closedThrough);
    const deadLetterPath = deadLetterKey(writer, point.number);
    if (deadLetters.length > 0) await this.#put(deadLetterPath, deadLetterBytes(deadLetters));
    const rows = sum(ready, (file) => file.rows);
    const rescued = sum(ready, (file) => file.rescued);
    const { closedThrough, readThrough, earlierEnds, resumeFrom } = state;
    const note: CommitNote = {
      writer,
      number: point.number,
      windows: point.windows,
      rows,
      late: point.late,
      rescued,
      ...(deadLetters.length > 0 && {
        deadLetters: { path: deadLetterPath, count: deadLetters.length },
      }),
      ...(sourceId !== undefined && {
        source: {
          id: sourceId,
          fingerprint,
          position: { closedThrough, readThrough, ...(earlierEnds && { earlierEnds }), resumeFrom },
        },
      }),
    };
    const { status } = await this.#log.commit({
      operation: "STREAMING UPDATE",
      columns: [...state.schema, ...this.#partitionFields(state.schema)],
      adds: ready.map((file) => this.#toAdd(file)),
      txns: [
        { appId: appId(writer), version: point.number },
        ...(sourceId === undefined
          ? []
          : [{ appId: sourceAppId(this.#options), version: point.number }]),
      ],
      info: { sluice: note },
    }, { signal });
    if (status === "already-committed") {
      // What was put since the other one has looked is for the next run to find.
      await this.#put(this.#markKey, new Uint8Array(0)).catch(() => {});
      throw new WriterFencedError(writer, point.number);
    }
    this.#counts.written += rows;
    this.#counts.late += point.late;
    this.#counts.rescued += rescued;
    this.#counts.deadLettered += deadLetters.length;
    this.#counts.windows += point.windows;
    this.#counts.files += ready.length;
    this.#counts.bytes += sum(ready, (file) => file.size);
    for (const { partition } of ready) this.#partitions.add(partition.path);
    // The commit stands whether or not the log could be made faster to read; it is tried again.
    await this.#log.compact({ signal }).catch(() => {});
  }

  /** Waits until no file is being put any more, successfully or not. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /** To be called when everything that was put is committed. */
  async close(): Promise<void> {
    if (!this.#isMarked) return;
    const { signal } = this.#options;
    await withRetries(() => this.#store.delete(this.#markKey, { signal }), signal);
    this.#isMarked = false;
  }

  async #put(key: string, bytes: Uint8Array): Promise<void> {
    const { signal } = this.#options;
    try {
      await withRetries(() => this.#store.put(key, bytes, { signal }), signal);
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }

  /**
   * Sets the mark of a run that may leave files behind: see {@linkcode recover}. Of two runs that
   * begin at once at least one finds the mark of the other, or its commit, so no two put files of
   * the same name.
   */
  async #mark(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#isMarked) return;
    const { writer, signal } = this.#options;
    const { commitNumber } = this.state;
    await this.#put(this.#markKey, new Uint8Array(0));
    const marks = await withRetries(() => this.#marks(), signal);
    await withRetries(() => this.#log.update({ signal }), signal);
    if (marks.length > 1 || this.state.commitNumber !== commitNumber) {
      await this.#store.delete(this.#markKey, { signal }).catch(() => {});
      throw new WriterFencedError(writer, commitNumber);
    }
    this.#isMarked = true;
  }

  get #markKey(): string {
    return `${MARK_DIRECTORY}/${this.#options.writer}-${this.#runId}.open`;
  }

  /** The marks of all runs under this writer's name. */
  async #marks(): Promise<string[]> {
    const { writer, signal } = this.#options;
    const marks: string[] = [];
    for await (const { key } of this.#store.list(MARK_DIRECTORY, { signal })) {
      if (markedWriter(key) === writer) marks.push(key);
    }
    return marks;
  }

  /**
   * Deletes what runs that did not close have put and not committed. Delta readers never saw those
   * files, but whoever lists the directory did. The mark, which a run sets before its first file,
   * says whether there may be any, so that nothing need be listed as a rule.
   *
   * Such a run may be alive after all. An empty commit takes its number first, so that it can no
   * longer commit files that are then missing. Files of greater numbers are those of a run that has
   * done the same to this one.
   */
  async recover(): Promise<void> {
    const { writer, signal } = this.#options;
    const marks = await this.#marks();
    if (marks.length === 0) return;
    await this.#put(this.#markKey, new Uint8Array(0));
    const { from, number } = await this.#takeNumber();
    // Whoever is alive sets its mark again once it finds its number taken.
    for (const mark of marks) await this.#store.delete(mark, { signal });
    const { files, tombstones } = (await readSnapshot(this.#store, { signal }))!;
    for await (const { key } of this.#store.list("", { signal })) {
      const part = parsePartKey(key);
      if (part?.writer !== writer || part.commitNumber > number) continue;
      if (files.has(key) || tombstones.has(key)) continue;
      await this.#store.delete(key, { signal });
    }
    for (let lost = from; lost <= number; lost++) {
      await this.#store.delete(deadLetterKey(writer, lost), { signal });
    }
    this.#isMarked = true;
  }

  /** Takes the number of the next commit for one of nothing. */
  async #takeNumber(): Promise<RecoveryNote> {
    const { writer, signal } = this.#options;
    const { commitNumber: number } = this.state;
    const last = await this.#log.lastCommitBy(appId(writer), { signal });
    const from = (last && readRecoveryNote(last.actions))?.from ?? number;
    const note: RecoveryNote = { writer, from, number };
    const { status } = await this.#log.commit({
      operation: RECOVERY,
      columns: this.#partitionFields([]),
      txns: [{ appId: appId(writer), version: number }],
      info: { sluice: note },
    }, { signal });
    if (status === "already-committed") throw new WriterFencedError(writer, number);
    return note;
  }

  #partitionFields(schema: readonly Field[]): Field[] {
    return this.#options.partitionBy
      .filter((column) => !schema.some(({ name }) => name === partitionName(column)))
      .map((column) => ({
        name: partitionName(column),
        type: { kind: typeof column === "string" ? "string" : "int64" },
      }));
  }

  #toAdd(file: PutFile): AddFile {
    const names = this.#options.partitionBy.map(partitionName);
    return {
      path: file.key,
      partitionValues: Object.fromEntries(
        names.map((name, i) => [name, file.partition.values[i]!]),
      ),
      size: file.size,
      modificationTime: Date.now(),
      dataChange: true,
      stats: formatStats(toFileStats(file.rows, file.stats)),
    };
  }
}

function readRecoveryNote(actions: readonly Action[]): RecoveryNote | undefined {
  for (const action of actions) {
    if (!("commitInfo" in action) || action.commitInfo["operation"] !== RECOVERY) continue;
    return action.commitInfo["sluice"] as RecoveryNote | undefined;
  }
  return undefined;
}

/** The name under which the log keeps the number of a writer's last commit. */
export function appId(writer: string): string {
  return `sluice/${writer}`;
}

function sourceAppId({ writer, sourceId }: TableCommitterOptions): string {
  return `${appId(writer)}/${sourceId}`;
}

/**
 * The writer whose run has set a mark: it has files that it may yet commit, or has died. `undefined`
 * for the key of anything else in {@linkcode MARK_DIRECTORY}.
 */
export function markedWriter(key: string): string | undefined {
  return /^_sluice\/(\w+)-[0-9a-f]+\.open$/.exec(key)?.[1];
}

function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0);
}
