import type { Decoder } from "./decoder.ts";
import { KernelDecoder } from "./kernel_decoder.ts";
import { givenJsonKernel, type Kernel, kernelModule } from "./kernel_module.ts";
import { type DecoderOptions, ReferenceDecoder } from "./reference_decoder.ts";

/**
 * A decoder on the JSON kernel where that can run, else the reference, which gives the same.
 *
 * @param kernel An instance to use, that of what holds the rows: then they need not leave it.
 */
export function newDecoder(options: DecoderOptions, kernel?: Pick<Kernel, "memory">): Decoder {
  const hasKernel = givenJsonKernel() !== null && (kernel !== undefined || kernelModule() !== null);
  if (!hasKernel) return new ReferenceDecoder(options);
  return new KernelDecoder(options, kernel as Kernel | undefined);
}
