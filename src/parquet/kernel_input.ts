import { padded } from "../columns/padded.ts";
import type { ParquetKernel } from "./kernel_module.ts";

type Numbers = Uint8Array | BigInt64Array | Float64Array | Int32Array | Uint32Array;

/** The kernel reads sixteen bytes at a time. */
const PADDING = 16;

/**
 * Copies arrays into the kernel's memory, in place of those before, if they are not in it already,
 * and says where each one is; 0 for those that are not.
 */
export function putArrays(
  kernel: ParquetKernel,
  arrays: readonly (Numbers | undefined)[],
): number[] {
  let bytes = PADDING;
  const own = kernel.memory.buffer;
  // Said before the memory may grow, which ends all views of it.
  const places = arrays.map((array) => {
    if (array === undefined) return 0;
    if (array.buffer === own) return array.byteOffset;
    bytes += padded(array.byteLength);
    return -1;
  });
  let at = kernel.input(bytes);
  const memory = new Uint8Array(kernel.memory.buffer);
  for (const [i, array] of arrays.entries()) {
    if (places[i] !== -1) continue;
    const { buffer, byteOffset, byteLength } = array!;
    memory.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    places[i] = at;
    at += padded(byteLength);
  }
  return places;
}
