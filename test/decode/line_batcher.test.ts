import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type LineBatch, LineBatcher } from "../../src/decode/line_batcher.ts";
import { batchesOf, joined, utf8 } from "./decode_helpers.ts";

const NEWLINE = 10;

interface Shape {
  readonly batchBytes: number;
  readonly maxEventBytes: number;
  readonly start: number;
  readonly cutAt: number;
}

/**
 * What the documentation says, line by line: a batch holds the lines that begin before the next
 * multiple of `batchBytes`, and none that begins after `cutAt` does with one before it.
 */
function expectedBatches(bytes: Uint8Array, shape: Shape): LineBatch[] {
  const { batchBytes, maxEventBytes, start, cutAt } = shape;
  const batches: { bytes: Uint8Array; start: number; end: number }[] = [];
  let open: { bytes: Uint8Array; start: number; end: number; boundary: number } | undefined;
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, at);
    let end = newline < 0 ? bytes.length : newline + 1;
    if (start + at < cutAt && cutAt < start + end) end = cutAt - start;
    const place = start + at;
    if (open === undefined || place >= open.boundary) {
      const multiple = (Math.floor(place / batchBytes) + 1) * batchBytes;
      const boundary = place < cutAt ? Math.min(multiple, cutAt) : multiple;
      open = { bytes: new Uint8Array(0), start: place, end: place, boundary };
      batches.push(open);
    }
    open.bytes = joined(open.bytes, bytes.subarray(at, end));
    open.end = start + end;
    at = end;
  }
  for (const batch of batches) {
    const ends = batch.bytes.at(-1) === NEWLINE ? 1 : 0;
    const lastLine = batch.bytes.subarray(0, batch.bytes.length - ends).lastIndexOf(NEWLINE) + 1;
    const boundary = (Math.floor(batch.start / batchBytes) + 1) * batchBytes;
    const limit = (batch.start < cutAt ? Math.min(boundary, cutAt) : boundary) - batch.start;
    // Of a last line that is too long only its beginning and its newline are kept.
    if (batch.bytes.length > limit + maxEventBytes) {
      assert.ok(batch.bytes.length - lastLine > maxEventBytes);
      const kept = batch.bytes.subarray(0, limit + maxEventBytes);
      batch.bytes = ends === 1 ? joined(kept, "\n") : kept;
    }
  }
  return batches.map(({ bytes, start, end }) => ({ bytes, start, end }));
}

function plain(batches: readonly LineBatch[]): unknown[] {
  return batches.map(({ bytes, start, end }) => ({ bytes: Array.from(bytes), start, end }));
}

const LINES: fc.Arbitrary<Uint8Array> = fc
  .array(fc.oneof(fc.nat(6), fc.nat(40), fc.constant(0)), { maxLength: 30 })
  .chain((lengths) =>
    fc.boolean().map((endsInNewline) => {
      const text = lengths.map((length, i) => String.fromCharCode(97 + i % 26).repeat(length));
      return utf8(text.join("\n") + (endsInNewline ? "\n" : ""));
    })
  );

test("batches are the lines that begin before each multiple, whatever the chunks", () => {
  fc.assert(
    fc.property(
      LINES,
      fc.record({
        batchBytes: fc.integer({ min: 1, max: 40 }),
        maxEventBytes: fc.integer({ min: 1, max: 30 }),
        start: fc.nat(50),
        cutAt: fc.nat(120),
      }),
      fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }).filter((s) => s.some((n) => n > 0)),
      (bytes, shape, chunkSizes) => {
        const expected = plain(expectedBatches(bytes, shape));
        const cuts = { ...shape, cutAt: [shape.cutAt] };
        assert.deepEqual(plain(batchesOf(bytes, { ...cuts, chunkSizes })), expected);
        assert.deepEqual(plain(batchesOf(bytes, { ...cuts, chunkSizes: [1] })), expected);
        assert.deepEqual(plain(batchesOf(bytes, cuts)), expected);
      },
    ),
    { numRuns: 300 },
  );
});

test("batches hold every byte of the source once, in order", () => {
  fc.assert(
    fc.property(LINES, fc.integer({ min: 1, max: 40 }), fc.nat(100), (bytes, batchBytes, cutAt) => {
      const batches = batchesOf(bytes, { batchBytes, maxEventBytes: 1000, cutAt: [cutAt] });
      assert.deepEqual(joined(...batches.map((batch) => batch.bytes)), joined(bytes));
      let end = 0;
      for (const batch of batches) {
        assert.equal(batch.start, end);
        end = batch.end;
      }
    }),
  );
});

test("a line that crosses a multiple belongs to the batch before it", () => {
  //                       0123456 789
  const bytes = utf8("aaa\nbbbbb\ncc\n");
  const [first, second] = batchesOf(bytes, { batchBytes: 8, maxEventBytes: 100 });
  assert.deepEqual([first!.start, first!.end], [0, 10]);
  assert.deepEqual([second!.start, second!.end], [10, 13]);
});

