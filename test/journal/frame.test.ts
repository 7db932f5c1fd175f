import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Change, decodeChanges, encodeChange } from "../../src/journal/change.ts";
import { crc32c } from "../../src/journal/crc32c.ts";
import {
  decodeFileHeader,
  encodeFileHeader,
  encodeFrame,
  FILE_HEADER_BYTES,
  newMarker,
  scanFrames,
} from "../../src/journal/frame.ts";

/** Which is what `deepEqual` compares with. */
const plain = { noNullPrototype: true };
const ids = fc.array(fc.nat(0xffffffff), { minLength: 1 });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant("append"),
    id: fc.nat(0xffffffff),
    segment: fc.string({ unit: "grapheme", minLength: 1 }),
    payload: fc.uint8Array(),
  }, plain),
  fc.record({ kind: fc.constant("seal"), ids, number: fc.maxSafeNat() }, plain),
  fc.record({ kind: fc.constant("delete"), ids }, plain),
);

test("changes are read as they were written", () => {
  fc.assert(fc.property(fc.array(change), (changes) => {
    assert.deepEqual(decodeChanges(concat(changes.map(encodeChange))), changes);
  }));
});

test("a change that is cut short, or of no known kind, is refused", () => {
  fc.assert(fc.property(change, fc.nat(), (change, seed) => {
    const bytes = encodeChange(change);
    const length = 1 + seed % (bytes.length - 1);
    if (length < bytes.length) {
      assert.throws(() => decodeChanges(bytes.subarray(0, length)), RangeError);
    }
  }));
  assert.throws(() => decodeChanges(new Uint8Array([4, 0, 0, 0, 0])), /no change has the code 4/);
});

test("a file's header is read as it was written, and not with a byte changed", () => {
  const header = { marker: newMarker(), first: 3, number: 0xffffffff, previousBytes: 2 ** 53 - 1 };
  const bytes = encodeFileHeader(header);
  assert.equal(bytes.length, FILE_HEADER_BYTES);
  assert.deepEqual(decodeFileHeader(concat([bytes, new Uint8Array(5)])), header);
  for (let i = 0; i < bytes.length; i++) {
    const damaged = bytes.slice();
    damaged[i]! ^= 0x10;
    assert.equal(decodeFileHeader(damaged), undefined, `byte ${i}`);
    assert.equal(decodeFileHeader(bytes.subarray(0, i)), undefined, `${i} bytes`);
  }
});

test("a file of a later version is refused as that", () => {
  const bytes = encodeFileHeader({ marker: newMarker(), first: 1, number: 1, previousBytes: 0 });
  bytes[7] = 2;
  new DataView(bytes.buffer).setUint32(32, crc32c(bytes.subarray(0, 32)), true);
  assert.throws(() => decodeFileHeader(bytes), /format version 2, and this release reads 1/);
});

test("frames are found up to the first that is not whole", () => {
  fc.assert(fc.property(
    fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { minLength: 1, maxLength: 5 }),
    fc.nat(),
    (bodies, seed) => {
      const marker = newMarker();
      const frames = bodies.map((body) =>
        encodeFrame(marker, [body.subarray(0, 1), body.subarray(1)])
      );
      const file = concat([new Uint8Array(FILE_HEADER_BYTES), ...frames]);
      const whole = scanFrames(file, marker);
      assert.deepEqual(whole, { bodies, end: file.length, rest: "nothing" });

      const length = FILE_HEADER_BYTES + seed % (file.length - FILE_HEADER_BYTES);
      for (const rest of [file.slice(0, length), file.slice().fill(0, length)]) {
        const torn = scanFrames(rest, marker);
        assert.deepEqual(torn.bodies, bodies.slice(0, torn.bodies.length));
        // Zeros in place of zeros change nothing.
        const changed = file.findIndex((byte, i) => byte !== rest[i]);
        assert(torn.end <= (changed < 0 ? file.length : changed));
        assert.equal(torn.rest, torn.end === rest.length ? "nothing" : "torn");
      }
    },
  ));
});

test("a frame of another file, in a payload, is no frame", () => {
  const marker = newMarker();
  const foreign = encodeFrame(newMarker(), [new Uint8Array(20)]);
  const file = concat([
    new Uint8Array(FILE_HEADER_BYTES),
    encodeFrame(marker, [foreign]).subarray(0, -1),
  ]);
  assert.deepEqual(scanFrames(file, marker), { bodies: [], end: FILE_HEADER_BYTES, rest: "torn" });
});

function concat(parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}
