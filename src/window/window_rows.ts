import type { ColumnBatch } from "../columns/column_batch.ts";
import type { Column } from "../columns/column.ts";
import type { StringPool } from "../columns/string_pool.ts";
import { countRows, type RowRun, takeColumns } from "../columns/take.ts";
import { emptySummary, summarise, type TypeSummary } from "../columns/type_summary.ts";
import type { Partition, PartitionedRows } from "../partition/partitioner.ts";
import { groupRows } from "./group_rows.ts";
import type { Window } from "./tumbling.ts";

/** The rows of one partition in a window. */
export interface PartitionRows {
  readonly partition: Partition;
  readonly runs: readonly RowRun[];
  readonly rows: number;
}

/** Rows of one batch, all in one window: those of each partition follow each other. */
interface Chunk {
  readonly columns: ReadonlyMap<string, Column>;
  /** The indexes of partitions that have any of the rows, and where the rows of each one end. */
  readonly partitions: Uint32Array;
  readonly ends: Uint32Array;
  readonly bytes: number;
}

/** What a string in a pool takes besides its bytes: its offset, and its place in a map. */
const BYTES_PER_STRING = 64;

/**
 * What one open window holds: the accumulators of all its partitions. The rows of a batch are sorted
 * by partition as they come, and copied out of it, while they are still near; so what becomes a file
 * when the window is closed is a stretch of each of its batches.
 */
export class WindowRows {
  readonly window: Window;
  #chunks: Chunk[] = [];
  #rows = 0;
  #chunkBytes = 0;
  #rowsAdded = 0;
  #sourceBytes = 0;
  readonly #pools: Set<StringPool> = new Set();
  readonly #partitions: DistinctPartitions = new Map();
  readonly #seen: Map<string, TypeSummary> = new Map();

  constructor(window: Window) {
    this.window = window;
  }

  /** How many rows there are. */
  get rows(): number {
    return this.#rows;
  }

