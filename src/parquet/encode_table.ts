import { type ColumnStats, tableStats } from "../columns/stats.ts";
import type { Table } from "../columns/vector.ts";
import { encodeParquet } from "./encode.ts";
import type { ParquetCompression } from "./parquet_options.ts";

/** A whole Parquet file. */
export interface EncodedTable {
  readonly bytes: Uint8Array;
  /** Of each column, by name. */
  readonly stats: Readonly<Record<string, ColumnStats>>;
}

/** Encodes a table as {@linkcode encodeParquet} does, with the statistics of its columns. */
export async function encodeTable(
  table: Table,
  options: { readonly compression: ParquetCompression },
): Promise<EncodedTable> {
  return { bytes: await encodeParquet(table, options), stats: tableStats(table) };
}
