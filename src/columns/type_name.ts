import type { DataType } from "./schema.ts";

/**
 * A type as people write it: `"bool"`, `"int64"`, `"float64"`, `"string"`, `"timestamp"`, `"json"`, a
 * list as `["string"]`, a struct as `{ lat: "float64", lon: "float64" }`.
 */
export type TypeName =
  | "bool"
  | "int64"
  | "float64"
  | "string"
  | "timestamp"
  | "json"
  | readonly [TypeName]
  | { readonly [field: string]: TypeName };

const SIMPLE = ["bool", "int64", "float64", "string", "timestamp", "json"] as const;

/**
 * Reads a {@linkcode TypeName}.
 *
 * @param option Where it was found, for the error.
 * @throws {TypeError} If it is none.
 */
export function parseType(name: TypeName, option: string): DataType {
  if (typeof name === "string") {
    const kind = SIMPLE.find((simple) => simple === name);
    if (kind !== undefined) return { kind };
  } else if (Array.isArray(name)) {
    if (name.length === 1) return { kind: "list", item: parseType(name[0] as TypeName, option) };
  } else if (typeof name === "object" && name !== null) {
    const fields = Object.entries(name).map(([field, type]) => ({
      name: field,
      type: parseType(type as TypeName, `${option}.${field}`),
    }));
    if (fields.length > 0) return { kind: "struct", fields };
  }
  throw new TypeError(
    `Cannot use option "${option}": it must be one of ${SIMPLE.join(", ")}, [type] or ` +
      `{ field: type }: current value is ${JSON.stringify(name)}`,
  );
}
