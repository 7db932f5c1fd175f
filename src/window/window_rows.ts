import type { ColumnBatch } from "../columns/column_batch.ts";
import type { Column } from "../columns/column.ts";
import { countRows } from "../columns/gather.ts";
import type { StringPool } from "../columns/string_pool.ts";
import type { RowRun } from "../columns/table.ts";
import { takeRows } from "../columns/take.ts";
import { emptySummary, summarise, type TypeSummary } from "../columns/type_summary.ts";
import type { Partition } from "../partition/partitioner.ts";
import type { Window } from "./tumbling.ts";

/** The rows of one partition in a window. */
export interface PartitionRows {
  readonly partition: Partition;
  readonly runs: readonly RowRun[];
  readonly rows: number;
}

/** Rows of one batch, all in one window. */
interface Chunk {
  readonly columns: ReadonlyMap<string, Column>;
  /** Which rows of the columns. */
  readonly rows: Uint32Array;
  /** For each of them, the index of its partition. */
  readonly partitions: Uint32Array;
  readonly bytes: number;
}

/** What a string in a pool takes besides its bytes: its offset, and its place in a map. */
const BYTES_PER_STRING = 64;

/**
 * What one open window holds: the accumulators of all its partitions. Batches are kept as they came
 * and each row is marked with its partition; rows are only moved when the window is closed.
 */
export class WindowRows {
  readonly window: Window;
  #chunks: Chunk[] = [];
  #rows = 0;
  #chunkBytes = 0;
  #rowsAdded = 0;
  #sourceBytes = 0;
  readonly #pools: Set<StringPool> = new Set();
  readonly #partitions: Partition[] = [];
  readonly #indexOfPath: Map<string, number> = new Map();
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

  /** Adds rows of a batch; `partitionAt(i)` is the partition of the i-th of them. */
  add(batch: ColumnBatch, rows: Uint32Array, partitionAt: (i: number) => Partition): void {
    const partitions = new Uint32Array(rows.length);
    for (let i = 0; i < rows.length; i++) partitions[i] = this.#indexOf(partitionAt(i));
    const kept = keepRows(batch.columns, batch.rows, rows);
    for (const [name, column] of kept.columns) {
      let summary = this.#seen.get(name);
      if (summary === undefined) this.#seen.set(name, summary = emptySummary());
      summarise(summary, column, kept.rows);
    }
    this.#rowsAdded += rows.length;
    this.#sourceBytes += rows.length * (batch.end - batch.start) / batch.rows;
    this.#push({ ...kept, partitions });
  }

  /** The rows of each partition, in order of first appearance; rows in order of arrival. */
  *partitions(): Iterable<PartitionRows> {
    const runs: RowRun[][] = this.#partitions.map(() => []);
    for (const chunk of this.#chunks) {
      for (const [partition, rows] of groupRows(chunk, this.#partitions.length)) {
        runs[partition]!.push({ columns: chunk.columns, rows });
      }
    }
    for (const [i, partition] of this.#partitions.entries()) {
      const rows = countRows(runs[i]!);
      if (rows > 0) yield { partition, runs: runs[i]!, rows };
    }
  }

  /** Takes out the largest accumulators, until at most half of the rows are left. */
  takeLargest(): PartitionRows[] {
    const bySize = [...this.partitions()].sort((a, b) => b.rows - a.rows);
    const taken: PartitionRows[] = [];
    const takenIndexes = new Set<number>();
    for (let left = this.#rows; left > this.#rows / 2;) {
      const largest = bySize[taken.length]!;
      taken.push(largest);
      takenIndexes.add(this.#indexOfPath.get(largest.partition.path)!);
      left -= largest.rows;
    }
    this.#keep((partition) => !takenIndexes.has(partition));
    return taken;
  }

  #indexOf(partition: Partition): number {
    let index = this.#indexOfPath.get(partition.path);
    if (index === undefined) {
      this.#indexOfPath.set(partition.path, index = this.#partitions.length);
      this.#partitions.push(partition);
    }
    return index;
  }

  #keep(isKept: (partition: number) => boolean): void {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#rows = 0;
    this.#chunkBytes = 0;
    this.#pools.clear();
    for (const { columns, rows, partitions } of chunks) {
      const left = rows.filter((_, i) => isKept(partitions[i]!));
      if (left.length === 0) continue;
      const kept = keepRows(columns, columnLength(columns), left);
      this.#push({ ...kept, partitions: partitions.filter(isKept) });
    }
  }

  #push(chunk: Omit<Chunk, "bytes">): void {
    let bytes = chunk.rows.byteLength + chunk.partitions.byteLength;
    for (const column of chunk.columns.values()) {
      bytes += column.byteSize(column.kinds.length);
      for (const pool of poolsOf(column)) {
        if (pool.interned) this.#pools.add(pool);
        else bytes += pool.byteLength + pool.length * 4;
      }
    }
    this.#chunks.push({ ...chunk, bytes });
    this.#rows += chunk.rows.length;
    this.#chunkBytes += bytes;
  }
}

/** Keeps rows as a view of their batch where they are most of it, and as a copy where they are few. */
function keepRows(
  columns: ReadonlyMap<string, Column>,
  length: number,
  rows: Uint32Array,
): { columns: ReadonlyMap<string, Column>; rows: Uint32Array } {
  if (rows.length * 2 >= length) return { columns, rows };
  const taken = new Map<string, Column>();
  for (const [name, column] of columns) taken.set(name, takeRows(column, rows));
  return { columns: taken, rows: Uint32Array.from(rows.keys()) };
}

function columnLength(columns: ReadonlyMap<string, Column>): number {
  for (const column of columns.values()) return column.kinds.length;
  return 0;
}

/** The rows of each partition, in their order, for partitions that have any. */
function groupRows(
  { rows, partitions }: Chunk,
  count: number,
): [partition: number, rows: Uint32Array][] {
  const ends = new Uint32Array(count);
  for (const partition of partitions) ends[partition]!++;
  let end = 0;
  for (let i = 0; i < count; i++) end = ends[i] = ends[i]! + end;
  const starts = new Uint32Array(count);
  starts.set(ends.subarray(0, count - 1), 1);
  const sorted = new Uint32Array(rows.length);
  const next = starts.slice();
  for (let i = 0; i < rows.length; i++) sorted[next[partitions[i]!]!++] = rows[i]!;
  const found: [number, Uint32Array][] = [];
  for (let i = 0; i < count; i++) {
    if (ends[i]! > starts[i]!) found.push([i, sorted.subarray(starts[i]!, ends[i]!)]);
  }
  return found;
}

function* poolsOf(column: Column): Iterable<StringPool> {
  if (column.pool !== undefined) yield column.pool;
  for (const field of column.fields.values()) yield* poolsOf(field);
  if (column.items !== undefined) yield* poolsOf(column.items);
}
