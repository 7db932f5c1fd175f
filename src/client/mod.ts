/**
 * Sends events from a page to an ingest, and keeps them while it cannot.
 *
 * @module
 */
export { IngestClient, type IngestClientOptions } from "./ingest_client.ts";
export type { RefusedBatch } from "./post_batch.ts";
