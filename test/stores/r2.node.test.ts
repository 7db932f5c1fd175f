// `R2Store` in workerd, with a bucket on disk.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { type R2BucketLike, R2Store } from "../../src/stores/r2.ts";
import { patternOf } from "../../src/testing/store_helpers.ts";
import { emptyDirectory } from "../docs/snippets.ts";
import { storeWorker, testInWorker } from "./workerd.ts";

const directory = emptyDirectory("r2");
const worker = await storeWorker({ r2Buckets: ["R2"], r2Persist: join(directory, "a") });
after(() => worker.dispose());
await testInWorker(worker, "R2Store");

test("what an R2Store has put is there after a restart", async () => {
  const options = { r2Buckets: ["R2"], r2Persist: join(directory, "b") };
  for (const isFirst of [true, false]) {
    const worker = await storeWorker(options);
    try {
      const bucket: unknown = await worker.getR2Bucket("R2");
      const store = new R2Store(bucket as R2BucketLike);
      if (isFirst) await store.put("a/b", patternOf(1000, 1));
      else assert.deepEqual(await store.get("a/b"), patternOf(1000, 1));
    } finally {
      await worker.dispose();
    }
  }
});
