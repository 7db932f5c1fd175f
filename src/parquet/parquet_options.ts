import { oneOf } from "../options.ts";

/** How the pages of a Parquet file are compressed. */
export type ParquetCompression = "snappy" | "zstd" | "gzip" | "lz4" | "none";

/** The names of all compressions. */
export const PARQUET_COMPRESSIONS: readonly ParquetCompression[] = [
  "snappy",
  "zstd",
  "gzip",
  "lz4",
  "none",
];

/** How part files are written. */
export interface ParquetOptions {
  /** How pages are compressed; `"snappy"` by default. */
  readonly compression?: ParquetCompression;
  /** The writer's name, part of every file's: letters, digits and `_`; `"main"` by default. */
  readonly writer?: string;
}

/** {@linkcode ParquetOptions}, checked and complete. */
export interface ParquetSettings {
  readonly compression: ParquetCompression;
  readonly writer: string;
}

/** Checks {@linkcode ParquetOptions}. */
export function resolveParquetOptions(options: ParquetOptions): ParquetSettings {
  const { compression = "snappy", writer = "main" } = options;
  if (typeof writer !== "string" || !/^[A-Za-z0-9_]{1,64}$/.test(writer)) {
    throw new RangeError(
      `Cannot use option "writer": it must be 1 to 64 letters, digits and "_": ` +
        `current value is ${JSON.stringify(writer)}`,
    );
  }
  return { compression: oneOf(compression, "compression", PARQUET_COMPRESSIONS), writer };
}
