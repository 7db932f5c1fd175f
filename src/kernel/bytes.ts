// Runs of bytes, sixteen at a time. All of them may be read PADDING bytes past their end.

/** Copies, and may write PADDING bytes past the end. */
// @ts-ignore: decorator
@inline
export function copyPadded(target: usize, source: usize, length: usize): void {
  for (let at: usize = 0; at < length; at += 16) {
    v128.store(target + at, v128.load(source + at));
  }
}

/** Sixteen bytes of ones, and as many of zeros. */
const ONES: usize = memory.data<u64>([u64.MAX_VALUE, u64.MAX_VALUE, 0, 0]);

/** As many bytes of ones, up to sixteen, followed by zeros. */
// @ts-ignore: decorator
@inline
export function firstOnes(count: usize): v128 {
  return v128.load(ONES + 16 - count);
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
  return !v128.any_true(v128.and(differs, firstOnes(length)));
}

const K: u64 = 0x9e3779b97f4a7c15;

/**
 * Takes sixteen bytes into a hash, which begins with a seed: their halves are multiplied with one
 * another, as in Yann Collet's XXH3.
 */
// @ts-ignore: decorator
@inline
export function hashStep(hash: v128, bytes: v128): v128 {
  const mixed = v128.xor(hash, bytes);
  const swapped = v128.shuffle<u64>(mixed, mixed, 1, 0);
  return i64x2.add(swapped, i64x2.extmul_low_i32x4_u(mixed, swapped));
}

/** Ends the hash of `length` bytes; the last of them, less than sixteen, are followed by zeros. */
// @ts-ignore: decorator
@inline
export function hashEnd(hash: v128, rest: v128, length: u32): u32 {
  hash = hashStep(hash, rest);
  const low = i64x2.extract_lane(hash, 0) + length;
  const high = i64x2.extract_lane(hash, 1);
  return <u32>(((low ^ rotl(high, 32)) * K) >> 32);
}

/** A hash of a number that has a seed in it. */
// @ts-ignore: decorator
@inline
export function hashOfNumber(seeded: u64): u32 {
  const mixed = seeded * K;
  return <u32>((mixed ^ (mixed >> 32)) * K >> 32);
}

/** A hash of bytes. */
export function hashOf(seed: u64, at: usize, length: usize): u32 {
  let hash = i64x2.splat(seed);
  let rest = length;
  for (; rest >= 16; rest -= 16) {
    hash = hashStep(hash, v128.load(at));
    at += 16;
  }
  return hashEnd(hash, v128.and(v128.load(at), firstOnes(rest)), <u32>length);
}