test("a newline right before a multiple ends the batch there", () => {
  const batches = batchesOf(utf8("aaaaaaa\nbbb\n"), { batchBytes: 8, maxEventBytes: 100 });
  assert.deepEqual(batches.map(({ start, end }) => [start, end]), [[0, 8], [8, 12]]);
});

test("a batch ends where an earlier run had read to, even within a line", () => {
  const bytes = utf8("aaa\nbbb\nccc\n");
  const cuts = (cutAt: number) =>
    batchesOf(bytes, { batchBytes: 1024, maxEventBytes: 100, cutAt: [cutAt] }).map(({ end }) =>
      end
    );
  assert.deepEqual(cuts(0), [12]);
  assert.deepEqual(cuts(4), [4, 12]);
  assert.deepEqual(cuts(6), [6, 12]);
  assert.deepEqual(cuts(12), [12]);
  assert.deepEqual(cuts(99), [12]);
});

test("a batch that starts where an earlier run had read to is not cut for it", () => {
  const batches = batchesOf(utf8("aaa\nbbb\n"), {
    batchBytes: 1024,
    maxEventBytes: 100,
    start: 40,
    cutAt: [40],
  });
  assert.deepEqual(batches.map(({ start, end }) => [start, end]), [[40, 48]]);
});

test("a line that is far too long takes no more memory than it may", () => {
  const batcher = new LineBatcher({ batchBytes: 1024, maxEventBytes: 100 });
  const filler = new Uint8Array(1 << 16).fill(97);
  for (let i = 0; i < 64; i++) assert.deepEqual([...batcher.push(filler)], []);
  const [batch, ...none] = [...batcher.push(utf8("\nb\n"))];
  assert.deepEqual(none, []);
  assert.equal(batch!.bytes.length, 1024 + 100 + 1);
  assert.equal(batch!.bytes.at(-1), NEWLINE);
  assert.equal(batch!.end, 64 * (1 << 16) + 1);
  assert.ok(batch!.bytes.buffer.byteLength <= 2 * (1024 + 100 + 1));
  assert.deepEqual(batcher.finish(), {
    bytes: utf8("b\n"),
    start: batch!.end,
    end: batch!.end + 2,
  });
});

test("flush cuts after the last whole line, and the rest goes on", () => {
  const batcher = new LineBatcher({ batchBytes: 1024, maxEventBytes: 100 });
  assert.equal(batcher.isEmpty, true);
  assert.deepEqual([...batcher.push(utf8("aaa\nbb"))], []);
  assert.equal(batcher.isEmpty, false);
  assert.deepEqual(batcher.flush(), { bytes: utf8("aaa\n"), start: 0, end: 4 });
  assert.deepEqual(batcher.flush(), { bytes: utf8(""), start: 4, end: 4 });
  assert.deepEqual([...batcher.push(utf8("b\nc"))], []);
  assert.deepEqual(batcher.flush(), { bytes: utf8("bbb\n"), start: 4, end: 8 });
  assert.deepEqual(batcher.finish(), { bytes: utf8("c"), start: 8, end: 9 });
  assert.equal(batcher.finish(), undefined);
});

test("flushed anywhere, no byte is lost and no line is cut in two", () => {
  fc.assert(
    fc.property(
      LINES,
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
      (bytes, batchBytes, sizes) => {
        const batcher = new LineBatcher({ batchBytes, maxEventBytes: 1000 });
        const batches: LineBatch[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length]!;
          batches.push(...batcher.push(bytes.subarray(at, at + size)));
          batches.push(batcher.flush());
          at += size;
        }
        batches.push(batcher.finish() ?? batcher.flush());
        assert.deepEqual(joined(...batches.map((batch) => batch.bytes)), joined(bytes));
        for (const batch of batches.slice(0, -1)) {
          assert.ok(batch.bytes.length === 0 || batch.bytes.at(-1) === NEWLINE);
        }
      },
    ),
  );
});

test("what was dropped of a line that is too long is counted, flushed in between or not", () => {
  const batcher = new LineBatcher({ batchBytes: 8, maxEventBytes: 4 });
  assert.deepEqual([...batcher.push(utf8("ab\n" + "x".repeat(50)))], []);
  assert.deepEqual(batcher.flush(), { bytes: utf8("ab\n"), start: 0, end: 3 });
  const [long] = [...batcher.push(utf8("xx\ny\n"))];
  assert.deepEqual(long, { bytes: utf8("x".repeat(9) + "\n"), start: 3, end: 56 });
  assert.deepEqual(batcher.finish(), { bytes: utf8("y\n"), start: 56, end: 58 });
});
