import { joinBytes } from "../join_bytes.ts";
import { JournalError, JournalFencedError, type JournalOperation } from "../journal/errors.ts";
import type { Change } from "../journal/change.ts";
import type {
  Journal,
  JournalContents,
  JournalOpenOptions,
  JournalRecord,
} from "../journal/journal.ts";
import { SegmentTable } from "../journal/segment_table.ts";
import type { SqlJournalStorageLike, SqlStorageLike } from "./runtime.ts";

/** A row holds at most 2 MiB. */
const MAX_PIECE_BYTES = 1 << 20;

/** For messages. */
const PATH = "in the storage of a Durable Object";

/** What a {@linkcode SqlJournal} takes. */
export interface SqlJournalOptions {
  /**
   * Called within the transaction of each append: what it writes to the same storage is kept
   * together with the records, or neither is.
   */
  readonly onAppend?: ((records: readonly JournalRecord[]) => void) | undefined;
}

/**
 * A {@linkcode Journal} in the SQLite storage of a Durable Object, in tables whose names begin with
 * `sluice_`. Each verb is one transaction.
 *
 * A verb resolves before its transaction is on disk, and that is safe there: nothing that a Durable
 * Object sends out, no response and no request, leaves it before what it wrote is durable.
 *
 * @example
 * ```ts
 * import { SqlJournal, type SqlJournalStorageLike } from "sluice/cloudflare";
 *
 * export class Journalled {
 *   readonly #journal: SqlJournal;
 *
 *   constructor(ctx: { readonly storage: SqlJournalStorageLike }) {
 *     this.#journal = new SqlJournal(ctx.storage);
 *   }
 * }
 * ```
 */
export class SqlJournal implements Journal {
  readonly #storage: SqlJournalStorageLike;
  readonly #options: SqlJournalOptions;
  #table = new SegmentTable();
  /** Tells this writer from one that opens the journal after it; `undefined` while it is closed. */
  #owner: string | undefined;
  #failure: { readonly cause: unknown } | undefined;

  /** @param storage The `ctx.storage` of an object whose class was made with SQLite storage. */
  constructor(storage: SqlJournalStorageLike, options: SqlJournalOptions = {}) {
    this.#storage = storage;
    this.#options = options;
  }

  // deno-lint-ignore require-await
  async open({ signal }: JournalOpenOptions = {}): Promise<JournalContents> {
    if (this.#owner !== undefined) {
      throw new TypeError("Cannot open a journal that is not closed: it is open");
    }
    signal?.throwIfAborted();
    const owner = crypto.randomUUID();
    try {
      this.#table = this.#storage.transactionSync(() => {
        const { sql } = this.#storage;
        createTables(sql);
        sql.exec("DELETE FROM sluice_owner");
        sql.exec("INSERT INTO sluice_owner (owner) VALUES (?)", owner);
        return readSegments(sql);
      });
    } catch (cause) {
      throw new JournalError("open", PATH, { cause });
    }
    this.#owner = owner;
    this.#failure = undefined;
    return { segments: this.#table.segments, warnings: [] };
  }

  // deno-lint-ignore require-await
  async append(records: readonly JournalRecord[]): Promise<void> {
    this.#assertWritable("append");
    const changes = this.#table.append(records);
    this.#write("append", changes, () => this.#options.onAppend?.(records));
  }

  // deno-lint-ignore require-await
  async seal(segments: readonly string[], number: number): Promise<void> {
    this.#assertWritable("seal");
    this.#write("seal", this.#table.seal(segments, number));
  }

  // deno-lint-ignore require-await
  async delete(segments: readonly string[]): Promise<void> {
    this.#assertWritable("delete");
    this.#write("delete", this.#table.delete(segments));
  }

  async *read(segment: string): AsyncGenerator<Uint8Array, void, void> {
    this.#assertOpen("read");
    const id = this.#table.idOf(segment, "read");
    const { sql } = this.#storage;
    const rows = sql.exec("SELECT id, more FROM sluice_records WHERE segment = ? ORDER BY id", id)
      .toArray();
    let pieces: Uint8Array[] = [];
    for (const row of rows) {
      const [found] = sql.exec("SELECT payload FROM sluice_records WHERE id = ?", row["id"]!)
        .toArray();
      if (found === undefined) return; // deleted meanwhile
      pieces.push(new Uint8Array(found["payload"] as ArrayBuffer));
      if (row["more"] !== 0) continue;
      yield pieces.length === 1 ? pieces[0]! : joinBytes(pieces);
      pieces = [];
    }
  }

  // deno-lint-ignore require-await
  async close(): Promise<void> {
    this.#owner = undefined;
  }

  #assertOpen(operation: JournalOperation): void {
    if (this.#owner !== undefined) return;
    throw new TypeError(`Cannot ${operation} while a journal is not open: it is closed`);
  }

  #assertWritable(operation: JournalOperation): void {
    this.#assertOpen(operation);
    if (this.#failure !== undefined) throw new JournalError(operation, PATH, this.#failure);
    const [row] = this.#storage.sql.exec("SELECT owner FROM sluice_owner").toArray();
    if (row?.["owner"] !== this.#owner) throw new JournalFencedError(operation, PATH);
  }

  #write(operation: JournalOperation, changes: readonly Change[], also?: () => void): void {
    if (changes.length === 0) return;
    try {
      this.#storage.transactionSync(() => {
        for (const change of changes) writeChange(this.#storage.sql, change);
        also?.();
      });
    } catch (cause) {
      this.#failure = { cause };
      throw new JournalError(operation, PATH, { cause });
    }
  }
}

