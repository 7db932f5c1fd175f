import { padded } from "../columns/padded.ts";
import type { ParquetKernel } from "./kernel_module.ts";

type Numbers = Uint8Array | BigInt64Array | Float64Array | Int32Array | Uint32Array;

/** The kernel reads sixteen bytes at a time. */
const PADDING = 16;

/**
 * Copies arrays into the kernel's memory, in place of those before, and says where each one is; 0
 * for those that are not.
 */
export function putArrays(
  kernel: ParquetKernel,
  arrays: readonly (Numbers | undefined)[],
): number[] {
  let bytes = PADDING;
  for (const array of arrays) if (array !== undefined) bytes += padded(array.byteLength);
  let at = kernel.input(bytes);
  const memory = new Uint8Array(kernel.memory.buffer);
  const places: number[] = [];
  for (const array of arrays) {
    places.push(array === undefined ? 0 : at);
    if (array === undefined) continue;
    const { buffer, byteOffset, byteLength } = array;
    memory.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += padded(byteLength);
  }
  return places;
}
