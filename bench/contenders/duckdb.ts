// DuckDB's own reader and writer, in one statement. It knows no windows: one file for each
// partition, and nothing is synced.
import { DuckDBInstance } from "@duckdb/node-api";
import { contend, packageVersion } from "./report.ts";

await contend(async ({ input, output, partitionBy = "page_url_path", threads = 1 }, measure) => {
  await measure(async () => {
    const instance = await DuckDBInstance.create(":memory:", { threads: String(threads) });
    const connection = await instance.connect();
    await connection.run(`
    COPY (
      SELECT *, year(event_timestamp) AS year, month(event_timestamp) AS month,
        day(event_timestamp) AS day
      FROM read_json('${input}', format = 'newline_delimited')
    ) TO '${output}' (
      FORMAT parquet, COMPRESSION snappy, PARTITION_BY (year, month, day, ${partitionBy}),
      OVERWRITE_OR_IGNORE
    )`);
  });
  return { versions: { "@duckdb/node-api": packageVersion("@duckdb/node-api") } };
});