  /** About how much memory they take. */
  get bytes(): number {
    let bytes = this.#chunkBytes;
    for (const pool of this.#pools) bytes += pool.byteLength + pool.length * BYTES_PER_STRING;
    return bytes;
  }

  /** About how long an event is in the source, in bytes: the mean of all the window ever held. */
  get meanSourceBytes(): number {
    return this.#sourceBytes / this.#rowsAdded;
  }

  /** Which kinds of values each field had, over all rows the window ever held. */
  get seen(): ReadonlyMap<string, TypeSummary> {
    return this.#seen;
  }

  /** Adds rows of a batch. */
  add(batch: ColumnBatch, rows: Uint32Array, partitioned: PartitionedRows): void {
    const groups = partitionsOf(rows, partitioned);
    const partitions = groups.found.map((partition) => indexOf(partition, this.#partitions));
    const { rows: sorted, ends } = groupRows(rows, groups.indexes, partitions.length);
    const columns = takeColumns(batch.columns, sorted);
    addSeen(this.#seen, columns);
    this.#rowsAdded += rows.length;
    this.#sourceBytes += rows.length * (batch.end - batch.start) / batch.rows;
    this.#push({ columns, partitions: Uint32Array.from(partitions), ends });
  }

  /** The rows of each partition, in order of first appearance; rows in order of arrival. */
  partitions(): PartitionRows[] {
    const runs: RowRun[][] = Array.from(this.#partitions, () => []);
    for (const { columns, partitions, ends } of this.#chunks) {
      for (const [i, partition] of partitions.entries()) {
        runs[partition]!.push({ columns, start: ends[i - 1] ?? 0, end: ends[i]! });
      }
    }
    return Array.from(
      this.#partitions.values(),
      ({ partition, index }) => ({ partition, runs: runs[index]!, rows: countRows(runs[index]!) }),
    ).filter(({ rows }) => rows > 0);
  }

  /** Takes out the largest accumulators, until at most half of the rows are left. */
  takeLargest(): PartitionRows[] {
    const bySize = this.partitions().sort((a, b) => b.rows - a.rows);
    const taken: PartitionRows[] = [];
    const takenIndexes = new Set<number>();
    for (let left = this.#rows; left > this.#rows / 2;) {
      const largest = bySize[taken.length]!;
      taken.push(largest);
      takenIndexes.add(indexOf(largest.partition, this.#partitions));
      left -= largest.rows;
    }
    this.#keep((partition) => !takenIndexes.has(partition));
    return taken;
  }

  #keep(isKept: (partition: number) => boolean): void {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#rows = 0;
    this.#chunkBytes = 0;
    this.#pools.clear();
    for (const chunk of chunks) {
      const { rows, ...kept } = stretchesOf(chunk, isKept);
      if (rows.length > 0) this.#push({ ...kept, columns: takeColumns(chunk.columns, rows) });
    }
  }

  #push(chunk: Omit<Chunk, "bytes">): void {
    const { columns, partitions, ends } = chunk;
    const bytes = partitions.byteLength + ends.byteLength + bytesOf(columns, this.#pools);
    this.#chunks.push({ ...chunk, bytes });
    this.#rows += ends.at(-1)!;
    this.#chunkBytes += bytes;
  }
}

/** Partitions by their paths, numbered in order of first appearance. */
type DistinctPartitions = Map<string, { readonly partition: Partition; readonly index: number }>;

function indexOf(partition: Partition, distinct: DistinctPartitions): number {
  let found = distinct.get(partition.path);
  if (found === undefined) {
    distinct.set(partition.path, found = { partition, index: distinct.size });
  }
  return found.index;
}

// What is done for each row or column is in small functions, which are compiled soon, and once.

/** The partitions of some rows in order of first appearance, and for each row which one it is. */
function partitionsOf(
  rows: Uint32Array,
  { partitions, indexes }: PartitionedRows,
): { readonly found: readonly Partition[]; readonly indexes: Uint32Array } {
  const found: Partition[] = [];
  const own = new Uint32Array(rows.length);
  const places = new Int32Array(partitions.length).fill(-1);
  for (let i = 0; i < rows.length; i++) {
    const index = indexes[rows[i]!]!;
    if (places[index] === -1) places[index] = found.push(partitions[index]!) - 1;
    own[i] = places[index]!;
  }
  return { found, indexes: own };
}

/** Those stretches of a chunk that are kept, and the rows they are of. */
function stretchesOf(
  { partitions, ends }: Chunk,
  isKept: (partition: number) => boolean,
): Pick<Chunk, "partitions" | "ends"> & { readonly rows: Uint32Array } {
  const rows: number[] = [];
  const ownEnds: number[] = [];
  for (const [i, partition] of partitions.entries()) {
    if (!isKept(partition)) continue;
    for (let row = ends[i - 1] ?? 0; row < ends[i]!; row++) rows.push(row);
    ownEnds.push(rows.length);
  }
  return {
    rows: Uint32Array.from(rows),
    partitions: partitions.filter(isKept),
    ends: Uint32Array.from(ownEnds),
  };
}

/** Adds columns to the summaries of their fields. */
function addSeen(seen: Map<string, TypeSummary>, columns: ReadonlyMap<string, Column>): void {
  for (const [name, column] of columns) {
    let summary = seen.get(name);
    if (summary === undefined) seen.set(name, summary = emptySummary());
    summarise(summary, column);
  }
}

/** What columns take, but for pools that others share; those are added to `shared`. */
function bytesOf(columns: ReadonlyMap<string, Column>, shared: Set<StringPool>): number {
  let bytes = 0;
  for (const column of columns.values()) {
    bytes += column.byteSize(column.kinds.length) + poolBytes(column, shared);
  }
  return bytes;
}

function poolBytes({ pool, fields, items }: Column, shared: Set<StringPool>): number {
  let bytes = 0;
  if (pool?.interned) shared.add(pool);
  else if (pool !== undefined) bytes += pool.byteLength + pool.length * 4;
  for (const field of fields.values()) bytes += poolBytes(field, shared);
  if (items !== undefined) bytes += poolBytes(items, shared);
  return bytes;
}
