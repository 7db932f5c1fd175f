import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c } from "../../src/journal/crc32c.ts";

test("crc32c gives the values of RFC 3720 appendix B.4", () => {
  const read = new Uint8Array(48);
  read.set([0x01, 0xc0]);
  read.set([0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28], 16);
  read[40] = 0x02;
  const upwards = Uint8Array.from({ length: 32 }, (_, i) => i);
  for (
    const [bytes, expected] of [
      [new Uint8Array(32), 0x8a9136aa],
      [new Uint8Array(32).fill(0xff), 0x62a8ab43],
      [upwards, 0x46dd794e],
      [upwards.toReversed(), 0x113fdb5c],
      [read, 0xd9963a56],
      [new TextEncoder().encode("123456789"), 0xe3069283],
      [new Uint8Array(0), 0],
    ] as const
  ) {
    assert.equal(crc32c(bytes).toString(16), expected.toString(16));
  }
});

test("crc32c gives the same for any length and offset as bit by bit", () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => i * i * 37 + 11);
  for (let start = 0; start < 9; start++) {
    for (let end = start; end <= 64; end++) {
      const part = bytes.subarray(start, end);
      assert.equal(crc32c(part), bitByBit(part), `bytes ${start} to ${end}`);
    }
  }
});

function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
