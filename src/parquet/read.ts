import { readParquet } from "parquet-wasm/esm";
import type { Table } from "../columns/vector.ts";
import { fromArrowIpc } from "./arrow_vectors.ts";
import { loadParquetWasm } from "./wasm.ts";

/** How many rows the decoder makes at a time. */
const BATCH_ROWS = 65_536;

/**
 * Reads a whole Parquet file, whoever wrote it. Types that columns here do not have become the
 * nearest that loses nothing but digits of time below the microsecond: smaller numbers int64 and
 * float64; dates, times, decimals and unsigned 64-bit integers text; bytes base64; timestamps
 * without a zone are UTC; a map is a list of its entries. JSON columns come back as strings.
 *
 * @throws {TypeError} If a column has another type still: names both.
 * @throws {RangeError} If a timestamp is beyond what 64-bit microseconds reach.
 * @throws {Error} If the bytes are no Parquet file.
 */
export async function readParquetTable(bytes: Uint8Array): Promise<Table> {
  await loadParquetWasm();
  let ipc: Uint8Array;
  try {
    // The table is in WASM memory until it is turned into a stream, which consumes it.
    ipc = readParquet(bytes, { batchSize: BATCH_ROWS }).intoIPCStream();
  } catch (cause) {
    throw new Error("Cannot read a Parquet file: it is damaged, too large, or not one", { cause });
  }
  return fromArrowIpc(ipc);
}
