// The way to what encodes and what reads, which are loaded when they are first needed: whoever imports
// the library for something else, or decodes while they load, need not wait for them, and bundlers put
// them into files of their own.
import type { RowHolder } from "../columns/held_rows.ts";
import type { Table } from "../columns/vector.ts";
import type { PartContent } from "../window/part_table.ts";
import type { EncodedPart } from "./encode_part.ts";
import type { EncodedTable } from "./encode_table.ts";
import type { ParquetCompression } from "./parquet_options.ts";

/**
 * Encodes a table as one whole Parquet file, as {@linkcode encodeParquet} of `encode.ts` does.
 *
 * @throws {Error} If what encodes cannot be loaded, or fails.
 */
export async function encodeTable(
  table: Table,
  options: { readonly compression: ParquetCompression },
): Promise<EncodedTable> {
  const { encodeTable } = await import("./encode_table.ts").catch(cannotLoad);
  return await encodeTable(table, options);
}

/**
 * Makes the file of a part: see {@linkcode encodePart} of `encode_part.ts`.
 *
 * @throws {Error} If what encodes cannot be loaded, or fails.
 */
export async function encodePart(
  content: PartContent,
  options: { readonly compression: ParquetCompression },
): Promise<EncodedPart> {
  const { encodePart } = await import("./encode_part.ts").catch(cannotLoad);
  return await encodePart(content, options);
}

/**
 * What holds the rows of files with this compression, until they are encoded.
 *
 * @throws {Error} If what encodes cannot be loaded.
 */
export async function rowHolderFor(compression: ParquetCompression): Promise<RowHolder> {
  const { rowHolderFor } = await import("./row_holder.ts").catch(cannotLoad);
  return rowHolderFor(compression);
}

/**
 * Reads a whole Parquet file, whoever wrote it, as {@linkcode readParquetTable} of `read.ts` does.
 *
 * @throws {TypeError} If a column has a type that columns here do not have.
 * @throws {RangeError} If a timestamp is beyond what 64-bit microseconds reach.
 * @throws {Error} If the bytes are no Parquet file, or what reads them cannot be loaded.
 */
export async function readParquetTable(bytes: Uint8Array): Promise<Table> {
  const { readParquetTable } = await import("./read.ts").catch(cannotLoad);
  return await readParquetTable(bytes);
}

// Of an import that succeeded, the runtime keeps the one promise; one that failed, a download say,
// may be tried again.
function cannotLoad(cause: unknown): never {
  throw new Error("Cannot load the part of sluice that is for Parquet", { cause });
}
