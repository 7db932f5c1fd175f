/**
 * An ingest on Cloudflare: events over HTTP into a table in R2, kept by Durable Objects until they
 * are committed. {@linkcode createIngest} is the way in.
 *
 * @module
 */
export { createIngest, type Ingest, type IngestShardObject } from "./ingest.ts";
export type { CorsOptions, IngestOptions } from "./ingest_options.ts";
export type { EventsAnswer } from "./post_events.ts";
export type { RefusedLine, ShardAnswer } from "./shard_answer.ts";
export type {
  ShardNamespaceLike,
  ShardStateLike,
  ShardStorageLike,
  SqlJournalStorageLike,
  SqlStorageLike,
} from "./runtime.ts";
export { SqlJournal, type SqlJournalOptions } from "./sql_journal.ts";
