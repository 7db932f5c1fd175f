import type { RowKernel } from "../columns/row_kernel.ts";
import { instantiate } from "../decode/kernel_module.ts";
import { compileEmbedded } from "../embedded_wasm.ts";
import { givenParquetKernel } from "./given_kernel.ts";
import { TABLE_KERNEL_BASE64 } from "./kernel_wasm.ts";
import type { ParquetCompression } from "./parquet_options.ts";

/**
 * An instance of the kernel: what encodes (see kernel/mod.ts), in one memory with what holds rows and
 * what decodes.
 */
export interface ParquetKernel extends RowKernel {
  seedHashes(seed: bigint): void;
  beginFile(codec: number): void;
  beginColumn(kind: number, count: number, present: number, values: number, validity: number): void;
  setCodes(codes: number, offsets: number, distinct: number): void;
  setLevels(depth: number): void;
  startRows(rows: number): void;
  descend(depth: number, validity: number): void;
  descendIntoLists(depth: number, offsets: number): void;
  entries(depth: number): number;
  putColumn(): number;
  least(): number;
  greatest(): number;
  setBounds(
    min: number,
    minLength: number,
    isMinExact: number,
    max: number,
    maxLength: number,
    isMaxExact: number,
  ): void;
  plan(bytes: number): number;
  putRows(runs: number, plan: number, count: number): number;
  statsAt(): number;
  endColumn(path: number, pathLength: number): void;
  endFile(rows: number, head: number, headLength: number, tail: number, tailLength: number): void;
  fileAt(): number;
  fileLength(): number;
}

/** A kernel that a large file has left with more than this is not kept. */
const MAX_IDLE_BYTES = 16 << 20;

/** The compressions that the kernel has. */
export type KernelCompression = "snappy" | "none";

let compiled: WebAssembly.Module | null | undefined;
let idle: { readonly module: WebAssembly.Module; readonly kernel: ParquetKernel } | undefined;

/** Whether the kernel has a compression. */
export function isForKernel(compression: ParquetCompression): compression is KernelCompression {
  return compression === "snappy" || compression === "none";
}

/** The kernel's module; `null` where there is none to be had, or it has not this compression. */
export function parquetKernelFor(compression: ParquetCompression): WebAssembly.Module | null {
  if (!isForKernel(compression)) return null;
  const given = givenParquetKernel();
  if (given !== undefined) return given;
  if (compiled === undefined) compiled = compileEmbedded(TABLE_KERNEL_BASE64);
  return compiled;
}

/** Has something done by an instance of the kernel, at once. */
export function useParquetKernel<T>(
  module: WebAssembly.Module,
  use: (kernel: ParquetKernel) => T,
): T {
  const kernel = idle?.module === module ? idle.kernel : newParquetKernel(module);
  idle = undefined; // one that fails is in no known state
  const result = use(kernel);
  if (kernel.memory.buffer.byteLength <= MAX_IDLE_BYTES) idle = { module, kernel };
  return result;
}

/** A kernel of its own. */
export function newParquetKernel(module: WebAssembly.Module): ParquetKernel {
  const kernel = instantiate<ParquetKernel>(module);
  const [seed] = crypto.getRandomValues(new BigUint64Array(1));
  kernel.seedHashes(seed!);
  return kernel;
}
