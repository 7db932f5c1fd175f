import { withCodes } from "../columns/distinct_strings.ts";
import { padded } from "../columns/padded.ts";
import { extremesOf, stringBounds, withBothZeros } from "../columns/stats.ts";
import { bitAt, type Table, type Vector } from "../columns/vector.ts";
import { type ColumnChunk, fileFooter } from "./file_footer.ts";
import { type KernelCompression, type ParquetKernel, useParquetKernel } from "./kernel_module.ts";
import { type LeafColumn, leafColumns, type Nesting } from "./leaf_columns.ts";

/** `CompressionCodec` of parquet.thrift. */
const CODECS = { none: 0, snappy: 1 } as const satisfies Record<KernelCompression, number>;

/** What values are to the kernel: see `beginColumn` in kernel/mod.ts. */
const KINDS = { bool: 0, int64: 1, timestamp: 1, float64: 1, string: 2, json: 2 } as const;

/** Rows are left out or read page by page, so a page has no more of them than this. */
const MAX_PAGE_ROWS = 20_000;
/** A dictionary is a page, and readers hold it whole. */
const MAX_DICTIONARY_BYTES = 1 << 20;
/** The kernel reads sixteen bytes at a time. */
const PADDING = 16;

/** Encodes a table as one whole Parquet file, of one row group. */
export function encodeByKernel(
  table: Table,
  options: { readonly kernel: WebAssembly.Module; readonly compression: KernelCompression },
): Uint8Array {
  const codec = CODECS[options.compression];
  return useParquetKernel(options.kernel, (kernel) => {
    kernel.beginFile(codec);
    const { rows, fields } = table;
    const columns = Array.from(leafColumns(table), (leaf) => encodeColumn(kernel, leaf));
    const footer = fileFooter(fields, rows === 0 ? [] : [{ rows, codec, columns }]);
    const pages = new Uint8Array(kernel.memory.buffer, kernel.fileAt(), kernel.fileLength());
    const file = new Uint8Array(pages.length + footer.length);
    file.set(pages);
    file.set(footer, pages.length);
    return file;
  });
}

function encodeColumn(kernel: ParquetKernel, leaf: LeafColumn): ColumnChunk {
  const { path, vector, nesting } = leaf;
  const start = kernel.fileLength();
  beginColumn(kernel, leaf);
  const hasDictionary = kernel.putDictionary() !== 0;
  const dataStart = kernel.fileLength();
  if (nesting === undefined) putFlatPages(kernel, vector.length);
  else putNestedPages(kernel, nesting);
  const entries = nesting?.values.length ?? vector.length;
  return {
    path,
    type: vector.type,
    start,
    hasDictionary,
    dataStart,
    end: kernel.fileLength(),
    uncompressedBytes: kernel.uncompressedLength(),
    entries,
    nullCount: entries - vector.length + vector.nullCount,
    ...bounds(vector),
  };
}

/** Hands the arrays of a column to the kernel. */
function beginColumn(kernel: ParquetKernel, { vector, nesting }: LeafColumn): void {
  const { type, length, nullCount, validity } = vector;
  const kind = KINDS[type.kind as keyof typeof KINDS];
  const texts = vector.offsets === undefined ? undefined : withCodes(vector);
  const values = vector.bits ?? vector.ints ?? vector.floats ?? texts!.bytes;
  const arrays = [
    values,
    nullCount === 0 ? undefined : validity,
    texts?.codes,
    texts?.offsets,
    nesting?.definitions,
    nesting?.repetitions,
  ];
  const places = putArrays(kernel, arrays);
  const [valuesAt, validityAt, codesAt, offsetsAt, definitionsAt, repetitionsAt] = places;
  const distinct = texts === undefined ? 0 : dictionarySize(texts, length - nullCount);
  kernel.beginColumn(kind, length, valuesAt!, validityAt!, codesAt!, offsetsAt!, distinct);
  if (nesting !== undefined) {
    const { maxDefinition, maxRepetition } = nesting;
    kernel.setLevels(definitionsAt!, repetitionsAt!, maxDefinition, maxRepetition);
  }
}

