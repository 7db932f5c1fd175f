import { type CodedStrings, withCodes } from "../columns/distinct_strings.ts";
import { type Extremes, noteExtremes, type StringBounds, stringBounds } from "../columns/stats.ts";
import type { Table } from "../columns/vector.ts";
import { putArrays } from "./kernel_input.ts";
import { type KernelCompression, type ParquetKernel, useParquetKernel } from "./kernel_module.ts";
import { type LeafColumn, leafColumns } from "./leaf_columns.ts";
import { schemaMetadata } from "./schema_metadata.ts";

/** `CompressionCodec` of parquet.thrift. */
const CODECS = { none: 0, snappy: 1 } as const satisfies Record<KernelCompression, number>;

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
  const { vector } = leaf;
  const texts = vector.offsets === undefined ? undefined : withCodes(vector);
  const pathAt = beginColumn(kernel, { leaf, texts, path });
  if (kernel.putColumn() !== 0) {
    const extremes = { min: kernel.least(), max: kernel.greatest() };
    if (texts === undefined || texts.codes === vector.codes) noteExtremes(vector, extremes);
    if (texts !== undefined && isAnyLong(texts.offsets, extremes)) {
      return endWithBounds(kernel, stringBounds(texts, extremes), path);
    }
  }
  kernel.endColumn(pathAt, path.length);
}

/** Hands the arrays of a column to the kernel; gives the place of its path. */
function beginColumn(
  kernel: ParquetKernel,
  { leaf: { vector, depth }, texts, path }: {
    readonly leaf: LeafColumn;
    readonly texts: CodedStrings | undefined;
    readonly path: Uint8Array;
  },
): number {
  const { type, length, nullCount, validity } = vector;
  const [pathAt, valuesAt, validityAt, codesAt, offsetsAt] = putArrays(kernel, [
    path,
    vector.bits ?? vector.ints ?? vector.floats ?? texts!.bytes,
    nullCount === 0 ? undefined : validity,
    texts?.codes,
    texts?.offsets,
  ]);
  const kind = KINDS[type.kind as keyof typeof KINDS];
  kernel.beginColumn(kind, length, length - nullCount, valuesAt!, validityAt!);
  if (texts !== undefined) kernel.setCodes(codesAt!, offsetsAt!, texts.offsets.length - 1);
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
