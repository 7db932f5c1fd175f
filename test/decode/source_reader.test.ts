import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceReader } from "../../src/decode/source_reader.ts";

/** A source of chunks 0, 1, 2 …, and what was asked of it. */
function countingSource(length = Infinity) {
  const seen = { pulled: 0, cancelledWith: undefined as unknown };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (seen.pulled === length) controller.close();
      else controller.enqueue(Uint8Array.of(seen.pulled++));
    },
    cancel(reason) {
      seen.cancelledWith = reason;
    },
  }, { highWaterMark: 0 });
  return { stream, seen };
}

const turns = () => new Promise((resolve) => setTimeout(resolve, 5));

test("chunks come in order, and one is read ahead", async () => {
  const { stream, seen } = countingSource(4);
  const reader = new SourceReader(stream);
  await turns();
  assert.equal(seen.pulled, 0);
  const chunks: number[] = [];
  for await (const [value] of reader.chunks()) {
    chunks.push(value!);
    await turns();
    assert.equal(seen.pulled, Math.min(4, chunks.length + 1));
  }
  assert.deepEqual(chunks, [0, 1, 2, 3]);
});

test("a source that is stopped is cancelled, and ends with the reason", async () => {
  for (const stopAfter of [0, 1, 3]) {
    const { stream, seen } = countingSource();
    const reader = new SourceReader(stream);
    const reason = new Error("no more");
    const read = async () => {
      let count = 0;
      if (stopAfter === 0) await reader.stop(reason);
      for await (const _ of reader.chunks()) {
        if (++count === stopAfter) await reader.stop(reason);
        assert.ok(count <= stopAfter);
      }
    };
    await assert.rejects(read(), (error) => error === reason);
    assert.equal(seen.cancelledWith, reason);
  }
});

test("stopping does not wait for a source that never answers", async () => {
  const reader = new SourceReader(new ReadableStream({ pull: () => new Promise(() => {}) }));
  const first = reader.chunks().next();
  const reason = new Error("no more");
  await reader.stop(reason);
  await assert.rejects(first, (error) => error === reason);
});

test("a source that fails, fails where its chunks end", async () => {
  let pulled = 0;
  const failure = new Error("disk");
  const reader = new SourceReader(
    new ReadableStream({
      pull(controller) {
        if (pulled === 2) throw failure;
        controller.enqueue(Uint8Array.of(pulled++));
      },
    }, { highWaterMark: 0 }),
  );
  const chunks: number[] = [];
  const read = async () => {
    for await (const [value] of reader.chunks()) chunks.push(value!);
  };
  await assert.rejects(read(), (error) => error === failure);
  assert.deepEqual(chunks, [0, 1]);
  await reader.stop(failure); // is of no consequence
});
