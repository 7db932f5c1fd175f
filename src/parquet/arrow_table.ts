import {
  Bool,
  type Data,
  type DataType as ArrowType,
  Field as ArrowField,
  Float64,
  Int64,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table as ArrowTable,
  tableToIPC,
  TimestampMicrosecond,
  Utf8,
} from "apache-arrow";
import type { DataType, Field } from "../columns/schema.ts";
import type { Table, Vector } from "../columns/vector.ts";

/** A table in Arrow's IPC stream format: what parquet-wasm reads. */
export function toArrowIpc(table: Table): Uint8Array {
  const fields = table.fields.map(toArrowField);
  const schema = new Schema(fields);
  const data = makeData({
    type: new Struct(fields),
    length: table.rows,
    nullCount: 0,
    children: table.vectors.map(toArrowData),
  });
  return tableToIPC(new ArrowTable(schema, [new RecordBatch(schema, data)]), "stream");
}

function toArrowField({ name, type }: Field): ArrowField {
  return new ArrowField(name, toArrowType(type), true);
}

function toArrowType(type: DataType): ArrowType {
  switch (type.kind) {
    case "bool":
      return new Bool();
    case "int64":
      return new Int64();
    case "float64":
      return new Float64();
    case "string":
    case "json":
      return new Utf8();
    case "timestamp":
      return new TimestampMicrosecond("UTC");
    case "list":
      return new List(toArrowField({ name: "element", type: type.item }));
    case "struct":
      return new Struct(type.fields.map(toArrowField));
  }
}

function toArrowData(vector: Vector): Data {
  const type = toArrowType(vector.type);
  const { length, nullCount } = vector;
  const shape = {
    type,
    length,
    nullCount,
    ...(vector.validity === undefined ? {} : { nullBitmap: vector.validity }),
  };
  const children = vector.children?.map(toArrowData);
  switch (vector.type.kind) {
    case "bool":
      return makeData({ ...shape, type: type as Bool, data: vector.bits });
    case "int64":
      return makeData({ ...shape, type: type as Int64, data: vector.ints });
    case "timestamp":
      return makeData({ ...shape, type: type as TimestampMicrosecond, data: vector.ints });
    case "float64":
      return makeData({ ...shape, type: type as Float64, data: vector.floats });
    case "string":
    case "json":
      return makeData({
        ...shape,
        type: type as Utf8,
        valueOffsets: vector.offsets!,
        data: vector.bytes,
      });
    case "list":
      return makeData({
        ...shape,
        type: type as List,
        valueOffsets: vector.offsets!,
        child: children![0]!,
      });
    case "struct":
      return makeData({ ...shape, type: type as Struct, children: children! });
  }
}
