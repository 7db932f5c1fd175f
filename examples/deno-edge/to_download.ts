// Events to Parquet in the answer, on Deno Deploy or wherever else a `fetch` handler runs:
//
//   deno serve --allow-read examples/deno-edge/to_download.ts
//   curl --data-binary @events.ndjson -o events.zip 'http://localhost:8000/?download=zip'
//   curl --data-binary @events.ndjson -o events.parquet 'http://localhost:8000/?download=parquet'
//
// The zip is a whole table, partitioned and with its log. What is no event is counted in a header.
import {
  day,
  MemoryStore,
  month,
  readSnapshot,
  streamToParquet,
  tumbling,
  year,
  zipTable,
} from "jsr:@sluice/sluice";

const TABLE = { window: tumbling("1h"), partitionBy: [year(), month(), day(), "page_url_path"] };
const ONE_FILE = { window: tumbling("36500d") };

export default {
  async fetch(request: Request): Promise<Response> {
    const download = new URL(request.url).searchParams.get("download");
    if (request.body === null || (download !== "zip" && download !== "parquet")) {
      return new Response("POST JSON lines to ?download=zip or ?download=parquet\n", {
        status: 400,
      });
    }
    const store = new MemoryStore();
    const { files, deadLettered } = await streamToParquet(request.body, {
      store,
      time: "event_timestamp",
      ...(download === "zip" ? TABLE : ONE_FILE),
    });
    const headers = { "x-dead-letters": String(deadLettered) };
    if (download === "zip") return new Response(zipTable(store), { headers });
    if (files !== 1) {
      return new Response(`These events make ${files} files, not one\n`, { status: 422, headers });
    }
    const [key] = (await readSnapshot(store))!.files.keys();
    return new Response(await store.get(key!) as BodyInit, { headers });
  },
};
