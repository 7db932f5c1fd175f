// Strings that the columns of many batches share by their codes: ../string_pool.ts, in the memory of
// the kernel.
import { allocate, blockSize, grow, release } from "../../kernel/memory.ts";

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
}

export function newPool(): Pool {
  const pool = changetype<Pool>(allocate(offsetof<Pool>()));
  memory.fill(changetype<usize>(pool), 0, offsetof<Pool>());
  extendPool(pool, 0, 0);
  store<u32>(pool.offsets, 0);
  return pool;
}

/**
 * Makes room for more strings, which count from now on: their bytes go behind those before, and
 * where each of them ends behind the last offset.
 */
export function extendPool(pool: Pool, byteLength: u32, strings: u32): void {
  const bytes = pool.byteLength + byteLength;
  if (bytes > pool.bytesSize || pool.bytes == 0) {
    const to = max<u32>(bytes, pool.bytesSize << 1);
    pool.bytes = grow(pool.bytes, pool.bytesSize, pool.byteLength, to);
    pool.bytesSize = <u32> blockSize(to);
  }
  const offsets = (pool.length + strings + 1) << 2;
  if (offsets > pool.offsetsSize || pool.offsets == 0) {
    const to = max<u32>(offsets, pool.offsetsSize << 1);
    pool.offsets = grow(pool.offsets, pool.offsetsSize, (pool.length + 1) << 2, to);
    pool.offsetsSize = <u32> blockSize(to);
  }
  pool.byteLength = bytes;
  pool.length += strings;
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
