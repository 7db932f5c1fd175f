import type { ColumnBatch } from "../columns/column_batch.ts";
import type { LoadedBatch } from "../columns/held_rows.ts";
import { NOWHERE, type RowGroups } from "../columns/row_groups.ts";
import type { DeadLetterReason } from "../decode/dead_letter.ts";
import type { PartitionColumn } from "../partition/partition_column.ts";
import { HOURS, type Partition, Partitioner } from "../partition/partitioner.ts";
import { type TumblingWindows, type Window, windowStart } from "./tumbling.ts";

/** What decides on the rows of a batch besides their times; times are in microseconds. */
export interface AssignmentRules {
  readonly windows: TumblingWindows;
  /** The window of all rows, where it is not for their times to say. */
  readonly window?: Window | undefined;
  /** Rows before this time are passed over. */
  readonly earliest?: number;
  /** Rows after this time are refused. */
  readonly latest?: number;
}

/** A row that no window takes. */
export interface RefusedRow {
  readonly row: number;
  readonly reason: Extract<DeadLetterReason, "future-time" | "partition-value-too-long">;
}

/** The rows of a batch that are in one window. */
export interface AssignedWindow {
  /** Start of the window, in milliseconds since the epoch. */
  readonly start: number;
  /** The partitions that have any of them, in order of first appearance. */
  readonly partitions: readonly Partition[];
  /** The rows of each partition in turn, and where those of each one end. */
  readonly rows: Uint32Array;
  readonly ends: Uint32Array;
}

/** What becomes of the rows of a batch. */
export interface AssignedRows {
  /** In order of first appearance. */
  readonly windows: readonly AssignedWindow[];
  readonly refused: readonly RefusedRow[];
  /** The greatest time among rows that were not refused, or -Infinity. */
  readonly maxTime: number;
}

/**
 * Finds the window and the partition of each row of a batch. Rows are grouped first by what decides on
 * that, so that it is found once for each group.
 */
export function assignRows(
  { times, columns }: Pick<ColumnBatch, "times" | "columns">,
  loaded: LoadedBatch,
  { partitionBy, rules }: {
    readonly partitionBy: readonly PartitionColumn[];
    readonly rules: AssignmentRules;
  },
): AssignedRows {
  const { windows, window, earliest = -Infinity, latest = Infinity } = rules;
  const groups = loaded.group({
    times,
    earliest,
    latest,
    stretches: [
      ...(window === undefined ? [windows] : []),
      ...(partitionBy.some((column) => typeof column !== "string") ? [HOURS] : []),
    ],
    fields: partitionBy.filter((column) => typeof column === "string"),
  });
  const partitioner = new Partitioner({ times, columns }, partitionBy);
  const found = new Map<number, FoundWindow>();
  const refusals: Refusal[] = [];
  let maxTime = -Infinity;
  for (const [group, row] of groups.firstRows.entries()) {
    const time = times[row]!;
    const partition = time > latest ? undefined : partitioner.partitionOf(row);
    if (partition === undefined) {
      refusals.push({ group, reason: time > latest ? "future-time" : "partition-value-too-long" });
      continue;
    }
    maxTime = Math.max(maxTime, groups.maxTimes[group]!);
    if (time < earliest) continue;
    const start = window?.start ?? windowStart(windows, Math.floor(time / 1000));
    let own = found.get(start);
    if (own === undefined) found.set(start, own = new FoundWindow(start));
    own.add(group, partition);
  }
  return { ...sortRows(groups, [...found.values()], refusals), maxTime };
}

interface Refusal {
  readonly group: number;
  readonly reason: RefusedRow["reason"];
}

/** Groups of rows that are in one window, by partition. */
class FoundWindow {
  readonly start: number;
  readonly partitions: Map<string, { readonly partition: Partition; readonly groups: number[] }> =
    new Map();

  constructor(start: number) {
    this.start = start;
  }

  add(group: number, partition: Partition): void {
    const known = this.partitions.get(partition.path);
    if (known === undefined) this.partitions.set(partition.path, { partition, groups: [group] });
    else known.groups.push(group);
  }
}

/** Sorts rows by window and partition; those that are refused come last. */
function sortRows(
  groups: RowGroups,
  found: readonly FoundWindow[],
  refusals: readonly Refusal[],
): Pick<AssignedRows, "windows" | "refused"> {
  const places = new Uint32Array(groups.firstRows.length).fill(NOWHERE);
  let count = 0;
  for (const { partitions } of found) {
    for (const own of partitions.values()) {
      for (const group of own.groups) places[group] = count;
      count++;
    }
  }
  const taken = count;
  for (const { group } of refusals) places[group] = count++;
  const { rows, ends } = groups.sort(places, count);
  const beginOf = (place: number) => ends[place - 1] ?? 0;
  let place = 0;
  const windows = found.map(({ start, partitions }) => {
    const first = place;
    place += partitions.size;
    const begin = beginOf(first);
    return {
      start,
      partitions: Array.from(partitions.values(), ({ partition }) => partition),
      rows: rows.subarray(begin, beginOf(place)),
      ends: ends.subarray(first, place).map((end) => end - begin),
    };
  });
  const refused = refusals.flatMap(({ reason }, i) =>
    Array.from(
      rows.subarray(beginOf(taken + i), ends[taken + i]),
      (row): RefusedRow => ({ row, reason }),
    )
  );
  return { windows, refused: refused.sort((a, b) => a.row - b.row) };
}
