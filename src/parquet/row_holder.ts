import { ColumnHolder } from "../columns/column_rows.ts";
import type { RowHolder } from "../columns/held_rows.ts";
import { KernelHolder } from "../columns/kernel_rows.ts";
import { newParquetKernel, parquetKernelFor } from "./kernel_module.ts";
import type { ParquetCompression } from "./parquet_options.ts";

/** What holds the rows of files with this compression: a kernel that encodes, if there is one. */
export function rowHolderFor(compression: ParquetCompression): RowHolder {
  const module = parquetKernelFor(compression);
  const columns = new ColumnHolder();
  return module === null ? columns : new KernelHolder(newParquetKernel(module), columns);
}
