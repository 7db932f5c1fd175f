import { nullVector } from "../columns/concat.ts";
import type { DataType, Field } from "../columns/schema.ts";
import type { Table, Vector } from "../columns/vector.ts";
import type { AddFile } from "../commit_log/actions.ts";
import { TableMismatchError } from "../commit_log/errors.ts";
import { readParquetTable } from "../parquet/on_demand.ts";
import { withRetries } from "../stores/retry.ts";
import type { Store, StoreOptions } from "../stores/store.ts";

/**
 * Reads a data file of a table.
 *
 * @throws {Error} If it is not there, or not what the log says.
 */
export async function readDataFile(
  store: Store,
  { path, size }: AddFile,
  { signal }: StoreOptions,
): Promise<Table> {
  const bytes = await withRetries(() => store.get(path, { signal }), signal);
  if (bytes?.length !== size) {
    throw new Error(
      `Cannot read the data file ${JSON.stringify(path)}, which has ${size} bytes in the log: ` +
        `current value is ${bytes?.length ?? "no file"}`,
    );
  }
  try {
    return await readParquetTable(bytes);
  } catch (cause) {
    throw new Error(`Cannot read the data file ${JSON.stringify(path)}`, { cause });
  }
}

/**
 * The columns of a file as those of its table: in their order, with nulls where the file is older
 * than a column or a struct's member.
 *
 * @throws {TableMismatchError} If a column has another type than the table's.
 */
export function alignTable(
  { rows, fields, vectors }: Table,
  columns: readonly Field[],
  path: string,
): Table {
  const vectorOf = new Map(fields.map(({ name }, i) => [name, vectors[i]!]));
  return {
    rows,
    fields: columns,
    vectors: columns.map(({ name, type }) => {
      const vector = vectorOf.get(name);
      if (vector === undefined) return nullVector(type, rows);
      const aligned = alignVector(vector, type);
      if (aligned !== undefined) return aligned;
      throw new TableMismatchError(
        `Cannot read the column ${JSON.stringify(name)} of ${JSON.stringify(path)}`,
        { expected: JSON.stringify(type), actual: JSON.stringify(vector.type) },
      );
    }),
  };
}

/** The vector as one of a type; `undefined` if it is of another, or holds what that has no room for. */
function alignVector(vector: Vector, type: DataType): Vector | undefined {
  const { length, children = [] } = vector;
  if (type.kind === "list" && vector.type.kind === "list") {
    const item = alignVector(children[0]!, type.item);
    return item && { ...vector, type, children: [item] };
  }
  if (type.kind === "struct" && vector.type.kind === "struct") {
    const childOf = new Map(vector.type.fields.map(({ name }, i) => [name, children[i]!]));
    const aligned: Vector[] = [];
    for (const field of type.fields) {
      const child = childOf.get(field.name);
      childOf.delete(field.name);
      const own = child ? alignVector(child, field.type) : nullVector(field.type, length);
      if (own === undefined) return undefined;
      aligned.push(own);
    }
    return childOf.size === 0 ? { ...vector, type, children: aligned } : undefined;
  }
  // Parquet knows JSON text as strings.
  const isSame = vector.type.kind === (type.kind === "json" ? "string" : type.kind);
  return isSame ? { ...vector, type } : undefined;
}
