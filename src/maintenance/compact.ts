import type { Table } from "../columns/vector.ts";
import type { AddFile, PartitionValues, RemoveFile } from "../commit_log/actions.ts";
import { CommitLog } from "../commit_log/commit_log.ts";
import { CommitConflictError } from "../commit_log/errors.ts";
import { toFileStats } from "../commit_log/file_stats.ts";
import { readSnapshot } from "../commit_log/snapshot.ts";
import { formatStats } from "../commit_log/stats.ts";
import type { Snapshot } from "../commit_log/table_state.ts";
import { atLeast, type Clock, MIB } from "../options.ts";
import { encodeTable } from "../parquet/on_demand.ts";
import { type ParquetCompression, resolveParquetOptions } from "../parquet/parquet_options.ts";
import { withRetries } from "../stores/retry.ts";
import type { Store } from "../stores/store.ts";
import { groupFiles, type GroupLimits, type PlacedFile, placeFiles } from "./compaction_plan.ts";
import { readDataFile } from "./data_file.ts";
import { directoryOf, mergedKey, type MergedName } from "./file_place.ts";
import { type FileTable, mergeTables, tableBytes } from "./merge_tables.ts";

/** What {@linkcode compactTable} takes. */
export interface CompactTableOptions {
  /** A merged file takes about as many bytes as this at most; 32 MiB by default. */
  readonly targetBytes?: number;
  /** Fewer files than this are left as they are; 2 by default, and at least. */
  readonly minFiles?: number;
  /** Only partitions with these values, as the log has them: `{ year: "2022" }`. Default: all. */
  readonly partition?: PartitionValues;
  /** How pages are compressed; `"snappy"` by default. */
  readonly compression?: ParquetCompression;
  /** Stops the run, which then fails with the signal's reason; what was committed stays. */
  readonly signal?: AbortSignal;
  /** Called after every merged file. */
  readonly onProgress?: (progress: CompactionProgress) => void;
  /** Tells the time of the commits; `Date` by default. */
  readonly clock?: Clock;
}

/** How far a compaction has come. */
export interface CompactionProgress {
  /** Files that are merged so far. */
  readonly files: number;
  /** Files that are to be merged. */
  readonly of: number;
}

/** What a compaction has done. */
export interface CompactionSummary {
  /** Files that are no longer part of the table. */
  readonly filesRemoved: number;
  /** Files that hold their rows now. */
  readonly filesAdded: number;
  /** What the one and the other take in the store. */
  readonly bytesRemoved: number;
  /** See `bytesRemoved`. */
  readonly bytesAdded: number;
  /** Rows that are in other files now. */
  readonly rows: number;
}

/** What the columns of a merged file take in memory at most. */
const MAX_TABLE_BYTES = 64 * MIB;

/** As many rows as writers allow a part by default. */
const MAX_ROWS = 1_000_000;

/** A commit removes about this many files at most, so that a log entry stays small. */
const MAX_REMOVES = 1000;

/**
 * Merges small files of a table into larger ones, within each partition. The rows stay the same, in
 * the order of their windows, and so does everything the commit log says but which files there are
 * (Delta's `OPTIMIZE`). Only what is committed is touched, so the windows of its files are closed.
 *
 * Safe while writers run, other compactions among them, and when it is stopped at any point: a
 * merged file is put first and then takes the place of others in one commit. The files it replaces
 * stay in the store, for readers of earlier versions, until {@linkcode vacuumTable} deletes them;
 * readers that list the directory and ignore the log see their rows twice until then.
 *
 * One merged file at a time is in memory: at most a million rows, or as many as take 64 MiB there.
 * Encoding them takes some 400 MB for a moment.
 *
 * @throws {RangeError | TypeError} If an option is not what it must be.
 * @throws {UnsupportedTableError} If the table has columns of types that are not written here.
 * @throws {TableMismatchError} If a file has another type in a column than the table.
 * @throws {Error} If there is no table, or a file is not what the log says.
 *
 * @example
 * ```ts
 * import { compactTable, MemoryStore, streamToParquet } from "sluice";
 *
 * const store = new MemoryStore();
 * for (const page of ["/a", "/b"]) await streamToParquet([{ page, at: 0 }], { store });
 * const { filesRemoved, filesAdded } = await compactTable(store);
 * console.log(filesRemoved, filesAdded); // 2 1
 * ```
 */
