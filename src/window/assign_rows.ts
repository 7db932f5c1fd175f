import type { DeadLetterReason } from "../decode/dead_letter.ts";
import type { PartitionedRows } from "../partition/partitioner.ts";
import { groupRows } from "./group_rows.ts";
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

/** What becomes of the rows of a batch. */
export interface AssignedRows {
  /** The start of each window that has any, in milliseconds, in order of first appearance. */
  readonly starts: readonly number[];
  /** The rows that are in windows. */
  readonly rows: Uint32Array;
  /** For each of them, the index of its window. */
  readonly windows: Uint32Array;
  readonly refused: readonly RefusedRow[];
  /** The greatest time among rows that were not refused, or -Infinity. */
  readonly maxTime: number;
}

/** Finds the window of each row by its time. */
export function assignRows(
  times: Float64Array,
  { partitions, indexes }: PartitionedRows,
  rules: AssignmentRules,
): AssignedRows {
  const { earliest = -Infinity, latest = Infinity } = rules;
  const rows = new Uint32Array(times.length);
  const windows = new Uint32Array(times.length);
  const refused: RefusedRow[] = [];
  const indexOfStart = new Map<number, number>();
  let taken = 0;
  let maxTime = -Infinity;
  // The window of the row before, which is mostly that of the next one too.
  let start = Infinity;
  let end = -Infinity;
  let index = 0;
  for (let row = 0; row < times.length; row++) {
    const time = times[row]!;
    if (time > latest) {
      refused.push({ row, reason: "future-time" });
      continue;
    }
    if (partitions[indexes[row]!] === undefined) {
      refused.push({ row, reason: "partition-value-too-long" });
      continue;
    }
    if (time > maxTime) maxTime = time;
    if (time < earliest) continue;
    const timeMs = Math.floor(time / 1000);
    if (timeMs < start || timeMs >= end) {
      start = rules.window?.start ?? windowStart(rules.windows, timeMs);
      end = start + rules.windows.lengthMs;
      index = indexOfStart.get(start) ?? indexOfStart.size;
      indexOfStart.set(start, index);
    }
    rows[taken] = row;
    windows[taken++] = index;
  }
  return {
    starts: [...indexOfStart.keys()],
    rows: rows.subarray(0, taken),
    windows: windows.subarray(0, taken),
    refused,
    maxTime,
  };
}

/** The rows of each window, with its start. */
export function rowsByWindow(
  { starts, rows, windows }: AssignedRows,
): readonly (readonly [start: number, rows: Uint32Array])[] {
  if (starts.length === 1) return [[starts[0]!, rows]];
  const { rows: sorted, ends } = groupRows(rows, windows, starts.length);
  return starts.map((start, i) => [start, sorted.subarray(ends[i - 1] ?? 0, ends[i])]);
}
