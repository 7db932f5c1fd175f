// Polars in Node: its own reader, and a file for each partition, since it has no way to write them
// all at once. It knows no windows, and nothing is synced.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { POLARS_VERSION } from "../polars_version.ts";
import { contend } from "./report.ts";

const DATE_PARTS = ["year", "month", "day"] as const;

await contend(async (job, measure) => {
  const { input, output, partitionBy = "page_url_path", timeFormat = "", threads = 1 } = job;
  process.env["POLARS_MAX_THREADS"] = String(threads); // read when it is loaded
  const { default: pl } = await import("nodejs-polars");
  await measure(() => {
    const time = pl.col("event_timestamp");
    const events = pl.scanJson(input)
      .withColumns(time.str.strptime(pl.Datetime("ms"), timeFormat))
      .withColumns(...DATE_PARTS.map((part) => time.dt[part]().alias(part)))
      .collectSync();
    const columns = [...DATE_PARTS, partitionBy];
    for (const part of events.partitionBy(columns, true, true)) {
      const segments = columns.map((name) =>
        `${name}=${encodeURIComponent(String(part.getColumn(name).get(0)))}`
      );
      const directory = join(output, ...segments);
      mkdirSync(directory, { recursive: true });
      part.drop(columns).writeParquet(join(directory, "0.parquet"), { compression: "snappy" });
    }
    return Promise.resolve();
  });
  return { versions: { "nodejs-polars": POLARS_VERSION } };
});
