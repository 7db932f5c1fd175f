import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore, streamToParquet, type StreamToParquetOptions } from "../../mod.ts";
import { readSnapshot } from "../../src/commit_log/snapshot.ts";
import { readTableRows } from "../../src/maintenance/read_rows.ts";
import { readParquetTable } from "../../src/parquet/read.ts";
import { jsonRows } from "../../src/columns/json_rows.ts";

async function write(
  lines: readonly string[],
  options: Partial<StreamToParquetOptions>,
): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const line of lines) {
    await streamToParquet(line, { store, time: "at", partitionBy: ["key"], ...options });
  }
  return store;
}

async function keysOf(store: MemoryStore): Promise<string[]> {
  return [...(await readSnapshot(store))!.files.keys()].sort();
}

test("partition columns that are kept have the text of the path, whatever the values are", async () => {
  const store = await write([
    '{"at":0,"key":5}\n{"at":0,"key":"5"}\n{"at":0,"key":null}',
    '{"at":0,"key":true}\n{"at":0,"key":[1]}',
  ], { keepPartitionColumns: true });
  const kept: string[] = [];
  for (const key of await keysOf(store)) {
    const table = await readParquetTable((await store.get(key))!);
    assert.deepEqual(table.fields.at(-1), { name: "key", type: { kind: "string" } });
    kept.push(...jsonRows(table));
  }
  const row = (key: string) => `{"at":"1970-01-01T00:00:00.000000Z","key":${key}}`;
  const expected = ['"5"', '"5"', '"[1]"', '"true"', "null"].map(row);
  assert.deepEqual(kept.sort(), expected);
  const found: string[] = [];
  for await (const row of readTableRows(store)) found.push(row);
  assert.deepEqual(found.sort(), expected);
});

test("the type of a partition column is not for the schema to say", async () => {
  const line = ['{"at":0,"key":5,"year":1}'];
  await assert.rejects(write(line, { schema: { KEY: "int64" } }), {
    name: "TypeError",
    message: /"schema.KEY".*"string".*current value is "int64"/,
  });
  const store = await write(line, { schema: { key: "string" } });
  assert.deepEqual(await keysOf(store), ["key=5/19700101T000000Z-15m-main-0.parquet"]);
});

test("directories that are one where case is ignored share no file name", async () => {
  const store = await write(['{"at":0,"key":"a"}\n{"at":0,"key":"A"}\n{"at":0,"key":"b"}'], {});
  const keys = await keysOf(store);
  assert.equal(new Set(keys.map((key) => key.toLowerCase())).size, 3, keys.join());
});
