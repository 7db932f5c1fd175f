import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore, setWorkerScript, simulateEvents, streamToParquet } from "../../mod.ts";

test("workers of a worker write what it writes by itself", async () => {
  setWorkerScript(new URL("/code/sluice_worker.js", location.href));
  const filesWith = async (workers: number): Promise<Record<string, Uint8Array | undefined>> => {
    const store = new MemoryStore();
    const { written } = await streamToParquet(simulateEvents({ events: 500, seed: 9 }), {
      store,
      time: "event_timestamp",
      partitionBy: ["page_url_path"],
      batchBytes: 50_000,
      workers,
    });
    assert.equal(written, 500);
    const files: Record<string, Uint8Array | undefined> = {};
    for await (const { key } of store.list("")) {
      if (key.endsWith(".parquet")) files[key] = await store.get(key);
    }
    return files;
  };
  const expected = await filesWith(0);
  assert.deepEqual(await filesWith(2), expected);
});
