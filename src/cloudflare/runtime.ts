import type { R2BucketLike } from "../stores/r2.ts";

/** What is used of a Durable Object's SQL: its `ctx.storage.sql` is one. */
export interface SqlStorageLike {
  /** Bytes that it takes. */
  readonly databaseSize: number;
  exec(
    query: string,
    ...bindings: (ArrayBuffer | Uint8Array | string | number | null)[]
  ): { toArray(): Record<string, ArrayBuffer | string | number | null>[] };
}

/** What a {@linkcode SqlJournal} uses of a Durable Object's storage. */
export interface SqlJournalStorageLike {
  readonly sql: SqlStorageLike;
  /** Runs a function whose writes happen all together, or not at all if it throws. */
  transactionSync<T>(run: () => T): T;
}

/** What an ingest shard uses of its Durable Object's storage. */
export interface ShardStorageLike extends SqlJournalStorageLike {
  /** When the alarm is due, in milliseconds since the epoch; `null` if none is set. */
  getAlarm(): Promise<number | null>;
  setAlarm(dueMs: number): Promise<void>;
  deleteAlarm(): Promise<void>;
}

/** What an ingest shard uses of its Durable Object's state, `ctx`. */
export interface ShardStateLike {
  readonly storage: ShardStorageLike;
}

/** What is used of a binding to a Durable Object's namespace. */
export interface ShardNamespaceLike {
  idFromName(name: string): object;
  // `never`, since a `DurableObjectNamespace` takes nothing but its own ids.
  get(id: never): { fetch(url: string, init?: RequestInit): Promise<Response> };
}

/** What an ingest needs of a Worker's environment. */
export interface IngestBindings {
  readonly bucket: R2BucketLike;
  readonly namespace: ShardNamespaceLike;
  readonly token: string | undefined;
}
