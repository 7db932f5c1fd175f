import type { DataType } from "../../src/columns/schema.ts";

/**
 * A value in a form that JSON carries between readers without loss, and that tells types apart: an
 * int64 is `"i:5"`, a float64 the sixteen hex digits of its bits `"f:3ff0000000000000"`, a string
 * `"s:text"`, a timestamp its microseconds `"t:0"`. `readers.py` makes the same.
 */
export type Cell = null | boolean | string | readonly Cell[] | { readonly [member: string]: Cell };

/** A row, without the columns that are null in it. */
export type Row = Readonly<Record<string, Cell>>;

export function int(value: bigint | number): Cell {
  return `i:${value}`;
}

export function float(value: number): Cell {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return `f:${view.getBigUint64(0).toString(16).padStart(16, "0")}`;
}

export function text(value: string): Cell {
  return `s:${value}`;
}

/** @param micros Microseconds since the epoch. */
export function time(micros: bigint | number): Cell {
  return `t:${micros}`;
}

/** Rows in the order of their `id`, each with its members in the order of their names. */
export function sorted(rows: readonly Row[]): Row[] {
  return rows
    .map((row) => canonical(row) as Row)
    .sort((a, b) => idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : 0);
}

function idOf({ id }: Row): bigint {
  return typeof id === "string" ? BigInt(id.slice(2)) : -1n;
}

/**
 * Leaves out the nulls of a row. Members of structs keep theirs: a struct whose members are all null
 * is not null.
 */
function canonical(row: Row): Row {
  const present = Object.entries(row).filter(([, cell]) => cell !== null);
  return Object.fromEntries(present.sort(([a], [b]) => a < b ? -1 : 1));
}

/** What a reader is to call the type of a column: as `readers.py` and `duckdb.ts` call them too. */
export function typeText(type: DataType): string {
  switch (type.kind) {
    case "list":
      return `list<${typeText(type.item)}>`;
    case "struct":
      return `struct<${
        type.fields.map(({ name, type }) => `${name}: ${typeText(type)}`).join(", ")
      }>`;
    case "json":
      return "string";
    default:
      return type.kind;
  }
}
