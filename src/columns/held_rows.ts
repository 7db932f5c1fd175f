import type { Column } from "./column.ts";
import type { Grouping, RowGroups } from "./row_groups.ts";
import type { Columns } from "./take.ts";
import type { TypeSummary } from "./type_summary.ts";

/** Rows of one batch that are held until their window is closed. Immutable. */
export interface HeldRows {
  readonly rows: number;
  /** How many of them are still needed. */
  readonly rowsLeft: number;
  /** About how much memory they take, but for pools that others share. */
  readonly bytes: number;
  /** About what those take, and where they are: at 0 or in a worker. */
  readonly poolBytes: number;
  readonly place: number;
  /** Which kinds of values their fields have; mostly the same as those of the batch before. */
  readonly seen: ReadonlyMap<string, TypeSummary>;
  /** A copy of some of them, in the order given. */
  take(rows: Uint32Array): HeldRows;
  /** Says that as many of them are not needed any more; once none is, their memory is given free. */
  release(rows: number): void;
}

/** Rows whose columns are at hand here. */
export interface LocalRows extends HeldRows {
  /** A field, if any of the rows may have it. */
  column(name: string): Column | undefined;
  /** All fields. */
  readonly columns: Columns;
  take(rows: Uint32Array): LocalRows;
}

/** A stretch of held rows. */
export interface RowRun<R = LocalRows> {
  readonly held: R;
  readonly start: number;
  readonly end: number;
}

/** How many rows runs have together. */
export function countRows(runs: readonly Pick<RowRun, "start" | "end">[]): number {
  let rows = 0;
  for (const { start, end } of runs) rows += end - start;
  return rows;
}

/** What holds rows. */
export interface RowHolder {
  /** A kernel that decodes too: columns that are in its memory need not be copied. */
  readonly kernel?: { readonly memory: WebAssembly.Memory };
  /** Takes up the columns of a batch, of which rows are held then, before the next one. */
  load(columns: Columns, rows: number): LoadedBatch;
}

/** A batch of which rows are to be held. */
export interface LoadedBatch {
  /** Groups all of them. */
  group(grouping: Grouping): RowGroups;
  /** Holds some, in the order given. */
  hold(rows: Uint32Array): LocalRows;
}
