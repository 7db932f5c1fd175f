// Memory of a kernel: blocks of a power of two bytes, kept in a list for each size once released.

/** SIMD loads may read this far past what they are meant for. */
export const PADDING: usize = 16;

const MIN_BITS: u32 = 5;
const freeLists: usize = memory.data(32 * 4, 16);
let top: usize = (__heap_base + 15) & ~15;

function bitsFor(bytes: usize): u32 {
  const bits = 32 - clz<u32>(<u32>(bytes + PADDING - 1));
  return max(bits, MIN_BITS);
}

/** How many bytes are usable in the block that {@link allocate} gives for as many. */
export function blockSize(bytes: usize): usize {
  return ((<usize>1) << bitsFor(bytes)) - PADDING;
}

/** A block of at least as many bytes, whose contents are whatever was there. */
export function allocate(bytes: usize): usize {
  const bits = bitsFor(bytes);
  const list = freeLists + bits * 4;
  const reused = load<u32>(list);
  if (reused != 0) {
    store<u32>(list, load<u32>(reused));
    return reused;
  }
  const block = top;
  top += (<usize>1) << bits;
  const pages = <i32>((top + 0xffff) >> 16) - memory.size();
  if (pages > 0 && memory.grow(max(pages, memory.size() >> 2)) < 0 && memory.grow(pages) < 0) {
    unreachable();
  }
  return block;
}

/** Gives a block back; `bytes` is what it was allocated with. */
export function release(block: usize, bytes: usize): void {
  if (block == 0) return;
  const list = freeLists + bitsFor(bytes) * 4;
  store<u32>(block, load<u32>(list));
  store<u32>(list, block);
}

/** A block of `to` bytes in place of one of `from`, with the first `used` bytes of it. */
export function grow(block: usize, from: usize, used: usize, to: usize): usize {
  const larger = allocate(to);
  memory.copy(larger, block, used);
  release(block, from);
  return larger;
}