/** How many segments a journal in this storage has, whether or not it is open. */
export function countSegments(sql: SqlStorageLike): number {
  createTables(sql);
  const [row] = sql.exec("SELECT count(*) AS segments FROM sluice_segments").toArray();
  return row!["segments"] as number;
}

function createTables(sql: SqlStorageLike): void {
  sql.exec("CREATE TABLE IF NOT EXISTS sluice_owner (owner TEXT NOT NULL)");
  // Names are bytes: they may hold a NUL, where text would end.
  sql.exec(
    "CREATE TABLE IF NOT EXISTS sluice_segments (id INTEGER PRIMARY KEY, name BLOB NOT NULL, " +
      "number INTEGER)",
  );
  sql.exec(
    "CREATE TABLE IF NOT EXISTS sluice_records (id INTEGER PRIMARY KEY, segment INTEGER NOT NULL, " +
      "more INTEGER NOT NULL, payload BLOB NOT NULL)",
  );
  sql.exec("CREATE INDEX IF NOT EXISTS sluice_records_by_segment ON sluice_records (segment, id)");
}

function readSegments(sql: SqlStorageLike): SegmentTable {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const table = new SegmentTable();
  const rows = sql.exec("SELECT id, name, number FROM sluice_segments ORDER BY id").toArray();
  for (const { id, name, number } of rows as { id: number; name: ArrayBuffer; number: number }[]) {
    const segment = decoder.decode(name);
    table.apply({ kind: "append", id, segment, payload: new Uint8Array(0) });
    if (number !== null) table.apply({ kind: "seal", ids: [id], number });
  }
  return table;
}

function writeChange(sql: SqlStorageLike, change: Change): void {
  switch (change.kind) {
    case "append": {
      const { id, segment, payload } = change;
      sql.exec(
        "INSERT OR IGNORE INTO sluice_segments (id, name) VALUES (?, ?)",
        id,
        new TextEncoder().encode(segment),
      );
      for (let at = 0; at === 0 || at < payload.length; at += MAX_PIECE_BYTES) {
        sql.exec(
          "INSERT INTO sluice_records (segment, more, payload) VALUES (?, ?, ?)",
          id,
          Number(at + MAX_PIECE_BYTES < payload.length),
          payload.slice(at, at + MAX_PIECE_BYTES),
        );
      }
      return;
    }
    case "seal":
      for (const id of change.ids) {
        sql.exec("UPDATE sluice_segments SET number = ? WHERE id = ?", change.number, id);
      }
      return;
    case "delete":
      for (const id of change.ids) {
        sql.exec("DELETE FROM sluice_records WHERE segment = ?", id);
        sql.exec("DELETE FROM sluice_segments WHERE id = ?", id);
      }
  }
}
