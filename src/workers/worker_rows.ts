import type { HeldRows } from "../columns/held_rows.ts";
import type { TypeSummary } from "../columns/type_summary.ts";
import type { NumberedRows } from "./messages.ts";
import type { WorkerPool } from "./worker_pool.ts";

/** What is known of rows that a worker holds. */
type RowFacts = Pick<HeldRows, "rows" | "bytes" | "poolBytes" | "seen">;

/** Rows that a worker holds. */
export class WorkerRows implements HeldRows, NumberedRows {
  readonly number: number;
  readonly worker: number;
  readonly rows: number;
  readonly bytes: number;
  readonly poolBytes: number;
  rowsLeft: number;
  readonly #pool: WorkerPool;
  readonly seen: ReadonlyMap<string, TypeSummary>;

  constructor(
    pool: WorkerPool,
    { worker, number }: { readonly worker: number; readonly number: number },
    { rows, bytes, poolBytes, seen }: RowFacts,
  ) {
    this.#pool = pool;
    this.number = number;
    this.worker = worker;
    this.rows = this.rowsLeft = rows;
    this.bytes = bytes;
    this.poolBytes = poolBytes;
    this.seen = seen;
  }

  get place(): number {
    return this.worker;
  }

  take(rows: Uint32Array): HeldRows {
    const { number: from, worker, poolBytes } = this;
    const number = this.#pool.newNumbers(1);
    // A copy, since whatever shares their buffer would be sent with them.
    this.#pool.tell({ type: "take", from, rows: rows.slice(), number }, worker);
    const bytes = Math.ceil(this.bytes * rows.length / this.rows);
    const held = { rows: rows.length, bytes, poolBytes, seen: this.seen };
    return new WorkerRows(this.#pool, { worker, number }, held);
  }

  release(rows: number): void {
    const { number, worker } = this;
    this.#pool.tell({ type: "release", number, rows }, worker);
  }
}
