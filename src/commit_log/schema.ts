import type { DataType, Field } from "../columns/schema.ts";
import { TableMismatchError, UnsupportedTableError } from "./errors.ts";

/** A column of a table, which another engine may have made. */
export interface TableColumn {
  readonly name: string;
  readonly type: DataType | OtherType;
}

/** A type sluice does not write: its Delta JSON ("Schema Serialization Format"). */
export interface OtherType {
  readonly kind: "other";
  readonly delta: unknown;
}

/** A type in the schema's JSON: a primitive's name or an object. */
type DeltaType = string | { readonly type: string; readonly [member: string]: unknown };

interface DeltaField {
  readonly name: string;
  readonly type: DeltaType;
  readonly nullable?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

const PRIMITIVES = {
  bool: "boolean",
  int64: "long",
  float64: "double",
  string: "string",
  json: "string",
  timestamp: "timestamp",
} as const;

/**
 * Metadata of a field whose strings, or whose lists' strings, are JSON text: `"true"`. Of metadata
 * of other types delta-rs makes strings.
 */
const JSON_KEY = "sluice.json";

/** The columns of a `schemaString`. */
export function parseSchema(schemaString: string): TableColumn[] {
  return parseFields(schemaString).map((field) => ({
    name: field.name,
    type: fromDeltaField(field) ?? { kind: "other", delta: field.type },
  }));
}

function parseFields(schemaString: string): readonly DeltaField[] {
  const schema = JSON.parse(schemaString) as { readonly fields?: unknown };
  if (!Array.isArray(schema?.fields)) {
    throw new TypeError(`Cannot read a schema without fields: current value is ${schemaString}`);
  }
  return schema.fields as DeltaField[];
}

/** Our type for a Delta field's, or `undefined` if that, or a part of it, is none of ours. */
function fromDeltaField({ type, metadata }: DeltaField): DataType | undefined {
  return fromDelta(type, metadata?.[JSON_KEY] === "true");
}

function fromDelta(delta: DeltaType, isJson: boolean): DataType | undefined {
  if (delta === "string") return { kind: isJson ? "json" : "string" };
  if (typeof delta === "string") {
    for (const [kind, name] of Object.entries(PRIMITIVES)) {
      if (name === delta) return { kind: kind as keyof typeof PRIMITIVES };
    }
    return undefined;
  }
  if (delta.type === "array") {
    const item = fromDelta(delta["elementType"] as DeltaType, isJson);
    return item && { kind: "list", item };
  }
  if (delta.type === "struct") {
    const fields: Field[] = [];
    for (const field of delta["fields"] as DeltaField[]) {
      const type = fromDeltaField(field);
      if (type === undefined) return undefined;
      fields.push({ name: field.name, type });
    }
    return { kind: "struct", fields };
  }
  return undefined;
}

function toDeltaField(path: string, { name, type }: Field): DeltaField {
  const metadata = holdsJson(type) ? { [JSON_KEY]: "true" } : {};
  return { name, type: toDelta(path, type), nullable: true, metadata };
}

function toDelta(path: string, type: DataType): DeltaType {
  switch (type.kind) {
    case "list":
      return { type: "array", elementType: toDelta(`${path}[]`, type.item), containsNull: true };
    case "struct":
      return { type: "struct", fields: mergeFields(`${path}.`, [], type.fields) };
    default:
      return PRIMITIVES[type.kind];
  }
}

function holdsJson(type: DataType): boolean {
  return type.kind === "list" ? holdsJson(type.item) : type.kind === "json";
}

/**
 * A `schemaString` that has at least the given columns. Those the table has already are left word
 * for word as they are, whoever wrote them; new ones, and new members of structs, come last.
 *
 * @param schemaString The table's; `undefined` when it has none yet.
 * @throws {TableMismatchError} If the table has a column with another type, or with a name that
 * differs only in case ("All column names must be unique regardless of casing").
 */
export function mergeSchema(schemaString: string | undefined, columns: readonly Field[]): string {
  const existing = schemaString === undefined ? [] : parseFields(schemaString);
  const fields = mergeFields("", existing, columns);
  if (schemaString !== undefined && fields === existing) return schemaString;
  return JSON.stringify({ type: "struct", fields });
}

/** Returns `existing` itself when nothing is new. `parent` is the path of the struct, for messages. */
function mergeFields(
  parent: string,
  existing: readonly DeltaField[],
  wanted: readonly Field[],
): readonly DeltaField[] {
  const merged = [...existing];
  const indexByName = new Map(existing.map(({ name }, index) => [name.toLowerCase(), index]));
  let isChanged = false;
  for (const field of wanted) {
    const path = parent + field.name;
    const index = indexByName.get(field.name.toLowerCase());
    const present = index === undefined ? undefined : merged[index];
    if (index === undefined || present === undefined) {
      indexByName.set(field.name.toLowerCase(), merged.length);
      merged.push(toDeltaField(path, field));
      isChanged = true;
      continue;
    }
    if (present.name !== field.name) {
      throw new TableMismatchError(
        `Cannot add the column ${JSON.stringify(path)}, names must differ by more than case`,
        { expected: JSON.stringify(parent + present.name), actual: JSON.stringify(path) },
      );
    }
    const type = mergeType(path, present, field.type);
    if (type === present.type) continue;
    merged[index] = { ...present, type };
    isChanged = true;
  }
  return isChanged ? merged : existing;
}

function mergeType(
  path: string,
  { type: existing, metadata }: Pick<DeltaField, "type" | "metadata">,
  wanted: DataType,
): DeltaType {
  if (typeof existing === "object" && existing.type === "array" && wanted.kind === "list") {
    const present = existing["elementType"] as DeltaType;
    const elementType = mergeType(`${path}[]`, { type: present, metadata }, wanted.item);
    return elementType === present ? existing : { ...existing, elementType };
  }
  if (typeof existing === "object" && existing.type === "struct" && wanted.kind === "struct") {
    const present = existing["fields"] as readonly DeltaField[];
    const fields = mergeFields(`${path}.`, present, wanted.fields);
    return fields === present ? existing : { ...existing, fields };
  }
  const known = fromDelta(existing, metadata?.[JSON_KEY] === "true");
  if (known?.kind === wanted.kind) return existing;
  throw new TableMismatchError(
    `Cannot write the column ${JSON.stringify(path)} with another type`,
    { expected: JSON.stringify(known ?? existing), actual: JSON.stringify(wanted) },
  );
}

/**
 * Refuses a table whose columns ask for checks before rows are added: `NOT NULL`, and the
 * expressions of "Column Invariants".
 *
 * @throws {UnsupportedTableError} With the first such column.
 */
export function assertAppendable(schemaString: string): void {
  for (const field of parseFields(schemaString)) assertUnconstrained(field.name, field);
}

function assertUnconstrained(path: string, { type, nullable, metadata }: DeltaField): void {
  if (nullable === false) throw constrained(path, "is NOT NULL");
  if (metadata?.["delta.invariants"] !== undefined) throw constrained(path, "has an invariant");
  for (let inner = type; typeof inner === "object";) {
    if (inner.type === "array") {
      if (inner["containsNull"] === false) throw constrained(path, "holds no nulls");
      inner = inner["elementType"] as DeltaType;
      continue;
    }
    if (inner.type === "struct") {
      for (const field of inner["fields"] as DeltaField[]) {
        assertUnconstrained(`${path}.${field.name}`, field);
      }
    }
    break;
  }
}

function constrained(path: string, constraint: string): UnsupportedTableError {
  return new UnsupportedTableError(
    `Cannot append to the table: its column ${JSON.stringify(path)} ${constraint}, ` +
      `which sluice does not check`,
  );
}
