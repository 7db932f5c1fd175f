// Strings that columns have codes of: ../string_pool.ts, in the memory of a kernel.
import { copyPadded } from "../../kernel/bytes.ts";
import { allocate, blockSize, grow, release } from "../../kernel/memory.ts";

let poolCount: u32 = 0;

const MIN_BYTES: u32 = 1024;
const MIN_STRINGS: u32 = 60;

// @ts-ignore: decorator
@unmanaged
export class Pool {
  /** UTF-8 of all strings, end to end. */
  bytes: usize;
  bytesSize: u32;
  byteLength: u32;
  /** String `code` is at `offsets[code]` to `offsets[code + 1]`, as u32. */
  offsets: usize;
  offsetsSize: u32;
  length: u32;
  /** By code, what distinct_strings.ts notes of a string; those of another era say nothing. */
  marks: usize;
  marksSize: u32;
  era: u32;
  /** How many columns are held that have codes of it. */
  uses: u32;
  /** A number that no pool had before, whatever is in the memory of it. */
  serial: u32;
  /** Whether equal strings have equal codes. */
  isInterned: bool;
  /** Whether only what is held has codes of it, and no batch to come. */
  isLeft: bool;
}

export function newPool(isInterned: bool): Pool {
  const pool = changetype<Pool>(allocate(offsetof<Pool>()));
  memory.fill(changetype<usize>(pool), 0, offsetof<Pool>());
  pool.serial = ++poolCount;
  pool.isInterned = isInterned;
  reserve(pool, MIN_BYTES, MIN_STRINGS);
  store<u32>(pool.offsets, 0);
  return pool;
}

/** Adds a string, and gives its code. */
export function addString(pool: Pool, at: usize, length: usize): u32 {
  const start = pool.byteLength;
  const end = start + <u32>length;
  const code = pool.length;
  if (end > pool.bytesSize || (code + 2) << 2 > pool.offsetsSize) reserve(pool, end, code + 1);
  copyPadded(pool.bytes + start, at, length);
  store<u32>(pool.offsets + ((<usize>code + 1) << 2), end);
  pool.byteLength = end;
  pool.length = code + 1;
  return code;
}

/**
 * Makes room for more strings, which count from now on: their bytes go behind those before, and
 * where each of them ends behind the last offset.
 */
export function extendPool(pool: Pool, byteLength: u32, strings: u32): void {
  reserve(pool, pool.byteLength + byteLength, pool.length + strings);
  pool.byteLength += byteLength;
  pool.length += strings;
}

function reserve(pool: Pool, bytes: u32, strings: u32): void {
  if (bytes > pool.bytesSize || pool.bytes == 0) {
    const to = max<u32>(bytes, pool.bytesSize << 1);
    pool.bytes = grow(pool.bytes, pool.bytesSize, pool.byteLength, to);
    pool.bytesSize = <u32>blockSize(to);
  }
  const offsets = (strings + 1) << 2;
  if (offsets > pool.offsetsSize || pool.offsets == 0) {
    const to = max<u32>(offsets, pool.offsetsSize << 1);
    const used = pool.offsets == 0 ? 0 : (pool.length + 1) << 2;
    pool.offsets = grow(pool.offsets, pool.offsetsSize, used, to);
    pool.offsetsSize = <u32>blockSize(to);
  }
}

/** A pool for the batches to come, in place of this one, which stays while rows are held of it. */
export function leavePool(pool: Pool, isInterned: bool): Pool {
  if (pool.uses > 0) {
    pool.isLeft = true;
    return newPool(isInterned);
  }
  pool.length = pool.byteLength = pool.era = 0;
  pool.serial = ++poolCount;
  pool.isInterned = isInterned;
  return pool;
}

/** Says that a column less has codes of it. */
export function endUse(pool: Pool): void {
  if (--pool.uses == 0 && pool.isLeft) releasePool(pool);
}

/** Makes a mark for each string; those that are new, or of another era, are 0. */
export function markStrings(pool: Pool, era: u32): void {
  const needed = pool.length << 2;
  let used = pool.era == era ? pool.marksSize : 0;
  if (needed > pool.marksSize || pool.marks == 0) {
    const to = max<u32>(needed, pool.marksSize << 1);
    pool.marks = grow(pool.marks, pool.marksSize, used, to);
    pool.marksSize = <u32> blockSize(to);
  } else if (pool.era == era) return;
  pool.era = era;
  memory.fill(pool.marks + used, 0, pool.marksSize - used);
}

export function releasePool(pool: Pool): void {
  release(pool.bytes, pool.bytesSize);
  release(pool.offsets, pool.offsetsSize);
  release(pool.marks, pool.marksSize);
  release(changetype<usize>(pool), offsetof<Pool>());
}