/** Copies arrays into the kernel's memory, and says where each one is; 0 for those that are not. */
function putArrays(
  kernel: ParquetKernel,
  arrays:
    readonly (Uint8Array | BigInt64Array | Float64Array | Int32Array | Uint32Array | undefined)[],
): number[] {
  const bytes = arrays.reduce((sum, array) => sum + padded(array?.byteLength ?? 0), PADDING);
  let at = kernel.input(bytes);
  return arrays.map((array) => {
    if (array === undefined) return 0;
    const { buffer, byteOffset, byteLength } = array;
    new Uint8Array(kernel.memory.buffer, at, byteLength)
      .set(new Uint8Array(buffer, byteOffset, byteLength));
    const place = at;
    at += padded(byteLength);
    return place;
  });
}

/** How many strings a dictionary of them has; 0 where it would save nothing. */
function dictionarySize(
  { offsets, bytes }: { offsets: Int32Array; bytes: Uint8Array },
  present: number,
) {
  const distinct = offsets.length - 1;
  const isWorthIt = 2 * distinct <= present && bytes.length + 4 * distinct <= MAX_DICTIONARY_BYTES;
  return isWorthIt ? distinct : 0;
}

function putFlatPages(kernel: ParquetKernel, rows: number): void {
  for (let row = 0; row < rows;) {
    const count = Math.min(rows - row, MAX_PAGE_ROWS, kernel.valuesInPage(row));
    kernel.putData(row, count, row, count);
    row += count;
  }
}

/** Pages begin with a row. */
function putNestedPages(kernel: ParquetKernel, { repetitions, values }: Nesting): void {
  let entry = 0;
  let value = 0;
  while (entry < values.length) {
    const most = value + kernel.valuesInPage(value);
    let next = value; // the first value of the next page
    let rows = 0;
    let end = entry;
    for (; end < values.length; end++) {
      if ((repetitions?.[end] ?? 0) === 0 && (rows++ === MAX_PAGE_ROWS || next > most)) break;
      if (values[end]! >= 0) next = values[end]! + 1;
    }
    kernel.putData(entry, end - entry, value, next - value);
    entry = end;
    value = next;
  }
}

/** The least and the greatest value, as pages have them. */
function bounds(vector: Vector): Pick<ColumnChunk, "min" | "max"> {
  const extremes = extremesOf(vector);
  if (extremes === undefined) return {};
  const { min, max } = extremes;
  switch (vector.type.kind) {
    case "bool": {
      const bound = (row: number) => Uint8Array.of(bitAt(vector.bits!, row) ? 1 : 0);
      return exactBounds(bound(min), bound(max));
    }
    case "float64": {
      const [least, greatest] = withBothZeros(vector.floats![min]!, vector.floats![max]!);
      return exactBounds(bytesOf(Float64Array.of(least)), bytesOf(Float64Array.of(greatest)));
    }
    case "string": {
      const { min, max, isExact } = stringBounds(vector, extremes);
      return {
        min: { bytes: encoder.encode(min), isExact: isExact.min },
        max: { bytes: encoder.encode(max), isExact: isExact.max },
      };
    }
    default: {
      const bound = (row: number) => bytesOf(vector.ints!.slice(row, row + 1));
      return exactBounds(bound(min), bound(max));
    }
  }
}

const encoder = new TextEncoder();

function exactBounds(min: Uint8Array, max: Uint8Array) {
  return { min: { bytes: min, isExact: true }, max: { bytes: max, isExact: true } };
}

/** Numbers in the order of bytes that WebAssembly and Parquet have, as all machines do that run it. */
function bytesOf({ buffer }: Float64Array | BigInt64Array): Uint8Array {
  return new Uint8Array(buffer);
}
