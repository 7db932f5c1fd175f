import {
  Bool,
  type DataType as ArrowType,
  Field as ArrowField,
  Float64,
  Int64,
  List,
  Schema,
  Struct,
  Table as ArrowTable,
  tableToIPC,
  TimestampMicrosecond,
  Utf8,
} from "apache-arrow";
import { padded } from "../columns/padded.ts";
import type { DataType, Field } from "../columns/schema.ts";
import type { Table } from "../columns/vector.ts";
import { batchParts } from "./record_batch.ts";

/** Ends a stream in Arrow's IPC format: an empty message. */
const END = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);

/** The last schema as a message, and what it is of: files of one table mostly have the same. */
let known = { fields: "", message: new Uint8Array(0) };

/** A table in Arrow's IPC stream format: what parquet-wasm reads. */
export function toArrowIpc(table: Table): Uint8Array {
  const parts = [schemaMessage(table.fields), ...batchParts(table), END];
  const stream = new Uint8Array(parts.reduce((sum, { length }) => sum + padded(length), 0));
  let at = 0;
  for (const part of parts) {
    stream.set(part, at);
    at += padded(part.length);
  }
  return stream;
}

function schemaMessage(fields: readonly Field[]): Uint8Array {
  const text = JSON.stringify(fields);
  if (known.fields !== text) {
    const empty = tableToIPC(new ArrowTable(new Schema(fields.map(toArrowField))), "stream");
    known = { fields: text, message: empty.slice(0, empty.length - END.length) };
  }
  return known.message;
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
