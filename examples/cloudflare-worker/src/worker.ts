// Takes events in over HTTP, and keeps them as partitioned Parquet in R2: see README.md.
import { day, month, setKernel, tumbling, year } from "sluice";
import { createIngest, type ShardNamespaceLike } from "sluice/cloudflare";
import kernel from "sluice/kernel.wasm";
import type { R2BucketLike } from "sluice/stores/r2";

interface Env {
  readonly BUCKET: R2BucketLike;
  readonly SHARDS: ShardNamespaceLike;
  readonly INGEST_TOKEN?: string; // wrangler secret put INGEST_TOKEN
}

setKernel(kernel); // what decodes and encodes: a Worker has to import its WebAssembly

const { fetch, IngestShard } = createIngest<Env>({
  bucket: (env) => env.BUCKET,
  namespace: (env) => env.SHARDS,
  token: (env) => env.INGEST_TOKEN,
  window: tumbling("15m"),
  time: "event_timestamp",
  partitionBy: [year(), month(), day(), "page_url_path"],
});

export { IngestShard };
export default { fetch };
