import { setJsonKernel } from "./decode/kernel_module.ts";
import { setParquetKernel } from "./parquet/given_kernel.ts";

/**
 * Sets the WebAssembly that decodes events and encodes Parquet from now on, for runtimes that do not
 * compile any by themselves (Cloudflare Workers), or takes it away: then events are decoded by
 * `JSON.parse`, with the same result, and files encoded by parquet-wasm, with the same rows but other
 * bytes; both several times slower. Elsewhere there is no need to call it.
 *
 * @param module `sluice/kernel.wasm`, compiled; `null` for none.
 *
 * @example
 * ```ts
 * import { setKernel } from "sluice";
 *
 * setKernel(null);
 * ```
 */
export function setKernel(module: WebAssembly.Module | null): void {
  setJsonKernel(module);
  setParquetKernel(module);
}
