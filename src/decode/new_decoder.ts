import type { Decoder } from "./decoder.ts";
import { KernelDecoder } from "./kernel_decoder.ts";
import { kernelModule } from "./kernel_module.ts";
import { type DecoderOptions, ReferenceDecoder } from "./reference_decoder.ts";

/** A decoder on the JSON kernel where that can run, else the reference, which gives the same. */
export function newDecoder(options: DecoderOptions): Decoder {
  const module = kernelModule();
  return module === null ? new ReferenceDecoder(options) : new KernelDecoder(module, options);
}
