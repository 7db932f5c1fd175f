import { countRows, type HeldRows, type RowRun } from "../columns/held_rows.ts";
import { mergeSummary, summaryOf, type TypeSummary } from "../columns/type_summary.ts";
import type { Partition } from "../partition/partitioner.ts";
import type { WindowOfBatch } from "./hold_batch.ts";
import type { Window } from "./tumbling.ts";

/** The rows of one partition in a window. */
export interface PartitionRows {
  readonly partition: Partition;
  readonly runs: readonly RowRun<HeldRows>[];
  readonly rows: number;
}

/** Rows of one batch: those of each partition follow each other. */
interface Chunk {
  readonly held: HeldRows;
  /** The indexes of partitions that have any of the rows, and where the rows of each one end. */
  readonly partitions: Uint32Array;
  readonly ends: Uint32Array;
}

/**
 * What one open window holds: the accumulators of all its partitions. The rows of a batch are sorted
 * by partition as they come, so what becomes a file when the window is closed is a stretch of each of
 * its batches.
 */
export class WindowRows {
  readonly window: Window;
  #chunks: Chunk[] = [];
  #rows = 0;
  #heldBytes = 0;
  #rowsAdded = 0;
  #sourceBytes = 0;
  /** The most that pools took which others share, by place. */
  readonly #pools: Map<number, number> = new Map();
  readonly #partitions: DistinctPartitions = new Map();
  readonly #seen: Map<string, TypeSummary> = new Map();
  /** What was last added to it. */
  #lastSeen: HeldRows["seen"] | undefined;

  constructor(window: Window) {
    this.window = window;
  }

  /** How many rows there are. */
  get rows(): number {
    return this.#rows;
  }

  /** About how much memory they take. */
  get bytes(): number {
    let bytes = this.#heldBytes;
    for (const size of this.#pools.values()) bytes += size;
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

  /** Adds rows of a batch, which have `sourceBytes` in the source. */
  add({ partitions, ends, held }: Omit<WindowOfBatch, "rows">, sourceBytes: number): void {
    const { seen } = held;
    if (seen !== this.#lastSeen) {
      for (const [name, summary] of seen) mergeSummary(summaryOf(this.#seen, name), summary);
    }
    this.#lastSeen = seen;
    this.#rowsAdded += held.rows;
    this.#sourceBytes += sourceBytes;
    const indexes = partitions.map((partition) => indexOf(partition, this.#partitions));
    this.#push({ held, partitions: Uint32Array.from(indexes), ends });
  }

  /** The rows of each partition, in order of first appearance; rows in order of arrival. */
  partitions(): PartitionRows[] {
    const runs: RowRun<HeldRows>[][] = Array.from(this.#partitions, () => []);
    for (const { held, partitions, ends } of this.#chunks) {
      for (const [i, partition] of partitions.entries()) {
        runs[partition]!.push({ held, start: ends[i - 1] ?? 0, end: ends[i]! });
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
    this.#heldBytes = 0;
    this.#pools.clear();
    for (const chunk of chunks) {
      const { rows, ...kept } = stretchesOf(chunk, isKept);
      if (rows.length === 0) continue;
      this.#push({ ...kept, held: chunk.held.take(rows) });
      chunk.held.release(rows.length);
    }
  }

  #push(chunk: Chunk): void {
    const { held } = chunk;
    this.#chunks.push(chunk);
    this.#rows += held.rows;
    this.#heldBytes += held.bytes;
    const { place, poolBytes } = held;
    this.#pools.set(place, Math.max(this.#pools.get(place) ?? 0, poolBytes));
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