export async function compactTable(
  store: Store,
  options: CompactTableOptions = {},
): Promise<CompactionSummary> {
  const compaction = new Compaction(store, options);
  while (!await compaction.run());
  return compaction.summary;
}

/** Files that were read. */
interface ReadFiles {
  readonly files: readonly PlacedFile[];
  /** What is in each; taken out when it is merged, so that memory has it once. */
  readonly tables: FileTable[];
}

class Compaction {
  readonly #store: Store;
  readonly #options: CompactTableOptions;
  readonly #limits: GroupLimits;
  readonly #compression: ParquetCompression;
  readonly #now: () => number;
  #summary: CompactionSummary = {
    filesRemoved: 0,
    filesAdded: 0,
    bytesRemoved: 0,
    bytesAdded: 0,
    rows: 0,
  };
  /** What the next commit does: the files are put already. */
  #adds: AddFile[] = [];
  #removes: RemoveFile[] = [];
  #rows = 0;

  constructor(store: Store, options: CompactTableOptions) {
    const { targetBytes = 32 * MIB, minFiles = 2, clock = Date } = options;
    this.#store = store;
    this.#options = options;
    this.#limits = {
      targetBytes: atLeast(targetBytes, "targetBytes", 1),
      minFiles: atLeast(minFiles, "minFiles", 2),
      maxRows: MAX_ROWS,
    };
    this.#compression = resolveParquetOptions(options).compression;
    this.#now = () => clock.now();
  }

  get summary(): CompactionSummary {
    return this.#summary;
  }

  /**
   * Merges what there is to merge in the newest version.
   *
   * @returns `false` if somebody else has removed one of the files meanwhile: then it has to be
   * looked at anew.
   */
  async run(): Promise<boolean> {
    const { signal } = this.#options;
    const log = await CommitLog.open(this.#store, { signal, now: this.#now });
    const snapshot = await readSnapshot(this.#store, { signal });
    if (snapshot === undefined) {
      throw new Error("Cannot compact a table: the store has no commit log");
    }
    assertPartition(this.#options.partition ?? {}, snapshot);
    try {
      await this.#mergeAll(snapshot, log);
      return true;
    } catch (error) {
      await this.#discard();
      if (error instanceof CommitConflictError) return false;
      throw error;
    }
  }

  async #mergeAll(snapshot: Snapshot, log: CommitLog): Promise<void> {
    const groups = await this.#plan(snapshot);
    const of = groups.reduce((sum, group) => sum + group.length, 0);
    let files = 0;
    for (const group of groups) {
      for await (const readable of this.#read(group)) await this.#merge(readable, snapshot);
      this.#options.onProgress?.({ files: files += group.length, of });
      if (this.#removes.length >= MAX_REMOVES) await this.#commit(snapshot, log);
    }
    await this.#commit(snapshot, log);
  }

  /** Finds what to merge. How many rows fit into memory is known once some were read. */
  async #plan(snapshot: Snapshot): Promise<PlacedFile[][]> {
    const partitions = placeFiles(snapshot, this.#options.partition ?? {});
    const sample = groupFiles(partitions, this.#limits).flat().reduce(
      (most: PlacedFile | undefined, file) => most && most.rows >= file.rows ? most : file,
      undefined,
    );
    if (sample === undefined) return [];
    const table = await this.#readFile(sample);
    const fitting = Math.floor(MAX_TABLE_BYTES * table.rows / Math.max(1, tableBytes(table)));
    const maxRows = Math.max(1, Math.min(fitting, MAX_ROWS));
    return groupFiles(partitions, { ...this.#limits, maxRows });
  }

  /** Reads files, and lets them out in parts, should their rows be larger than those of others. */
  async *#read(group: readonly PlacedFile[]): AsyncGenerator<ReadFiles, void> {
    let files: PlacedFile[] = [];
    let tables: FileTable[] = [];
    let bytes = 0;
    for (const placed of group) {
      const table = await this.#readFile(placed);
      const own = tableBytes(table);
      bytes += own;
      if (bytes > 2 * MAX_TABLE_BYTES) {
        yield { files, tables };
        files = [];
        tables = [];
        bytes = own;
      }
      files.push(placed);
      tables.push({ path: placed.file.path, table });
    }
    yield { files, tables };
  }

  async #readFile({ file, rows }: PlacedFile): Promise<Table> {
    const { signal } = this.#options;
    const table = await readDataFile(this.#store, file, { signal }).catch(async (error) => {
      // Somebody else may have removed it from the table, and a vacuum have deleted it since.
      const snapshot = await readSnapshot(this.#store, { signal });
      if (snapshot === undefined || snapshot.files.has(file.path)) throw error;
      throw new CommitConflictError(file.path, snapshot.version);
    });
    if (table.rows === rows) return table;
    throw new Error(
      `Cannot merge ${JSON.stringify(file.path)}, which has ${rows} rows in the log: ` +
        `current value is ${table.rows}`,
    );
  }

  /** Makes one file of several, and puts it. */
  async #merge({ files, tables }: ReadFiles, snapshot: Snapshot): Promise<void> {
    if (files.length < 2) return;
    const { path, partitionValues } = files[0]!.file;
    const table = mergeTables(tables.splice(0), snapshot);
    const { bytes, stats } = await encodeTable(table, { compression: this.#compression });
    const now = this.#now();
    this.#adds.push({
      path: await this.#putNew(bytes, {
        window: {
          start: Math.min(...files.map(({ place }) => place.window.start)),
          end: Math.max(...files.map(({ place }) => place.window.end)),
        },
        path: directoryOf(path),
        version: snapshot.version,
      }),
      partitionValues,
      size: bytes.length,
      modificationTime: now,
      dataChange: false,
      stats: formatStats(toFileStats(table.rows, stats)),
    });
    for (const { file } of files) {
      const { path, partitionValues, size } = file;
      this.#removes.push({
        path,
        partitionValues,
        size,
        deletionTimestamp: now,
        dataChange: false,
      });
    }
    this.#rows += table.rows;
  }

  /**
   * Puts a file under a name that was free. One that is taken, by a run that was stopped or one that
   * is under way, is not used even if it holds the same: the other may delete it.
   */
  async #putNew(bytes: Uint8Array, name: Omit<MergedName, "part">): Promise<string> {
    const { signal } = this.#options;
    for (let part = 0;; part++) {
      const key = mergedKey({ ...name, part });
      const put = () => this.#store.put(key, bytes, { ifAbsent: true, signal });
      if (await withRetries(put, signal)) return key;
    }
  }

  async #commit({ version }: Snapshot, log: CommitLog): Promise<void> {
    const { signal } = this.#options;
    const adds = this.#adds;
    const removes = this.#removes;
    if (removes.length === 0) return;
    // Should the commit fail, nobody knows whether it happened, and the files have to stay.
    this.#adds = [];
    try {
      const request = { operation: "OPTIMIZE", adds, removes };
      await log.commit(request, { readVersion: version, signal });
    } catch (error) {
      if (error instanceof CommitConflictError) this.#adds = adds;
      throw error;
    }
    this.#removes = [];
    const { filesRemoved, filesAdded, bytesRemoved, bytesAdded, rows } = this.#summary;
    this.#summary = {
      filesRemoved: filesRemoved + removes.length,
      filesAdded: filesAdded + adds.length,
      bytesRemoved: bytesRemoved + sumOfSizes(removes),
      bytesAdded: bytesAdded + sumOfSizes(adds),
      rows: rows + this.#rows,
    };
    this.#rows = 0;
    // The commit stands whether or not the log could be made faster to read; it is tried again.
    await log.compact({ signal }).catch(() => {});
  }

  /** Deletes the files that were put and will not be committed. A vacuum would, but later. */
  async #discard(): Promise<void> {
    for (const { path } of this.#adds) await this.#store.delete(path).catch(() => {});
    this.#adds = [];
    this.#removes = [];
    this.#rows = 0;
  }
}

function assertPartition(partition: PartitionValues, { metaData }: Snapshot): void {
  const isWrong = Object.entries(partition).some(([name, value]) =>
    !metaData.partitionColumns.includes(name) || (value !== null && typeof value !== "string")
  );
  if (!isWrong) return;
  throw new TypeError(
    `Cannot use option "partition": it must have strings or null for some of ` +
      `${JSON.stringify(metaData.partitionColumns)}: current value is ${JSON.stringify(partition)}`,
  );
}

function sumOfSizes(files: readonly { readonly size?: number }[]): number {
  return files.reduce((sum, { size = 0 }) => sum + size, 0);
}
