// Events from standard input to partitioned Parquet, in Deno:
//
//   tail -f events.ndjson | deno run --allow-read --allow-write examples/deno_stdin.ts OUT
//
// Files appear when a window is over, when nothing has come for half a minute, and at the end.
import { day, month, streamToParquet, tumbling, year } from "jsr:@sluice/sluice";
import { FsStore } from "jsr:@sluice/sluice/stores/fs";

const run = streamToParquet(Deno.stdin.readable, {
  store: new FsStore(Deno.args[0] ?? "parquet_demo_out"),
  window: tumbling("15m"),
  time: "event_timestamp",
  lateness: "10s", // events come up to ten seconds out of order
  idle: "30s",
  partitionBy: [year(), month(), day(), "page_url_path"],
});

let files = 0;
for await (const progress of run) {
  if (progress.files > files) console.log(`${progress.written} events in ${progress.files} files`);
  files = progress.files;
}
const { accepted, written, deadLettered } = await run;
console.log(`${accepted} events: ${written} written, ${deadLettered} dead letters`);
