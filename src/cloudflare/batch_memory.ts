import type { SqlStorageLike } from "./runtime.ts";
import type { ShardAnswer } from "./shard_answer.ts";

/** A batch that a shard has taken in. */
export interface RememberedBatch {
  /** What tells the batch's events from those of another. */
  readonly digest: string;
  readonly answer: ShardAnswer;
}

/** The batches that a shard has taken in, with what was answered: so a repeated one is not taken again. */
export class BatchMemory {
  readonly #sql: SqlStorageLike;

  constructor(sql: SqlStorageLike) {
    this.#sql = sql;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS sluice_batches (id TEXT PRIMARY KEY, arrived INTEGER NOT NULL, " +
        "digest TEXT NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID",
    );
    sql.exec("CREATE INDEX IF NOT EXISTS sluice_batches_by_time ON sluice_batches (arrived)");
  }

  find(id: string): RememberedBatch | undefined {
    const [row] = this.#sql
      .exec("SELECT digest, answer FROM sluice_batches WHERE id = ?", id).toArray();
    if (row === undefined) return undefined;
    return {
      digest: row["digest"] as string,
      answer: JSON.parse(row["answer"] as string) as ShardAnswer,
    };
  }

  remember(id: string, batch: RememberedBatch, arrivedMs: number): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO sluice_batches (id, arrived, digest, answer) VALUES (?, ?, ?, ?)",
      id,
      arrivedMs,
      batch.digest,
      JSON.stringify(batch.answer),
    );
  }

  /** Forgets what arrived before a time, in milliseconds since the epoch. */
  forgetBefore(arrivedMs: number): void {
    this.#sql.exec("DELETE FROM sluice_batches WHERE arrived < ?", arrivedMs);
  }

  get size(): number {
    return this.#sql.exec("SELECT count(*) AS size FROM sluice_batches")
      .toArray()[0]!["size"] as number;
  }
}
