// Runs of bytes, sixteen at a time. All of them may be read PADDING bytes past their end.

const K0: u64 = 0x9e3779b97f4a7c15;
const K1: u64 = 0xbf58476d1ce4e5b9;

/** 0, 1, … 15. */
// @ts-ignore: decorator
@inline
function lanes(): v128 {
  return i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** Whether `length` bytes are the same in two places. */
// @ts-ignore: decorator
@inline
export function equalBytes(a: usize, b: usize, length: usize): bool {
  while (length > 16) {
    if (v128.any_true(v128.xor(v128.load(a), v128.load(b)))) return false;
    a += 16;
    b += 16;
    length -= 16;
  }
  const differs = v128.xor(v128.load(a), v128.load(b));
  const counts = i8x16.lt_u(lanes(), i8x16.splat(<i8>length));
  return !v128.any_true(v128.and(differs, counts));
}

/** Copies, and may write PADDING bytes past the end. */
// @ts-ignore: decorator
@inline
export function copyPadded(target: usize, source: usize, length: usize): void {
  for (let at: usize = 0; at < length; at += 16) {
    v128.store(target + at, v128.load(source + at));
  }
}

/** A hash of some bytes, which has the seed in it. */
// @ts-ignore: decorator
@inline
export function hashOf(at: usize, length: usize, seed: u64): u64 {
  let hash = seed ^ (<u64>length * K0);
  while (length >= 8) {
    hash = (hash ^ load<u64>(at)) * K1;
    hash ^= hash >> 29;
    at += 8;
    length -= 8;
  }
  if (length > 0) {
    const rest = load<u64>(at) & ((<u64>1 << (<u64>length * 8)) - 1);
    hash = (hash ^ rest) * K1;
    hash ^= hash >> 29;
  }
  hash *= K0;
  return hash ^ (hash >> 32);
}

/** Whether bytes are valid UTF-8 (Unicode 15, table 3-7). */
export function isUtf8(at: usize, length: usize): bool {
  const end = at + length;
  while (at < end) {
    const first = <u32>load<u8>(at);
    if (first < 0x80) {
      at++;
      continue;
    }
    if (first < 0xc2 || first > 0xf4) return false;
    const second = <u32>load<u8>(at, 1);
    if (first < 0xe0) {
      if (at + 2 > end || (second & 0xc0) != 0x80) return false;
      at += 2;
    } else if (first < 0xf0) {
      if (at + 3 > end || (second & 0xc0) != 0x80 || (load<u8>(at, 2) & 0xc0) != 0x80) return false;
      if (first == 0xe0 && second < 0xa0) return false;
      if (first == 0xed && second > 0x9f) return false; // surrogates
      at += 3;
    } else {
      if (at + 4 > end || (second & 0xc0) != 0x80) return false;
      if ((load<u8>(at, 2) & 0xc0) != 0x80 || (load<u8>(at, 3) & 0xc0) != 0x80) return false;
      if (first == 0xf0 && second < 0x90) return false;
      if (first == 0xf4 && second > 0x8f) return false;
      at += 4;
    }
  }
  return true;
}
