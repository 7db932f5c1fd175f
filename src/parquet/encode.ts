import type { Table } from "../columns/vector.ts";
import { encodeByKernel } from "./encode_by_kernel.ts";
import { type KernelCompression, parquetKernelFor } from "./kernel_module.ts";
import type { ParquetCompression } from "./parquet_options.ts";

/**
 * Encodes a table as one whole Parquet file: by the Parquet kernel, or by parquet-wasm where there is
 * no kernel or it has not the compression. The same table gives the same bytes in every runtime, of
 * the same one of them.
 *
 * @throws {Error} If parquet-wasm is needed and cannot be loaded, or fails.
 */
export async function encodeParquet(
  table: Table,
  { compression }: { readonly compression: ParquetCompression },
): Promise<Uint8Array> {
  const kernel = parquetKernelFor(compression);
  if (kernel !== null) {
    return encodeByKernel(table, { kernel, compression: compression as KernelCompression });
  }
  const { encodeByParquetWasm } = await import("./encode_by_parquet_wasm.ts");
  return await encodeByParquetWasm(table, compression);
}
