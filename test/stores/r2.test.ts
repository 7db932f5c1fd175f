// `R2Store` and buckets that fail. In workerd: r2.node.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type R2BucketLike, R2Store } from "../../src/stores/r2.ts";
import { everyVerb, patternOf } from "../../src/testing/store_helpers.ts";

/** A bucket in memory, as much of one as is needed here, whose puts may fail. */
class FakeBucket implements R2BucketLike {
  readonly #values = new Map<string, { bytes: Uint8Array; token: string | undefined }>();
  /** Thrown by calls; `undefined` for none. */
  before: () => Error | undefined = () => undefined;
  /** Thrown by puts that have happened. */
  after: () => Error | undefined = () => undefined;
  calls = 0;

  async put(
    key: string,
    bytes: Uint8Array,
    options: Parameters<R2BucketLike["put"]>[2] = {},
  ): ReturnType<R2BucketLike["put"]> {
    this.#begin();
    if (options.onlyIf?.get("if-none-match") === "*" && this.#values.has(key)) return null;
    this.#values.set(key, { bytes, token: options.customMetadata?.["sluice-put"] });
    const failure = this.after();
    if (failure !== undefined) throw failure;
    return await this.head(key);
  }

  head(key: string): ReturnType<R2BucketLike["head"]> {
    const found = this.#values.get(key);
    if (found === undefined) return Promise.resolve(null);
    const { bytes, token } = found;
    const customMetadata = token === undefined ? {} : { "sluice-put": token };
    return Promise.resolve({ key, size: bytes.length, customMetadata });
  }

  async get(key: string): ReturnType<R2BucketLike["get"]> {
    this.#begin();
    const bytes = this.#values.get(key)?.bytes.slice() as Uint8Array<ArrayBuffer> | undefined;
    if (bytes === undefined) return null;
    return await { key, size: bytes.length, arrayBuffer: () => Promise.resolve(bytes.buffer) };
  }

  list(): ReturnType<R2BucketLike["list"]> {
    return Promise.resolve().then(() => {
      this.#begin();
      return { objects: [], truncated: false };
    });
  }

  async delete(key: string): Promise<void> {
    this.#begin();
    await Promise.resolve(this.#values.delete(key));
  }

  #begin(): void {
    this.calls++;
    const failure = this.before();
    if (failure !== undefined) throw failure;
  }
}

function once(error: Error): () => Error | undefined {
  let times = 0;
  return () => times++ === 0 ? error : undefined;
}

for (
  const message of ["put: We encountered an internal error. (10001)", "Network connection lost."]
) {
  test(`R2Store tries again after: ${message}`, async () => {
    const verbs = Object.entries(everyVerb(new R2Store(new FakeBucket()), "k"));
    await Promise.all(verbs.map(async ([verb]) => {
      const bucket = new FakeBucket();
      const store = new R2Store(bucket);
      await store.put("k", new Uint8Array(1));
      bucket.calls = 0;
      bucket.before = once(new Error(message));
      await everyVerb(store, "k")[verb]!();
      assert.equal(bucket.calls, 2, verb);
    }));
  });
}

test("R2Store does not try again what is refused, and names operation and key", async () => {
  const bucket = new FakeBucket();
  bucket.before = () => new Error("put: The specified object name is not valid. (10020)");
  await assert.rejects(new R2Store(bucket, { prefix: "p" }).put("k", new Uint8Array(1)), {
    name: "StoreError",
    operation: "put",
    key: "k",
    message: 'Cannot put "k": put: The specified object name is not valid. (10020)',
  });
  assert.equal(bucket.calls, 1);
});

test("R2Store knows its own put by the token when the answer was lost", async () => {
  const bucket = new FakeBucket();
  const store = new R2Store(bucket);
  bucket.after = once(new Error("Network connection lost."));
  assert.equal(await store.put("k", patternOf(5, 1), { ifAbsent: true }), true);
  bucket.before = once(new Error("Network connection lost."));
  assert.equal(await store.put("k", patternOf(5, 1), { ifAbsent: true }), false);
});

test("R2Store refuses a prefix that is no key", () => {
  assert.throws(() => new R2Store(new FakeBucket(), { prefix: "a/" }), TypeError);
});
