import type { DataType, Field } from "../columns/schema.ts";
import { ThriftWriter } from "./thrift.ts";

/** What of a file's footer (`FileMetaData` of parquet.thrift) depends on the schema alone. */
export interface SchemaMetadata {
  /** What comes before `num_rows`. */
  readonly head: Uint8Array;
  /** `path_in_schema` of each column that has values, in the order of the schema. */
  readonly paths: readonly Uint8Array[];
  /** What comes after the row groups. */
  readonly tail: Uint8Array;
}

const OPTIONAL = 1;
const REPEATED = 2;
const UTF8 = 0;
const CONVERTED_LIST = 3;
const TIMESTAMP_MICROS = 10;

/** Parquet's types, of those columns that have values of their own. */
const PHYSICAL_TYPES = {
  bool: 0,
  int64: 2,
  timestamp: 2,
  float64: 5,
  string: 6,
  json: 6,
} as const satisfies Partial<Record<DataType["kind"], number>>;

/** The same for all files of a schema, of which a table has few. */
const known: WeakMap<readonly Field[], SchemaMetadata> = new WeakMap();

/** See {@linkcode SchemaMetadata}. */
export function schemaMetadata(fields: readonly Field[]): SchemaMetadata {
  let metadata = known.get(fields);
  if (metadata === undefined) known.set(fields, metadata = writeMetadata(fields));
  return metadata;
}

function writeMetadata(fields: readonly Field[]): SchemaMetadata {
  const writer = new ThriftWriter();
  writer.structItem();
  writer.i32(1, 2); // version
  writer.structs(2, 1 + countElements(fields)); // schema
  writer.structItem();
  writer.binary(4, "schema");
  writer.i32(5, fields.length);
  writer.end();
  for (const field of fields) putElements(writer, field);
  const headLength = writer.bytes.length;
  writer.passTo(4); // row_groups
  writer.binary(6, "sluice"); // created_by
  // Every column is ordered as its type says, which is what min and max mean.
  const paths = [...leafPaths(fields, [])];
  writer.structs(7, paths.length);
  for (const _ of paths) {
    writer.structItem();
    putEmpty(writer, 1);
    writer.end();
  }
  writer.end();
  return { head: writer.bytes.slice(0, headLength), paths, tail: writer.bytes.slice(headLength) };
}

/** The columns that values are in, in the order of the schema. */
function* leafPaths(fields: readonly Field[], above: readonly string[]): Iterable<Uint8Array> {
  for (const { name, type } of fields) {
    const path = [...above, name];
    if (type.kind === "struct") yield* leafPaths(type.fields, path);
    else if (type.kind === "list") yield* leafPaths([elementOf(type.item)], [...path, "list"]);
    else yield ThriftWriter.list(path);
  }
}

/** How many `SchemaElement`s there are. */
function countElements(fields: readonly Field[]): number {
  let count = 0;
  for (const { type } of fields) {
    count++;
    if (type.kind === "struct") count += countElements(type.fields);
    if (type.kind === "list") count += 1 + countElements([elementOf(type.item)]);
  }
  return count;
}

function elementOf(type: DataType): Field {
  return { name: "element", type };
}

/** A field as `SchemaElement`s: a group is followed by what is in it. */
function putElements(writer: ThriftWriter, { name, type }: Field): void {
  writer.structItem();
  if (type.kind !== "struct" && type.kind !== "list") writer.i32(1, PHYSICAL_TYPES[type.kind]);
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
