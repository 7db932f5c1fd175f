// Snappy (its format_description.txt): the length, then literals and copies from what came before.
import { copyPadded } from "../../kernel/bytes.ts";
import { putVarint } from "../../kernel/buffer.ts";

const BLOCK_BYTES: u32 = 1 << 16;
const MAX_TABLE_BITS: u32 = 14;
/** The end of a block is not searched, so eight bytes can be read anywhere before it. */
const MARGIN: usize = 15;

/** Literals of this length or less are short. */
const MAX_SHORT: u32 = 64;

/** For the hash of five bytes, where in the block they stood last. */
const table: usize = memory.data(2 << MAX_TABLE_BITS, 16);

/** The most bytes that as many can become. */
export function maxCompressedLength(length: u32): u32 {
  return 32 + length + length / 6;
}

/** Compresses, and says where what was written ends. */
export function compress(source: usize, length: u32, target: usize): usize {
  let at = putVarint(target, length);
  for (let start: u32 = 0; start < length; start += BLOCK_BYTES) {
    at = compressBlock(source + start, min(BLOCK_BYTES, length - start), at);
  }
  return at;
}

function compressBlock(block: usize, length: u32, at: usize): usize {
  const end = block + length;
  let literal = block; // what is not written yet begins here
  if (<usize>length > MARGIN + 1) {
    const bits = max<u32>(8, min(MAX_TABLE_BITS, 32 - clz(length - 1)));
    const shift = <u64>(64 - bits);
    memory.fill(table, 0, (<usize>2) << bits);
    const limit = end - MARGIN;
    let from = block + 1;
    while (true) {
      // The longer nothing is found, the fewer places are looked at.
      let steps: u32 = 32;
      let candidate = block;
      while (true) {
        if (from > limit) return putLiteral(at, literal, end);
        const slot = slotOf(from, shift);
        candidate = block + load<u16>(slot);
        store<u16>(slot, <u16>(from - block));
        if (load<u32>(from) == load<u32>(candidate)) break;
        from += steps++ >> 5;
      }
      at = putLiteral(at, literal, from);
      while (true) {
        const length = matchLength(candidate, from, end);
        at = putCopy(at, <u32>(from - candidate), length);
        from += length;
        literal = from;
        if (from > limit) return putLiteral(at, literal, end);
        store<u16>(slotOf(from - 1, shift), <u16>(from - 1 - block));
        const slot = slotOf(from, shift);
        candidate = block + load<u16>(slot);
        store<u16>(slot, <u16>(from - block));
        if (load<u32>(from) != load<u32>(candidate)) break;
      }
      from++;
    }
  }
  return putLiteral(at, literal, end);
}

/**
 * Four bytes would do for a copy, but among the digits of ids as many are found by chance everywhere:
 * that takes several times as long, and saves 2 %.
 */
// @ts-ignore: decorator
@inline
function slotOf(at: usize, shift: u64): usize {
  return table + ((<usize>(((load<u64>(at) << 24) * 0x9e3779b185ebca87) >> shift)) << 1);
}

/** How many bytes are the same, of which the first four are known to be. */
// @ts-ignore: decorator
@inline
function matchLength(earlier: usize, later: usize, end: usize): u32 {
  const start = later;
  later += 4;
  earlier += 4;
  while (later + 8 <= end) {
    const difference = load<u64>(later) ^ load<u64>(earlier);
    if (difference != 0) return <u32>(later - start + <usize>(ctz(difference) >> 3));
    later += 8;
    earlier += 8;
  }
  while (later < end && load<u8>(later) == load<u8>(earlier)) {
    later++;
    earlier++;
  }
  return <u32>(later - start);
}

function putLiteral(at: usize, from: usize, to: usize): usize {
  const length = <u32>(to - from);
  if (length == 0) return at;
  const last = length - 1;
  if (last < 60) {
    store<u8>(at, <u8>(last << 2));
    at += 1;
  } else if (last < 256) {
    store<u8>(at, 60 << 2);
    store<u8>(at, <u8>last, 1);
    at += 2;
  } else {
    store<u8>(at, 61 << 2);
    store<u16>(at, <u16>last, 1);
    at += 3;
  }
  // Most are short, and a copy that writes on past its end is faster.
  if (length <= MAX_SHORT) copyPadded(at, from, length);
  else memory.copy(at, from, length);
  return at + length;
}

function putCopy(at: usize, offset: u32, length: u32): usize {
  for (; length >= 68; length -= 64) at = putLongCopy(at, offset, 64);
  if (length > 64) { // what is left is to be at least four
    at = putLongCopy(at, offset, 60);
    length -= 60;
  }
  if (length >= 12 || offset >= 2048) return putLongCopy(at, offset, length);
  store<u8>(at, <u8>(1 | ((length - 4) << 2) | ((offset >> 8) << 5)));
  store<u8>(at, <u8>offset, 1);
  return at + 2;
}

// @ts-ignore: decorator
@inline
function putLongCopy(at: usize, offset: u32, length: u32): usize {
  store<u8>(at, <u8>(2 | ((length - 1) << 2)));
  store<u16>(at, <u16>offset, 1);
  return at + 3;
}
