import type { ColumnBatch } from "../columns/column_batch.ts";
import type { HeldRows, LocalRows, RowHolder } from "../columns/held_rows.ts";
import type { DeadLetter } from "../decode/dead_letter.ts";
import { MAX_NAME_BYTES } from "../partition/hive.ts";
import type { PartitionColumn } from "../partition/partition_column.ts";
import type { Partition } from "../partition/partitioner.ts";
import { type AssignmentRules, assignRows, type RefusedRow } from "./assign_rows.ts";
import type { SourcePosition, WindowingOptions } from "./windowed_partitions.ts";

/** The rows of a batch that are in one window, sorted by partition. */
export interface WindowOfBatch<R extends HeldRows = HeldRows> {
  /** Start of the window, in milliseconds since the epoch. */
  readonly start: number;
  /**
   * The numbers of its rows in the batch, in order. Workers tell them only where events of closed
   * windows become dead letters.
   */
  readonly rows: Uint32Array;
  /** The partitions that have any of them, in order of first appearance. */
  readonly partitions: readonly Partition[];
  /** Where the rows of each one end among those that are held. */
  readonly ends: Uint32Array;
  readonly held: R;
}

/** A batch whose rows are held. */
export interface HeldBatch<R extends HeldRows = HeldRows> extends
  Pick<
    ColumnBatch,
    "accepted" | "start" | "end" | "firstLine" | "nextLine" | "isQuiet" | "line" | "release"
  > {
  readonly windows: readonly WindowOfBatch<R>[];
  /** Lines that are no events, and events that no window may take. */
  readonly deadLetters: readonly DeadLetter[];
  /** The greatest time among the others, in microseconds since the epoch, or -Infinity. */
  readonly maxTime: number;
}

/** What decides on the rows of batches in a source of which so much was read before. */
export function rulesFrom(
  { window, maxFutureSkewMs, now }: WindowingOptions,
  { readThrough, closedThrough }: Pick<SourcePosition, "readThrough" | "closedThrough">,
): (batch: Pick<ColumnBatch, "end">) => AssignmentRules {
  return ({ end }) => ({
    windows: window,
    latest: maxFutureSkewMs === undefined ? Infinity : (now() + maxFutureSkewMs) * 1000,
    // Time tells, and not the window, which may have had another length in that run.
    earliest: end <= readThrough ? closedThrough * 1000 : -Infinity,
  });
}

/** What becomes of a batch before it is known which windows are open. */
export interface HoldOptions {
  readonly partitionBy: readonly PartitionColumn[];
  readonly rules: AssignmentRules;
  readonly holder: RowHolder;
}

/** Finds the window and the partition of each row of a batch, and holds them by these. */
export function holdBatch(
  batch: ColumnBatch,
  { partitionBy, rules, holder }: HoldOptions,
): HeldBatch<LocalRows> {
  const loaded = holder.load(batch.columns, batch.rows);
  const assigned = assignRows(batch, loaded, { partitionBy, rules });
  const windows = assigned.windows.map(({ start, partitions, rows, ends }) => {
    const held = loaded.hold(rows);
    let inOrder: Uint32Array | undefined;
    return {
      start,
      partitions,
      ends,
      held,
      get rows() {
        return inOrder ??= rows.slice().sort();
      },
    };
  });
  const { accepted, start, end, firstLine, nextLine, isQuiet } = batch;
  return {
    accepted,
    start,
    end,
    firstLine,
    nextLine,
    isQuiet,
    line: (row) => batch.line(row),
    windows,
    deadLetters: [
      ...batch.deadLetters,
      ...assigned.refused.map(({ row, reason }) => deadLetterOfRow(batch, row, reason)),
    ],
    maxTime: assigned.maxTime,
  };
}

type RefusalReason = RefusedRow["reason"] | "late";

const WHY_REFUSED: Readonly<Record<RefusalReason, string>> = {
  "future-time": "the event is further ahead of the clock than maxFutureSkew",
  "partition-value-too-long":
    `a partition value makes a directory name longer than ${MAX_NAME_BYTES} bytes`,
  "late": "the window of the event was closed already",
};

/** The dead letter of an event that no window takes. */
export function deadLetterOfRow(
  batch: Pick<ColumnBatch, "line">,
  row: number,
  reason: RefusalReason,
): DeadLetter {
  return { reason, message: WHY_REFUSED[reason], ...batch.line(row) };
}
