import { concatVectors } from "../columns/concat.ts";
import type { DataType, Field } from "../columns/schema.ts";
import type { Table, Vector } from "../columns/vector.ts";
import { UnsupportedTableError } from "../commit_log/errors.ts";
import type { TableHead } from "../commit_log/table_state.ts";
import { alignTable } from "./data_file.ts";

/** A file's key and what is in it. */
export interface FileTable {
  readonly path: string;
  readonly table: Table;
}

/**
 * The rows of files, one after the other, with the columns the table has now. Of the partition
 * columns, which the path holds, those are kept that all files have too.
 *
 * @throws {UnsupportedTableError} If the table has columns of types that are not written here, or a
 * file has something that the table does not know of.
 * @throws {TableMismatchError} If a file has another type in a column than the table.
 */
export function mergeTables(files: readonly FileTable[], head: TableHead): Table {
  const { partitionColumns } = head.metaData;
  const known = new Set(head.columns.map(({ name }) => name));
  for (const { path, table } of files) assertKnown(path, table, known);
  const isKept = (name: string) =>
    !partitionColumns.includes(name) ||
    files.every(({ table }) => table.fields.some((field) => field.name === name));
  const columns = head.columns.filter(({ name }) => isKept(name)).map(({ name, type }): Field => {
    if (type.kind !== "other") return { name, type };
    throw new UnsupportedTableError(
      `Cannot write the column ${JSON.stringify(name)}, whose type sluice does not write: ` +
        `current value is ${JSON.stringify(type.delta)}`,
    );
  });
  const tables = files.map(({ path, table }) => alignTable(table, columns, path));
  return {
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    fields: columns,
    vectors: columns.map(({ type }, i) => concatVectors(type, tables.map((t) => t.vectors[i]!))),
  };
}

function assertKnown(path: string, { fields }: Table, known: ReadonlySet<string>): void {
  const stranger = fields.find(({ name }) => !known.has(name));
  if (stranger === undefined) return;
  throw new UnsupportedTableError(
    `Cannot merge ${JSON.stringify(path)}, which has a column that the table has not: ` +
      `current value is ${JSON.stringify(stranger.name)}`,
  );
}

/** How much memory the columns of a table take, in bytes. */
export function tableBytes({ vectors }: Table): number {
  return vectors.reduce((sum, vector) => sum + vectorBytes(vector), 0);
}

/** Bytes of a row, but for what strings and lists hold. */
const ROW_BYTES: Record<DataType["kind"], number> = {
  bool: 0.125,
  int64: 8,
  timestamp: 8,
  float64: 8,
  string: 4,
  json: 4,
  list: 4,
  struct: 0,
};

function vectorBytes({ type, length, bytes, children = [] }: Vector): number {
  const own = length * (0.125 + ROW_BYTES[type.kind]) + (bytes?.length ?? 0);
  return children.reduce((sum, child) => sum + vectorBytes(child), own);
}
