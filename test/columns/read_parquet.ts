import { parquetMetadata, parquetRead, parquetSchema, type SchemaTree } from "hyparquet";
import { compressors } from "hyparquet-compressors";

/** A value of a Parquet file: int64 as `bigint`, float64 as `number`, times as `{ micros }`. */
export type Cell =
  | null
  | boolean
  | bigint
  | number
  | string
  | { readonly micros: bigint }
  | readonly Cell[]
  | { readonly [name: string]: Cell };

/** What an independent reader finds in a Parquet file. */
export interface ReadTable {
  /** Name and type of each column: `int64`, `string[]`, `{a:int64,b:bool}`. */
  readonly columns: readonly (readonly [name: string, type: string])[];
  /** The values of each row, in the order of the columns. */
  readonly rows: readonly (readonly Cell[])[];
  readonly codecs: readonly string[];
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads a Parquet file with hyparquet, exactly. */
export async function readParquet(bytes: Uint8Array): Promise<ReadTable> {
  const file = new Uint8Array(bytes).buffer;
  const parsers = {
    timestampFromMicroseconds: (micros: bigint) => ({ micros }),
    stringFromBytes: (text: Uint8Array | undefined) => text && decoder.decode(text),
  };
  const metadata = parquetMetadata(file);
  let rows: Cell[][] = [];
  await parquetRead({
    file,
    metadata,
    compressors,
    parsers,
    onComplete: (found) => {
      rows = found.map((row) => row.map(plain));
    },
  });
  return {
    columns: parquetSchema(metadata).children.map((child) => [child.element.name, typeOf(child)]),
    rows,
    codecs: metadata.row_groups.flatMap((group) =>
      group.columns.map(({ meta_data }) => String(meta_data?.codec))
    ),
  };
}

/** Rows as objects, of which hyparquet would make none with a name such as `__proto__`. */
export function rowObjects({ columns, rows }: ReadTable): Record<string, Cell>[] {
  return rows.map((row) => {
    const object = Object.create(null) as Record<string, Cell>;
    for (const [i, [name]] of columns.entries()) object[name] = row[i]!;
    return object;
  });
}

function plain(value: unknown): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value !== "object") return value as Cell;
  if (Array.isArray(value)) return value.map(plain);
  const object = Object.create(null) as Record<string, Cell>;
  for (const [name, member] of Object.entries(value)) object[name] = plain(member);
  return object;
}

function typeOf({ element, children }: SchemaTree): string {
  const { type, logical_type } = element;
  if (logical_type?.type === "LIST") return `${typeOf(children[0]!.children[0]!)}[]`;
  if (children.length > 0) {
    return `{${children.map((child) => `${child.element.name}:${typeOf(child)}`).join(",")}}`;
  }
  if (logical_type?.type === "STRING") return "string";
  if (logical_type?.type === "TIMESTAMP") {
    return `timestamp(${String(logical_type.unit)},utc=${logical_type.isAdjustedToUTC})`;
  }
  return { BOOLEAN: "bool", INT64: "int64", DOUBLE: "float64" }[String(type)] ?? String(type);
}
