// The whole job: a day of a website's events, as partitioned Parquet, against the events themselves.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { day, month, simulateJsonLines, streamToParquet, tumbling, year } from "../../mod.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { literal, openDuckDB, query } from "./duckdb.ts";
import { python, pythonIsMissing } from "./python.ts";

const EVENTS = 50_000;

const scratch = mkdtempSync(join(tmpdir(), "sluice-simulated-"));
after(() => rmSync(scratch, { recursive: true }));
const directory = join(scratch, "table");
const file = join(scratch, "events.ndjson");

async function* recorded(
  events: AsyncIterable<Uint8Array>,
  copy: FileHandle,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of events) {
    await copy.writeFile(chunk);
    yield chunk;
  }
}

test("simulated events: every one is there once, in its partition and window", async () => {
  const copy = await open(file, "w");
  const events = simulateJsonLines({ events: EVENTS, users: 5000, sessionsPerDay: 0.4 * EVENTS });
  const summary = await streamToParquet(recorded(events, copy), {
    store: new FsStore(directory),
    window: tumbling("15m"),
    batchBytes: 16 * 1024, // so that some events come late
    time: "event_timestamp",
    partitionBy: [year(), month(), day(), "page_url_path"],
  });
  await copy.close();
  assert.equal(summary.written, EVENTS);
  assert.equal(summary.rescued, 0);
  assert.ok(summary.windows > 90, `${summary.windows} windows`);
  assert.ok(summary.late > 0, "no event came late");

  const db = await openDuckDB();
  const json = literal(file);
  const parquet = literal(join(directory, "**/*.parquet"));
  const described = await query(db, `DESCRIBE FROM read_json(${json}, sample_size = 100)`);
  const names = described.rows.map((row) => String(row["column_name"]).slice("s:".length));
  // No guessing of dates and the like: text is text.
  const types = names.map((name) => {
    const type = name.includes("_is_") ? "BOOLEAN" : "VARCHAR";
    return `${name}: '${name === "event_timestamp" ? "TIMESTAMP" : type}'`;
  });
  await db.run(`
    CREATE VIEW source AS SELECT
      * REPLACE (epoch_us(event_timestamp) AS event_timestamp),
      year(event_timestamp) AS year, month(event_timestamp) AS month, day(event_timestamp) AS day,
      epoch_us(time_bucket(INTERVAL 15 minutes, event_timestamp)) AS window_start
    FROM read_json(${json}, format = 'newline_delimited', columns = {${types}})`);
  await db.run(`
    CREATE VIEW written AS SELECT
      * REPLACE (epoch_us(event_timestamp) AS event_timestamp),
      epoch_us(strptime(parse_filename(filename)[:16], '%Y%m%dT%H%M%SZ')) AS window_start
    FROM read_parquet(${parquet}, hive_partitioning = true, filename = true)`);
  const columns = [...names, "year", "month", "day", "window_start"].join(", ");
  const except = (some: string, others: string) =>
    `(SELECT count(*) FROM (
      SELECT ${columns} FROM ${some} EXCEPT ALL SELECT ${columns} FROM ${others}
    ))`;
  const { rows } = await query(
    db,
    `SELECT (SELECT count(*) FROM source) AS events,
      ${except("source", "written")} AS lost, ${except("written", "source")} AS added`,
  );
  assert.deepEqual(rows, [{ events: `i:${EVENTS}`, lost: "i:0", added: "i:0" }]);
});

test("simulated events: pyarrow", { skip: pythonIsMissing ?? false }, async () => {
  const counts = await python({ do: "count_windows", directory, length_seconds: 900 });
  assert.deepEqual(counts, { rows: EVENTS, events: EVENTS, misplaced: 0 });
});

test("simulated events: delta-rs", { skip: pythonIsMissing ?? false }, async () => {
  const sql = "SELECT count(*) AS rows, count(DISTINCT event_id) AS events FROM t";
  const { rows } = await python({ do: "delta_query", directory, sql });
  assert.deepEqual(rows, [{ rows: `i:${EVENTS}`, events: `i:${EVENTS}` }]);
});
