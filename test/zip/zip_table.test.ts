import { unzipSync } from "fflate";
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore, readSnapshot, streamToParquet, zipTable } from "../../mod.ts";

const EVENTS = [
  { at: 0, page: "/home" },
  { at: 1, page: "../../evil" },
  { at: 2, page: "é 😀" },
  { page: "no time" },
];

async function tableOf(): Promise<MemoryStore> {
  const store = new MemoryStore();
  await streamToParquet(EVENTS, { store, time: "at", partitionBy: ["page"] });
  return store;
}

async function unzip(zip: ReadableStream<Uint8Array>): Promise<MemoryStore> {
  const store = new MemoryStore();
  const entries = unzipSync(new Uint8Array(await new Response(zip).arrayBuffer()));
  for (const [name, bytes] of Object.entries(entries)) await store.put(name, bytes);
  return store;
}

test("an unpacked zip is the same table", async () => {
  const store = await tableOf();
  const unpacked = await unzip(zipTable(store));
  const before = await readSnapshot(store);
  const after = await readSnapshot(unpacked);
  assert.deepEqual([...after!.files.keys()], [...before!.files.keys()]);
  assert.equal(after!.files.size, 3);
  for (const path of before!.files.keys()) {
    assert.deepEqual(await unpacked.get(path), await store.get(path));
  }
  assert.ok(await unpacked.get("_dead_letter/main-0.ndjson"));
});

test("files that are not committed are left out", async () => {
  const store = await tableOf();
  await store.put("page=x/19700101T000000Z-15m-other-0.parquet", new Uint8Array(10));
  const unpacked = await unzip(zipTable(store));
  assert.equal(await unpacked.get("page=x/19700101T000000Z-15m-other-0.parquet"), undefined);
});

test("a prefix selects a partition", async () => {
  const store = await tableOf();
  const unpacked = await unzip(zipTable(store, { prefix: "page=%2Fhome" }));
  const keys = [];
  for await (const { key } of unpacked.list("")) keys.push(key);
  assert.deepEqual(keys, ["page=%2Fhome/19700101T000000Z-15m-main-0.parquet"]);
});

test("nothing is read before the stream is, and cancelling stops reading", async () => {
  const store = await tableOf();
  const gets: string[] = [];
  const get = store.get.bind(store);
  store.get = (key, options) => {
    gets.push(key);
    return get(key, options);
  };
  const zip = zipTable(store);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(gets.length, 0);
  const reader = zip.getReader();
  await reader.read();
  await reader.cancel();
  assert.equal(gets.filter((key) => key.endsWith(".parquet")).length, 0);
});

test("a table that has lost a file makes no archive", async () => {
  const store = await tableOf();
  const [lost] = (await readSnapshot(store))!.files.keys();
  await store.delete(lost!);
  await assert.rejects(new Response(zipTable(store)).arrayBuffer(), {
    name: "StoreError",
    message: `Cannot get ${JSON.stringify(lost)}: a file of the table is gone`,
  });
});
