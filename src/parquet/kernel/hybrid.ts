// Small integers as runs and bit-packed groups of eight (Parquet, Encodings.md, "Run Length Encoding
// / Bit-Packing Hybrid"): levels and codes.
import { Buffer, fillTo, putVarint, roomFor } from "../../kernel/buffer.ts";

const MAX_VARINT_BYTES: u32 = 5;

/** How many bits every integer up to this one fits in. */
// @ts-ignore: decorator
@inline
export function bitsFor(greatest: u32): u32 {
  return 32 - clz(greatest);
}

/** Appends one value, repeated. */
export function putRun(buffer: Buffer, value: u32, count: u32, bits: u32): void {
  let at = putVarint(roomFor(buffer, MAX_VARINT_BYTES + 4), count << 1);
  for (let shift: u32 = 0; shift < bits; shift += 8) store<u8>(at++, <u8>(value >> shift));
  fillTo(buffer, at);
}

/** Appends 32-bit values, each of which fits in so many bits. */
export function putHybrid(buffer: Buffer, values: usize, count: u32, bits: u32): void {
  let packed: u32 = 0; // what is to be packed begins here
  let from: u32 = 0;
  while (from < count) {
    const value = valueAt(values, from);
    let end = from + 1;
    while (end < count && valueAt(values, end) == value) end++;
    // Groups are whole, so what is packed takes from the run what it lacks.
    const start = from + ((packed - from) & 7);
    if (start + 8 <= end) {
      if (start > packed) putPacked(buffer, values, packed, start, bits);
      putRun(buffer, value, end - start, bits);
      packed = end;
    }
    from = end;
  }
  if (packed < count) putPacked(buffer, values, packed, count, bits);
}

/** Values from the lowest bit upwards; the last group is filled up with zeros. */
function putPacked(buffer: Buffer, values: usize, from: u32, to: u32, bits: u32): void {
  const groups = (to - from + 7) >> 3;
  let at = roomFor(buffer, MAX_VARINT_BYTES + groups * bits + 8);
  at = putVarint(at, (groups << 1) | 1);
  const end = at + <usize>(groups * bits);
  let pending: u64 = 0;
  let pendingBits: u32 = 0;
  for (; from < to; from++) {
    pending |= <u64>valueAt(values, from) << <u64>pendingBits;
    pendingBits += bits;
    if (pendingBits >= 32) {
      store<u32>(at, <u32>pending);
      at += 4;
      pending >>= 32;
      pendingBits -= 32;
    }
  }
  // Less than 32 bits are left, and groups of eight zeros after them.
  while (at < end) {
    store<u8>(at++, <u8>pending);
    pending >>= 8;
  }
  fillTo(buffer, end);
}

// @ts-ignore: decorator
@inline
function valueAt(values: usize, index: u32): u32 {
  return load<u32>(values + ((<usize>index) << 2));
}
