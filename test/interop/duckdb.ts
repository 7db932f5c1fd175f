import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBListType,
  DuckDBListValue,
  type DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from "@duckdb/node-api";
import { type Cell, float, int, type Row, text, time } from "./cells.ts";
import type { ReadResult } from "./python.ts";

/** A database in memory, for one test. */
export async function openDuckDB(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
  return await instance.connect();
}

/** The rows of a query. */
export async function query(connection: DuckDBConnection, sql: string): Promise<ReadResult> {
  const reader = await connection.runAndReadAll(sql);
  const names = reader.columnNames();
  const types = reader.columnTypes();
  const rows = reader.getRows().map((values): Row =>
    Object.fromEntries(values.map((value, i) => [names[i]!, toCell(value, types[i]!)]))
  );
  return { rows, types: Object.fromEntries(names.map((name, i) => [name, typeText(types[i]!)])) };
}

/** Text as a literal of SQL. */
export function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function toCell(value: DuckDBValue, type: DuckDBType): Cell {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return text(value);
  if (typeof value === "bigint") return int(value);
  if (typeof value === "number") {
    return type.typeId === DuckDBTypeId.DOUBLE ? float(value) : int(value);
  }
  if (value instanceof DuckDBTimestampTZValue) return time(value.micros);
  if (value instanceof DuckDBListValue) {
    return value.items.map((item) => toCell(item, (type as DuckDBListType).valueType));
  }
  if (value instanceof DuckDBStructValue) {
    const { entryNames, entryTypes } = type as DuckDBStructType;
    return Object.fromEntries(
      entryNames.map((name, i) => [name, toCell(value.entries[name]!, entryTypes[i]!)]),
    );
  }
  return `${type}:${value}`;
}

function typeText(type: DuckDBType): string {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return "bool";
    case DuckDBTypeId.BIGINT:
      return "int64";
    case DuckDBTypeId.DOUBLE:
      return "float64";
    case DuckDBTypeId.VARCHAR:
      return "string";
    case DuckDBTypeId.TIMESTAMP_TZ:
      return "timestamp";
    case DuckDBTypeId.LIST:
      return `list<${typeText((type as DuckDBListType).valueType)}>`;
    case DuckDBTypeId.STRUCT: {
      const { entryNames, entryTypes } = type as DuckDBStructType;
      return `struct<${
        entryNames.map((name, i) => `${name}: ${typeText(entryTypes[i]!)}`).join(", ")
      }>`;
    }
    default:
      return String(type);
  }
}
