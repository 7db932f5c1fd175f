import assert from "node:assert/strict";
import { after, test } from "node:test";
import { S3Store } from "../../src/stores/s3.ts";
import { storeConformance } from "../../src/testing/mod.ts";
import { keysOf } from "../../src/testing/store_helpers.ts";
import { startS3Server } from "./s3_server.ts";

const server = await startS3Server();

if (typeof server === "string") {
  test("S3Store with a server", { skip: server }, () => {});
} else {
  after(() => server.stop());
  let buckets = 0;
  storeConformance({
    test,
    name: "S3Store",
    create: async () => ({ store: new S3Store(await server.bucket(`test-${++buckets}`)) }),
    capabilities: { listOrder: "utf-8" },
  });

  test("S3Store: of 20 clients, one wins each key they put if absent at once", async () => {
    const options = { ...await server.bucket("race"), prefix: "a=%2F/ä b" };
    const stores = Array.from({ length: 20 }, () => new S3Store(options));
    for (let round = 0; round < 5; round++) {
      const key = `_delta_log/${round}.json`;
      const won = await Promise.all(
        stores.map((store, i) => store.put(key, new Uint8Array(1000).fill(i), { ifAbsent: true })),
      );
      assert.equal(won.filter((one) => one).length, 1, key);
      const [winner] = (await stores[round]!.get(key))!;
      assert.equal(winner, won.indexOf(true), key);
    }
    assert.equal((await keysOf(stores[0]!, "")).length, 5);
  });

  test("S3Store: a wrong secret is refused, and the error says so", async () => {
    const options = await server.bucket("refused");
    const store = new S3Store({ ...options, secretAccessKey: "wrong" });
    await assert.rejects(store.get("a/b"), {
      name: "StoreError",
      message: /^Cannot get "a\/b": the S3 server answered 403 SignatureDoesNotMatch/,
    });
    await assert.rejects(new S3Store({ ...options, bucket: "absent" }).get("a/b"), {
      message: /404 NoSuchBucket/,
    });
  });
}
