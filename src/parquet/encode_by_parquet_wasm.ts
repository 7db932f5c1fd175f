import {
  Compression,
  Table as WasmTable,
  writeParquet,
  WriterPropertiesBuilder,
} from "parquet-wasm/esm";
import type { Table } from "../columns/vector.ts";
import { toArrowIpc } from "./arrow_table.ts";
import type { ParquetCompression } from "./parquet_options.ts";
import { loadParquetWasm } from "./wasm.ts";

const CODECS = {
  snappy: Compression.SNAPPY,
  zstd: Compression.ZSTD,
  gzip: Compression.GZIP,
  lz4: Compression.LZ4_RAW,
  none: Compression.UNCOMPRESSED,
} as const satisfies Record<ParquetCompression, Compression>;

/**
 * Encodes a table as one whole Parquet file.
 *
 * @throws {Error} If parquet-wasm cannot be loaded, or fails.
 */
export async function encodeByParquetWasm(
  table: Table,
  compression: ParquetCompression,
): Promise<Uint8Array> {
  await loadParquetWasm();
  // Both the table and the properties are consumed by the writer; properties used twice would
  // silently mean the defaults.
  const properties = new WriterPropertiesBuilder()
    .setCompression(CODECS[compression])
    .setCreatedBy("sluice")
    .build();
  return writeParquet(WasmTable.fromIPCStream(toArrowIpc(table)), properties);
}
