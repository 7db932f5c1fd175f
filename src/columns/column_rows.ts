import type { Column } from "./column.ts";
import type { LoadedBatch, LocalRows, RowHolder } from "./held_rows.ts";
import { groupColumns } from "./row_groups.ts";
import type { StringPool } from "./string_pool.ts";
import { type Columns, takeColumns } from "./take.ts";
import { summarise, summaryOf, type TypeSummary } from "./type_summary.ts";

/** Holds rows as columns of their own. */
export class ColumnHolder implements RowHolder {
  load(columns: Columns, rows: number): LoadedBatch {
    const bytes = bytesOf(columns, rows) / rows;
    return {
      group: (grouping) => groupColumns(columns, grouping),
      hold: (taken) => new ColumnRows(takeColumns(columns, taken), taken.length, bytes),
    };
  }
}

/** Rows as columns. */
export class ColumnRows implements LocalRows {
  readonly columns: Columns;
  readonly rows: number;
  readonly place: number = 0;
  rowsLeft: number;
  readonly #bytesPerRow: number;

  constructor(columns: Columns, rows: number, bytesPerRow: number) {
    this.columns = columns;
    this.rows = this.rowsLeft = rows;
    this.#bytesPerRow = bytesPerRow;
  }

  get bytes(): number {
    return Math.ceil(this.rows * this.#bytesPerRow);
  }

  get poolBytes(): number {
    let bytes = 0;
    for (const pool of sharedPools(this.columns)) {
      bytes += pool.byteLength + pool.length * BYTES_PER_STRING;
    }
    return bytes;
  }

  column(name: string): Column | undefined {
    return this.columns.get(name);
  }

  get seen(): ReadonlyMap<string, TypeSummary> {
    const seen = new Map<string, TypeSummary>();
    for (const [name, column] of this.columns) summarise(summaryOf(seen, name), column);
    return seen;
  }

  take(rows: Uint32Array): LocalRows {
    return new ColumnRows(takeColumns(this.columns, rows), rows.length, this.#bytesPerRow);
  }

  release(rows: number): void {
    this.rowsLeft -= rows;
  }
}

/** What the columns of a batch take, but for pools that others share. */
export function bytesOf(columns: Columns, rows: number): number {
  let bytes = 0;
  for (const column of columns.values()) bytes += column.byteSize(rows);
  eachPool(columns, (pool) => {
    if (!pool.interned) bytes += pool.byteLength + pool.length * 4;
  });
  return bytes;
}

/** The pools of columns that other batches use too. */
export function sharedPools(columns: Columns): Set<StringPool> {
  const pools = new Set<StringPool>();
  eachPool(columns, (pool) => {
    if (pool.interned) pools.add(pool);
  });
  return pools;
}

/** What a string in a pool takes besides its bytes: its offset, and its place in a map. */
const BYTES_PER_STRING = 64;

function eachPool(columns: Columns, visit: (pool: StringPool) => void): void {
  for (const { pool, fields, items } of columns.values()) {
    if (pool !== undefined) visit(pool);
    if (fields.size > 0) eachPool(fields, visit);
    if (items !== undefined) eachPool(new Map([["", items]]), visit);
  }
}
