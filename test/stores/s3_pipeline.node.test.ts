// Tables in a bucket of a real S3 server, read from what is downloaded of it.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { readSnapshot, StoreError, streamToParquet, tumbling } from "../../mod.ts";
import { S3Store } from "../../src/stores/s3.ts";
import { emptyDirectory } from "../docs/snippets.ts";
import { int } from "../interop/cells.ts";
import { literal, openDuckDB, query } from "../interop/duckdb.ts";
import { eventOf, idsOf, NUMBERED } from "../support/numbered_events.ts";
import { rowsOfTable } from "../support/table_rows.ts";
import { startS3Server } from "./s3_server.ts";

const server = await startS3Server();
const skip = typeof server === "string" && server;
after(() => typeof server !== "string" && server.stop());

/** A store in a bucket of its own, and others with the same. */
async function storesIn(bucket: string): Promise<() => S3Store> {
  assert(typeof server !== "string");
  const options = { ...await server.bucket(bucket), prefix: "tables/visits" };
  return () => new S3Store(options);
}

test("writers of one table wait for each other's commits, and lose nothing", { skip }, async () => {
  const newStore = await storesIn("many");
  const writers = ["north", "south", "east"];
  await Promise.all(writers.map(async (writer, i) => {
    const { written } = await streamToParquet(events(i * 300, 300), {
      ...NUMBERED,
      writer,
      window: tumbling("1m"),
      batchBytes: 1024,
      store: newStore(),
    });
    assert.equal(written, 300);
  }));

  const store = newStore();
  assert.deepEqual(idsOf(await rowsOfTable(store)), Array.from({ length: 900 }, (_, id) => id));
  assert.ok((await readSnapshot(store))!.version > 12);

  const directory = emptyDirectory("s3_pipeline");
  for await (const { key } of store.list("")) {
    mkdirSync(dirname(join(directory, key)), { recursive: true });
    writeFileSync(join(directory, key), (await store.get(key))!);
  }
  const files = literal(join(directory, "**/*.parquet"));
  const read = await query(
    await openDuckDB(),
    `SELECT count(*) n, count(DISTINCT id) ids, count(DISTINCT page) pages
     FROM read_parquet(${files}, hive_partitioning = true)`,
  );
  assert.deepEqual(read.rows, [{ n: int(900), ids: int(900), pages: int(5) }]);
});

// The last, since it stops the server.
test(
  "a server that goes away ends a run with operation and key in the error",
  { skip },
  async () => {
    const newStore = await storesIn("gone");
    let files = 0;
    const stop = (id: number) =>
      id === 300 && typeof server === "object" ? server.stop() : undefined;
    const run = streamToParquet(events(0, 1e6, stop), {
      ...NUMBERED,
      window: tumbling("1m"),
      batchBytes: 1024,
      store: newStore(),
      onProgress: (progress) => files = progress.files,
    });
    await assert.rejects(run, (error) => {
      assert(error instanceof StoreError, `expected a StoreError, got ${error}`);
      assert.equal(error.operation, "put");
      assert.match(error.key, /^(page=.*\.parquet|_delta_log\/\d+\.json)$/);
      assert.ok(error.message.startsWith(`Cannot put ${JSON.stringify(error.key)}: `));
      return true;
    });
    assert.ok(files > 0);
  },
);

/** Events numbered from `first`, after `before` has resolved for each. */
async function* events(
  first: number,
  count: number,
  before: (id: number) => Promise<void> | undefined = () => undefined,
): AsyncGenerator<Uint8Array, void> {
  for (let id = first; id < first + count; id++) {
    await before(id);
    yield new TextEncoder().encode(`${JSON.stringify(eventOf(id))}\n`);
  }
}
