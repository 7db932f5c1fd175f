import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Fingerprinter, matchesFingerprint, readRange } from "../../src/decode/fingerprint.ts";
import type { ReplayableSource } from "../../src/decode/replayable_source.ts";
import { resumeSource } from "../../src/decode/resume.ts";
import { chunksOf, joined, utf8 } from "./decode_helpers.ts";

function sourceOf(bytes: Uint8Array, chunkBytes: number = 50_000): ReplayableSource {
  return {
    id: "memory",
    open: (offset) => {
      const chunks = chunksOf(bytes.subarray(offset), [chunkBytes]).values();
      return Promise.resolve(
        new ReadableStream({
          pull(controller) {
            const { done, value } = chunks.next();
            if (done === true) controller.close();
            else controller.enqueue(value);
          },
        }),
      );
    },
  };
}

const MIB = 1 << 20;

/** Bytes that repeat nowhere near. */
function variedBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

const CONTENT = variedBytes(3 * MIB + 12_345);

test("fingerprint: the same however the bytes were chunked, and wherever reading began", async () => {
  const whole = new Fingerprinter();
  whole.push(CONTENT);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(CONTENT.length),
      fc.array(fc.integer({ min: 1000, max: 2 * MIB }), { minLength: 1, maxLength: 4 }),
      async (start, sizes) => {
        const resumed = new Fingerprinter({
          start,
          head: CONTENT.subarray(0, Math.min(start, 64 << 10)),
          known: whole.upTo(start),
        });
        for (const chunk of chunksOf(CONTENT.subarray(start), sizes)) resumed.push(chunk);
        const fingerprint = resumed.upTo(CONTENT.length);
        assert.deepEqual(fingerprint[0], whole.upTo(CONTENT.length)[0]);
        assert.equal(await matchesFingerprint(sourceOf(CONTENT), fingerprint, undefined), true);
        const grown = sourceOf(joined(CONTENT, "more"));
        assert.equal(await matchesFingerprint(grown, fingerprint, undefined), true);
      },
    ),
    { numRuns: 10 },
  );
});

test("fingerprint: another beginning, another text before the end, or less of it is noticed", async () => {
  const fingerprinter = new Fingerprinter();
  fingerprinter.push(CONTENT);
  const fingerprint = fingerprinter.upTo(CONTENT.length);
  const isSame = (bytes: Uint8Array) => matchesFingerprint(sourceOf(bytes), fingerprint, undefined);
  assert.equal(await isSame(CONTENT), true);
  for (const place of [0, 65_535, 3 * MIB - 1, 3 * MIB - 4096]) {
    const changed = CONTENT.slice();
    changed[place]! ^= 1;
    assert.equal(await isSame(changed), false, `changed at ${place}`);
  }
  assert.equal(await isSame(CONTENT.subarray(0, 2 * MIB)), false);
  assert.equal(await isSame(new Uint8Array(0)), false);
});

test("fingerprint: of a place not read to the end, only what is before it counts", async () => {
  const fingerprinter = new Fingerprinter();
  fingerprinter.push(CONTENT);
  const fingerprint = fingerprinter.upTo(1000);
  const changed = CONTENT.slice();
  changed[1000]! ^= 1;
  assert.equal(await matchesFingerprint(sourceOf(changed), fingerprint, undefined), true);
  changed[999]! ^= 1;
  assert.equal(await matchesFingerprint(sourceOf(changed), fingerprint, undefined), false);
});

test("a range of a source is read, and the source closed", async () => {
  const bytes = utf8("0123456789");
  const range = async (start: number, end: number, chunkBytes: number) =>
    new TextDecoder().decode(
      await readRange(sourceOf(bytes, chunkBytes), { start, end, signal: undefined }),
    );
  for (const chunkBytes of [1, 3, 100]) {
    assert.equal(await range(2, 7, chunkBytes), "23456");
    assert.equal(await range(8, 20, chunkBytes), "89");
    assert.equal(await range(20, 30, chunkBytes), "");
    assert.equal(await range(5, 5, chunkBytes), "");
  }
});

test("resume: a source that is shorter than it was is another one", async () => {
  const fingerprinter = new Fingerprinter();
  const bytes = CONTENT.subarray(0, 500_000);
  fingerprinter.push(bytes);
  const place = { offset: bytes.length, line: 1, maxTime: 0 };
  const earlier = {
    id: "memory",
    fingerprint: fingerprinter.upTo(bytes.length),
    position: { closedThrough: 0, readThrough: bytes.length, resumeFrom: place },
  };
  const statusOf = async (content: Uint8Array) =>
    (await resumeSource(sourceOf(content), earlier, undefined)).status;
  assert.equal(await statusOf(bytes), "resumed");
  assert.equal(await statusOf(CONTENT), "resumed");
  assert.equal(await statusOf(bytes.subarray(0, 499_999)), "replaced");
  assert.equal(await statusOf(bytes.subarray(0, 70_000)), "replaced");
  assert.equal(await statusOf(variedBytes(600_000).fill(0, 0, 1)), "replaced");
});
