import type { DataType, Field } from "../columns/schema.ts";
import { encodeThrift, type ThriftStruct, type ThriftValue } from "./thrift.ts";

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
  readonly min: Bound | undefined;
  readonly max: Bound | undefined;
}

/** The least or greatest value, as Parquet has it in pages, or one that is beyond it. */
export interface Bound {
  readonly bytes: Uint8Array;
  readonly isExact: boolean;
}

/** Rows of a file that are together, and their columns. */
export interface RowGroup {
  readonly rows: number;
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
const EMPTY: ThriftValue = { struct: {} };

/** Parquet's types, of those columns that have values of their own. */
const PHYSICAL_TYPES = {
  bool: 0,
  int64: 2,
  timestamp: 2,
  float64: 5,
  string: 6,
  json: 6,
} as const satisfies Partial<Record<DataType["kind"], number>>;

/** What ends a file: `FileMetaData` of parquet.thrift, its length, and the magic number. */
export function fileFooter(
  fields: readonly Field[],
  rowGroups: readonly RowGroup[],
  codec: number,
): Uint8Array<ArrayBuffer> {
  const metadata = encodeThrift({
    1: { i32: 2 }, // version
    2: { list: [...schemaElements(fields)] },
    3: { i64: rowGroups.reduce((sum, { rows }) => sum + rows, 0) },
    4: { list: rowGroups.map((group) => ({ struct: rowGroup(group, codec) })) },
    6: { binary: "sluice" }, // created_by
    // Every column is ordered as its type says, which is what min and max mean.
    7: { list: [...leaves(fields)].map(() => ({ struct: { 1: EMPTY } })) },
  });
  const footer = new Uint8Array(metadata.length + 8);
  footer.set(metadata);
  new DataView(footer.buffer).setUint32(metadata.length, metadata.length, true);
  footer.set([0x50, 0x41, 0x52, 0x31], metadata.length + 4); // PAR1
  return footer;
}

function* leaves(fields: readonly Field[]): Iterable<Field> {
  for (const field of fields) {
    const { type } = field;
    if (type.kind === "struct") yield* leaves(type.fields);
    else if (type.kind === "list") yield* leaves([{ name: "element", type: type.item }]);
    else yield field;
  }
}

/** The schema as a list: a group is followed by what is in it. */
function* schemaElements(fields: readonly Field[]): Iterable<ThriftValue> {
  yield { struct: { 4: { binary: "schema" }, 5: { i32: fields.length } } };
  for (const field of fields) yield* elementsOf(field);
}

function* elementsOf({ name, type }: Field): Iterable<ThriftValue> {
  const optional = { 3: { i32: OPTIONAL }, 4: { binary: name } };
  switch (type.kind) {
    case "struct":
      yield { struct: { ...optional, 5: { i32: type.fields.length } } };
      for (const field of type.fields) yield* elementsOf(field);
      return;
    case "list":
      yield {
        struct: {
          ...optional,
          5: { i32: 1 },
          6: { i32: CONVERTED_LIST },
          10: { struct: { 3: EMPTY } },
        },
      };
      yield { struct: { 3: { i32: REPEATED }, 4: { binary: "list" }, 5: { i32: 1 } } };
      yield* elementsOf({ name: "element", type: type.item });
      return;
    default:
      yield { struct: { 1: { i32: PHYSICAL_TYPES[type.kind] }, ...optional, ...meaning(type) } };
  }
}

/** `converted_type`, for readers of old, and `logicalType`. */
function meaning({ kind }: DataType): ThriftStruct {
  switch (kind) {
    case "string":
    case "json":
      return { 6: { i32: UTF8 }, 10: { struct: { 1: EMPTY } } };
    case "timestamp": {
      const microsInUtc: ThriftStruct = { 1: { bool: true }, 2: { struct: { 2: EMPTY } } };
      return { 6: { i32: TIMESTAMP_MICROS }, 10: { struct: { 8: { struct: microsInUtc } } } };
    }
    default:
      return {};
  }
}

function rowGroup({ rows, columns }: RowGroup, codec: number): ThriftStruct {
  const bytes = columns.reduce((sum, column) => sum + column.uncompressedBytes, 0);
  const compressed = columns.reduce((sum, { start, end }) => sum + end - start, 0);
  return {
    1: {
      list: columns.map((column) => ({
        struct: { 2: { i64: 0 }, 3: { struct: columnMetaData(column, codec) } },
      })),
    },
    2: { i64: bytes },
    3: { i64: rows },
    6: { i64: compressed },
  };
}

function columnMetaData(column: ColumnChunk, codec: number): ThriftStruct {
  const { type, path, start, hasDictionary, dataStart, end, min, max } = column;
  const encodings = hasDictionary ? [PLAIN, RLE, RLE_DICTIONARY] : [PLAIN, RLE];
  return {
    1: { i32: PHYSICAL_TYPES[type.kind as keyof typeof PHYSICAL_TYPES] },
    2: { list: encodings.map((i32) => ({ i32 })) },
    3: { list: path.map((binary) => ({ binary })) },
    4: { i32: codec },
    5: { i64: column.entries },
    6: { i64: column.uncompressedBytes },
    7: { i64: end - start },
    9: { i64: dataStart },
    11: hasDictionary ? { i64: start } : undefined,
    12: {
      struct: {
        3: { i64: column.nullCount },
        5: max && { binary: max.bytes },
        6: min && { binary: min.bytes },
        7: max && { bool: max.isExact },
        8: min && { bool: min.isExact },
      },
    },
  };
}
