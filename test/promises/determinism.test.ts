// Promise 4: the same bytes and options give the same files, whatever the chunking or the runtime.
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { day, MemoryStore, simulateJsonLines, streamToParquet, tumbling } from "../../mod.ts";
import { chunked, digests, isContent, lines } from "../support/events.ts";

async function filesOf(source: Iterable<Uint8Array | string | object>): Promise<string[]> {
  const store = new MemoryStore();
  await streamToParquet(source, {
    store,
    time: "at",
    window: tumbling("15m"),
    partitionBy: ["page"],
    batchBytes: 1024,
  });
  return await digests(store, isContent);
}

test("files do not depend on how the source was chunked", async () => {
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.nat()), fc.array(fc.nat()), async (texts, a, b) => {
      const text = texts.join("\n");
      assert.deepEqual(await filesOf(chunked(text, a)), await filesOf(chunked(text, b)));
    }),
    { numRuns: 25 },
  );
});

test("text and objects give the files that bytes give", async () => {
  const events = Array.from({ length: 50 }, (_, id) => ({ id, at: id * 60_000, page: "/é" }));
  const text = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  const expected = await filesOf([new TextEncoder().encode(text)]);
  assert.deepEqual(await filesOf([text]), expected);
  assert.deepEqual(await filesOf(events), expected);
  assert.equal(expected.length, 4);
});

test("files are the same in every runtime", async () => {
  const store = new MemoryStore();
  await streamToParquet(simulateJsonLines({ events: 500, seed: 7, sessionsPerDay: 20_000 }), {
    store,
    time: "event_timestamp",
    window: tumbling("15m"),
    partitionBy: [day(), "page_url_path"],
    lateness: "10s",
    compression: "zstd",
  });
  const all = new TextEncoder().encode((await digests(store, isContent)).join("\n"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  assert.equal(
    Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(""),
    "ddc82bda1eadaa1f",
  );
});
