import type { Cell } from "./read_parquet.ts";

/**
 * The documented type rules, done the slow and obvious way over plain values: an oracle that shares
 * no code with the columns.
 */

/** A JSON value with its numbers told apart. */
export type Value =
  | { readonly kind: "null" }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "int64"; readonly value: bigint }
  | { readonly kind: "float64"; readonly value: number; readonly text: string }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "list"; readonly items: readonly Value[] }
  | { readonly kind: "struct"; readonly members: Members };

/** Members of an object, each name once, in order. */
export type Members = readonly (readonly [name: string, value: Value])[];

/** A type as the oracle writes it down. */
export type Type =
  | { readonly kind: "bool" | "int64" | "float64" | "string" | "json" }
  | { readonly kind: "list"; readonly item: Type }
  | { readonly kind: "struct"; readonly fields: Fields };

export type Fields = readonly (readonly [name: string, type: Type])[];

/** The value as JSON text, as an event has it. */
export function toJson(value: Value): string {
  switch (value.kind) {
    case "null":
      return "null";
    case "bool":
    case "int64":
      return String(value.value);
    case "float64":
      return value.text;
    case "string":
      return JSON.stringify(value.value);
    case "list":
      return `[${value.items.map(toJson).join(",")}]`;
    case "struct":
      return `{${
        value.members.map(([name, member]) => `${JSON.stringify(name)}:${toJson(member)}`).join(",")
      }}`;
  }
}

/** The value as the text of a JSON column: members sorted, no spaces, floats told from integers. */
export function canonical(value: Value): string {
  switch (value.kind) {
    case "float64": {
      if (Object.is(value.value, -0)) return "-0.0";
      const text = String(value.value);
      return /[.e]/.test(text) ? text : `${text}.0`;
    }
    case "list":
      return `[${value.items.map(canonical).join(",")}]`;
    case "struct": {
      const members = [...value.members].sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${
        members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")
      }}`;
    }
    default:
      return toJson(value);
  }
}

/** The type that holds the values of a field: `undefined` when they do not say. */
export function typeOfAll(values: readonly Value[]): Type | undefined {
  const present = values.filter(({ kind }) => kind !== "null");
  const kinds = new Set(present.map(({ kind }) => kind));
  if (kinds.size === 0) return undefined;
  if (kinds.size === 2 && kinds.has("int64") && kinds.has("float64")) return { kind: "float64" };
  if (kinds.size > 1) return { kind: "json" };
  const [kind] = kinds;
  if (kind === "list") {
    const item = typeOfAll(present.flatMap((value) => value.kind === "list" ? value.items : []));
    return item && { kind, item };
  }
  if (kind === "struct") {
    const fields = fieldsOf(present.flatMap((v) => v.kind === "struct" ? [v.members] : []));
    return fields.length === 0 ? undefined : { kind, fields };
  }
  return { kind: kind as "bool" | "int64" | "float64" | "string" };
}

/**
 * The fields of objects, but for those without a type, and those whose name is taken in other letters
 * or has a NUL.
 */
export function fieldsOf(objects: readonly Members[], pinned: Fields = []): Fields {
  const valuesOf = new Map<string, Value[]>();
  for (const [name, value] of objects.flat()) {
    valuesOf.set(name, [...valuesOf.get(name) ?? [], value]);
  }
  const fields = pinned.map(([name, type]): readonly [string, Type] => {
    const seen = typeOfAll(valuesOf.get(name) ?? []);
    return [name, seen === undefined ? type : extended(type, seen)];
  });
  for (const [name, values] of valuesOf) {
    const type = typeOfAll(values);
    const isTaken = fields.some(([taken]) => taken.toLowerCase() === name.toLowerCase());
    if (type !== undefined && !isTaken && !name.includes("\0")) fields.push([name, type]);
  }
  return fields;
}

/** A type once given stays, but for new members of structs. */
function extended(pinned: Type, seen: Type): Type {
  if (pinned.kind === "list" && seen.kind === "list") {
    return { kind: "list", item: extended(pinned.item, seen.item) };
  }
  if (pinned.kind !== "struct" || seen.kind !== "struct") return pinned;
  const fields = pinned.fields.map(([name, type]): readonly [string, Type] => {
    const other = seen.fields.find(([seenName]) => seenName === name);
    return [name, other === undefined ? type : extended(type, other[1])];
  });
  for (const [name, type] of seen.fields) {
    const isTaken = fields.some(([taken]) => taken.toLowerCase() === name.toLowerCase());
    if (!isTaken) fields.push([name, type]);
  }
  return { kind: "struct", fields };
}

/** A value in a column of a type, and whether anything of it found no place. */
export function cellOf(value: Value | undefined, type: Type): { cell: Cell; misfit: boolean } {
  const none = { cell: null, misfit: false };
  const refused = { cell: null, misfit: true };
  if (value === undefined || value.kind === "null") return none;
  switch (type.kind) {
    case "json":
      return { cell: canonical(value), misfit: false };
    case "float64":
      if (value.kind === "int64") return { cell: Number(value.value), misfit: false };
      return value.kind === "float64" ? { cell: value.value, misfit: false } : refused;
    case "int64":
      if (value.kind === "int64") return { cell: value.value, misfit: false };
      return value.kind === "float64" && Number.isInteger(value.value) &&
          value.value >= -(2 ** 63) && value.value < 2 ** 63
        ? { cell: BigInt(value.value), misfit: false }
        : refused;
    case "bool":
    case "string":
      return value.kind === type.kind ? { cell: value.value, misfit: false } : refused;
    case "list": {
      if (value.kind !== "list") return refused;
      const items = value.items.map((item) => cellOf(item, type.item));
      return { cell: items.map(({ cell }) => cell), misfit: items.some(({ misfit }) => misfit) };
    }
    case "struct": {
      if (value.kind !== "struct") return refused;
      const members = new Map(value.members);
      const cell = Object.create(null) as Record<string, Cell>;
      let misfit = false;
      for (const [name, fieldType] of type.fields) {
        const field = cellOf(members.get(name), fieldType);
        cell[name] = field.cell;
        misfit ||= field.misfit;
        members.delete(name);
      }
      misfit ||= [...members.values()].some(({ kind }) => kind !== "null");
      return { cell, misfit };
    }
  }
}

/** What a table of these columns holds of events, with what has no place in `_rescued_data`. */
export function tableOf(events: readonly Members[], fields: Fields): {
  rows: Record<string, Cell>[];
  rescued: number;
} {
  let rescued = 0;
  const rows = events.map((members) => {
    const row = Object.create(null) as Record<string, Cell>;
    const rest: [string, Value][] = [];
    const values = new Map(members);
    for (const [name, type] of fields) {
      const { cell, misfit } = cellOf(values.get(name), type);
      row[name] = cell;
      if (misfit) rest.push([name, values.get(name)!]);
      values.delete(name);
    }
    for (const [name, value] of values) if (value.kind !== "null") rest.push([name, value]);
    row["_rescued_data"] = rest.length === 0 ? null : canonical({ kind: "struct", members: rest });
    if (rest.length > 0) rescued++;
    return row;
  });
  return { rows, rescued };
}

/** How a Parquet file writes a type down. */
export function parquetType(type: Type): string {
  switch (type.kind) {
    case "json":
      return "string";
    case "list":
      return `${parquetType(type.item)}[]`;
    case "struct":
      return `{${type.fields.map(([name, field]) => `${name}:${parquetType(field)}`).join(",")}}`;
    default:
      return type.kind;
  }
}
