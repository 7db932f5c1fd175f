import type { DataType, Field } from "../columns/schema.ts";
import { ThriftWriter } from "./thrift.ts";

/** What the footer says of a column: `ColumnMetaData` of parquet.thrift. */
export interface ColumnChunk {
  readonly path: readonly string[];
  readonly type: DataType;
  /** Where its pages begin in the file; the dictionary, if there is one, is the first. */
  readonly start: number;
  readonly hasDictionary: boolean;
  /** Where its first page of data begins. */
  readonly dataStart: number;
  readonly end: number;
  /** Bytes of its pages before they were compressed. */
  readonly uncompressedBytes: number;
  /** Values and places without any. */
  readonly entries: number;
  readonly nullCount: number;
  /** Absent where there is no value, or values have no order. */
  readonly min?: Bound;
  readonly max?: Bound;
}

/** The least or greatest value, as Parquet has it in pages, or one that is beyond it. */
export interface Bound {
  readonly bytes: Uint8Array;
  readonly isExact: boolean;
}

/** Rows of a file that are together, and their columns. */
export interface RowGroup {
  readonly rows: number;
  /** `CompressionCodec` of parquet.thrift. */
  readonly codec: number;
  readonly columns: readonly ColumnChunk[];
}

const OPTIONAL = 1;
const REPEATED = 2;
const UTF8 = 0;
const CONVERTED_LIST = 3;
const TIMESTAMP_MICROS = 10;
const PLAIN = 0;
const RLE = 3;
const RLE_DICTIONARY = 8;

/** Parquet's types, of those columns that have values of their own. */
const PHYSICAL_TYPES = {
  bool: 0,
  int64: 2,
  timestamp: 2,
  float64: 5,
  string: 6,
  json: 6,
} as const satisfies Partial<Record<DataType["kind"], number>>;
type LeafKind = keyof typeof PHYSICAL_TYPES;

/** What ends a file: `FileMetaData` of parquet.thrift, its length, and the magic number. */
export function fileFooter(
  fields: readonly Field[],
  rowGroups: readonly RowGroup[],
): Uint8Array<ArrayBuffer> {
  const writer = new ThriftWriter();
  writer.structItem();
  writer.i32(1, 2); // version
  writer.listOf("struct", 2, 1 + count(fields, isElement)); // schema
  writer.structItem();
  writer.binary(4, "schema");
  writer.i32(5, fields.length);
  writer.end();
  for (const field of fields) putElements(writer, field);
  writer.i64(3, rowGroups.reduce((sum, { rows }) => sum + rows, 0));
  writer.listOf("struct", 4, rowGroups.length);
  for (const group of rowGroups) putRowGroup(writer, group);
  writer.binary(6, "sluice"); // created_by
  // Every column is ordered as its type says, which is what min and max mean.
  const leaves = count(fields, isLeaf);
  writer.listOf("struct", 7, leaves);
  for (let i = 0; i < leaves; i++) {
    writer.structItem();
    putEmpty(writer, 1);
    writer.end();
  }
  writer.end();
  const metadata = writer.bytes;
  const footer = new Uint8Array(metadata.length + 8);
  footer.set(metadata);
  new DataView(footer.buffer).setUint32(metadata.length, metadata.length, true);
  footer.set([0x50, 0x41, 0x52, 0x31], metadata.length + 4); // PAR1
  return footer;
}

/** How many of these the schema has, each of which stands for a number of elements. */
function count(fields: readonly Field[], weightOf: (type: DataType) => number): number {
  let sum = 0;
  for (const { type } of fields) {
    sum += weightOf(type);
    if (type.kind === "struct") sum += count(type.fields, weightOf);
    if (type.kind === "list") sum += count([elementOf(type.item)], weightOf);
  }
  return sum;
}

const isElement = ({ kind }: DataType): number => kind === "list" ? 2 : 1;
const isLeaf = ({ kind }: DataType): number => kind === "list" || kind === "struct" ? 0 : 1;

function elementOf(type: DataType): Field {
  return { name: "element", type };
}

/** A field as `SchemaElement`s: a group is followed by what is in it. */
function putElements(writer: ThriftWriter, { name, type }: Field): void {
  writer.structItem();
  if (isLeaf(type)) writer.i32(1, PHYSICAL_TYPES[type.kind as LeafKind]);
  writer.i32(3, OPTIONAL);
  writer.binary(4, name);
  putMeaning(writer, type);
  writer.end();
  if (type.kind === "struct") { for (const field of type.fields) putElements(writer, field); }
  if (type.kind !== "list") return;
  writer.structItem();
  writer.i32(3, REPEATED);
  writer.binary(4, "list");
  writer.i32(5, 1);
  writer.end();
  putElements(writer, elementOf(type.item));
}

/** `num_children`, or `converted_type`, for readers of old, and `logicalType`. */
function putMeaning(writer: ThriftWriter, type: DataType): void {
  switch (type.kind) {
    case "struct":
      return writer.i32(5, type.fields.length);
    case "list":
      writer.i32(5, 1);
      writer.i32(6, CONVERTED_LIST);
      writer.struct(10);
      putEmpty(writer, 3);
      return writer.end();
    case "string":
    case "json":
      writer.i32(6, UTF8);
      writer.struct(10);
      putEmpty(writer, 1);
      return writer.end();
    case "timestamp":
      writer.i32(6, TIMESTAMP_MICROS);
      writer.struct(10);
      writer.struct(8);
      writer.bool(1, true); // UTC
      writer.struct(2);
      putEmpty(writer, 2); // microseconds
      writer.end();
      writer.end();
      return writer.end();
  }
}

function putEmpty(writer: ThriftWriter, id: number): void {
  writer.struct(id);
  writer.end();
}

function putRowGroup(writer: ThriftWriter, { rows, codec, columns }: RowGroup): void {
  writer.structItem();
  writer.listOf("struct", 1, columns.length);
  for (const column of columns) {
    writer.structItem();
    writer.i64(2, 0); // nothing of the column is elsewhere
    putColumnMetaData(writer, { ...column, codec });
    writer.end();
  }
  writer.i64(2, columns.reduce((sum, column) => sum + column.uncompressedBytes, 0));
  writer.i64(3, rows);
  writer.i64(6, columns.reduce((sum, { start, end }) => sum + end - start, 0));
  writer.end();
}

function putColumnMetaData(
  writer: ThriftWriter,
  column: ColumnChunk & Pick<RowGroup, "codec">,
): void {
  const { codec, type, path, start, hasDictionary, dataStart, end, min, max } = column;
  writer.struct(3);
  writer.i32(1, PHYSICAL_TYPES[type.kind as LeafKind]);
  const encodings = hasDictionary ? [PLAIN, RLE, RLE_DICTIONARY] : [PLAIN, RLE];
  writer.listOf("i32", 2, encodings.length);
  for (const encoding of encodings) writer.i32Item(encoding);
  writer.listOf("binary", 3, path.length);
  for (const name of path) writer.binaryItem(name);
  writer.i32(4, codec);
  writer.i64(5, column.entries);
  writer.i64(6, column.uncompressedBytes);
  writer.i64(7, end - start);
  writer.i64(9, dataStart);
  if (hasDictionary) writer.i64(11, start);
  writer.struct(12);
  writer.i64(3, column.nullCount);
  if (min !== undefined && max !== undefined) {
    writer.binary(5, max.bytes);
    writer.binary(6, min.bytes);
    writer.bool(7, max.isExact);
    writer.bool(8, min.isExact);
  }
  writer.end();
  writer.end();
}
