// Events to Parquet in a bucket, on Deno Deploy or wherever else a `fetch` handler runs:
//
//   export S3_ENDPOINT=… S3_REGION=… S3_BUCKET=… S3_ACCESS_KEY_ID=… S3_SECRET_ACCESS_KEY=…
//   deno serve --allow-env --allow-net examples/deno-edge/to_bucket.ts
//   curl --data-binary @events.ndjson --header 'idempotency-key: batch_17' http://localhost:8000
//
// It keeps no state. A batch becomes files of its own, which are named after its key: whoever got no
// answer sends it again, and the same files are written once more. It is answered when they are all
// there.
import {
  day,
  JsonLinesDecoderStream,
  month,
  ParquetFileStream,
  StoreWritable,
  tumbling,
  WindowedPartitionStream,
  year,
} from "jsr:@sluice/sluice";
import { S3Store } from "jsr:@sluice/sluice/stores/s3";

const store = new S3Store({
  endpoint: Deno.env.get("S3_ENDPOINT")!,
  region: Deno.env.get("S3_REGION"),
  bucket: Deno.env.get("S3_BUCKET"),
  prefix: "events",
  accessKeyId: Deno.env.get("S3_ACCESS_KEY_ID")!,
  secretAccessKey: Deno.env.get("S3_SECRET_ACCESS_KEY")!,
});

export default {
  async fetch(request: Request): Promise<Response> {
    const writer = request.headers.get("idempotency-key") ?? "";
    if (
      request.method !== "POST" || request.body === null || !/^[A-Za-z0-9_]{1,64}$/.test(writer)
    ) {
      const usage = "POST JSON lines, with an idempotency-key of 1 to 64 letters, digits and _\n";
      return new Response(usage, { status: 400 });
    }
    await request.body
      .pipeThrough(new JsonLinesDecoderStream({ time: "event_timestamp" }))
      .pipeThrough(
        new WindowedPartitionStream({
          window: tumbling("1h"),
          partitionBy: [year(), month(), day(), "page_url_path"],
        }),
      )
      .pipeThrough(new ParquetFileStream({ writer }))
      .pipeTo(new StoreWritable(store, { writer }));
    return new Response(null, { status: 204 });
  },
};
