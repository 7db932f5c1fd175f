/**
 * Sends events from a page to an ingest, and keeps them while it cannot.
 *
 * @module
 */
export { IngestClient, type IngestClientOptions } from "./ingest_client.ts";
export type { Batch, RefusedBatch, TakenBatch, TakenDeadLetter } from "./post_batch.ts";
