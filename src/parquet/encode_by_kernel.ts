import { withCodes } from "../columns/distinct_strings.ts";
import { type Extremes, noteExtremes, type StringBounds, stringBounds } from "../columns/stats.ts";
import type { Table, Vector } from "../columns/vector.ts";
import { putArrays } from "./kernel_input.ts";
import { type KernelCompression, type ParquetKernel, useParquetKernel } from "./kernel_module.ts";
import { type LeafColumn, leafColumns } from "./leaf_columns.ts";
import { schemaMetadata } from "./schema_metadata.ts";

/** `CompressionCodec` of parquet.thrift. */
export const CODECS: Readonly<Record<KernelCompression, number>> = { none: 0, snappy: 1 };

/** What values are to the kernel: see `beginColumn` in kernel/mod.ts. */
const KINDS = { bool: 0, int64: 1, timestamp: 1, float64: 2, string: 3, json: 4 } as const;

/** Strings of more bytes than this may have to be cut to be bounds. */
const MAX_BOUND_BYTES = 32;

const encoder = new TextEncoder();

/** Encodes a table as one whole Parquet file, of one row group. */
export function encodeByKernel(
  table: Table,
  options: { readonly kernel: WebAssembly.Module; readonly compression: KernelCompression },
): Uint8Array {
  const { head, paths, tail } = schemaMetadata(table.fields);
  const encode = (kernel: ParquetKernel): Uint8Array => {
    kernel.beginFile(CODECS[options.compression]);
    let column = 0;
    for (const leaf of leafColumns(kernel, table)) putColumn(kernel, leaf, paths[column++]!);
    const [headAt, tailAt] = putArrays(kernel, [head, tail]);
    kernel.endFile(table.rows, headAt!, head.length, tailAt!, tail.length);
    return new Uint8Array(kernel.memory.buffer, kernel.fileAt(), kernel.fileLength()).slice();
  };
  // What holds rows is the same kernel.
  if (table.kernel !== undefined) return encode(table.kernel as ParquetKernel);
  return useParquetKernel(options.kernel, encode);
}

function putColumn(kernel: ParquetKernel, leaf: LeafColumn, path: Uint8Array): void {
  const vector = coded(leaf.vector);
  const pathAt = beginColumn(kernel, { ...leaf, vector }, path);
  if (kernel.putColumn() !== 0) {
    const extremes = { min: kernel.least(), max: kernel.greatest() };
    if (vector === leaf.vector) noteExtremes(vector, extremes);
    if (vector.codes !== undefined && isAnyLong(vector.offsets!, extremes)) {
      return endWithBounds(kernel, stringBounds(vector, extremes), path);
    }
  }
  kernel.endColumn(pathAt, path.length);
}

/** A vector whose strings, if it has any, are there once each. */
function coded(vector: Vector): Vector {
  const { type, length, nullCount, validity, codes } = vector;
  if (codes !== undefined || (type.kind !== "string" && type.kind !== "json")) return vector;
  return { type, length, nullCount, validity, ...withCodes(vector) };
}

/**
 * Hands the arrays of a column to the kernel; gives the place of its path. Views of arrays that the
 * kernel has are not good for more than one call.
 */
function beginColumn(
  kernel: ParquetKernel,
  { vector, depth }: LeafColumn,
  path: Uint8Array,
): number {
  const { type, length, nullCount, offsets } = vector;
  const distinct = offsets === undefined ? 0 : offsets.length - 1;
  const [pathAt, valuesAt, validityAt, codesAt, offsetsAt] = putArrays(kernel, [
    path,
    vector.bits ?? vector.ints ?? vector.floats ?? vector.bytes,
    nullCount === 0 ? undefined : vector.validity,
    vector.codes,
    offsets,
  ]);
  const kind = KINDS[type.kind as keyof typeof KINDS];
  kernel.beginColumn(kind, length, length - nullCount, valuesAt!, validityAt!);
  if (offsets !== undefined) kernel.setCodes(codesAt!, offsetsAt!, distinct);
  if (depth !== undefined) kernel.setLevels(depth);
  return pathAt!;
}

function isAnyLong(offsets: Int32Array, { min, max }: Extremes): boolean {
  return offsets[min + 1]! - offsets[min]! > MAX_BOUND_BYTES ||
    offsets[max + 1]! - offsets[max]! > MAX_BOUND_BYTES;
}

/** Ends a column whose least and greatest strings may be too long. */
function endWithBounds(
  kernel: ParquetKernel,
  { min, max, isExact }: StringBounds,
  path: Uint8Array,
): void {
  const [least, greatest] = [encoder.encode(min), encoder.encode(max)];
  const [pathAt, minAt, maxAt] = putArrays(kernel, [path, least, greatest]);
  kernel.setBounds(
    minAt!,
    least.length,
    isExact.min ? 1 : 0,
    maxAt!,
    greatest.length,
    isExact.max ? 1 : 0,
  );
  kernel.endColumn(pathAt!, path.length);
}
