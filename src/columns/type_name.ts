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

/** No event nests deeper, so there would be nothing to put into such a column. */
const MAX_DEPTH = 64;

/**
 * Reads a {@linkcode TypeName}.
 *
 * @param option Where it was found, for the error.
 * @throws {TypeError} If it is none, or nests too deep.
 */
export function parseType(name: TypeName, option: string): DataType {
  return parseNested(name, { option, depth: 1 });
}

function parseNested(
  name: TypeName,
  { option, depth }: { readonly option: string; readonly depth: number },
): DataType {
  if (depth > MAX_DEPTH) {
    throw new TypeError(
      `Cannot use option "${option.slice(0, 100)}": it must nest at most ${MAX_DEPTH} levels deep`,
    );
  }
  if (typeof name === "string") {
    const kind = SIMPLE.find((simple) => simple === name);
    if (kind !== undefined) return { kind };
  } else if (Array.isArray(name)) {
    if (name.length === 1) {
      return { kind: "list", item: parseNested(name[0] as TypeName, { option, depth: depth + 1 }) };
    }
  } else if (typeof name === "object" && name !== null) {
    const fields = Object.entries(name).map(([field, type]) => ({
      name: field,
      type: parseNested(type as TypeName, { option: `${option}.${field}`, depth: depth + 1 }),
    }));
    if (fields.length > 0) return { kind: "struct", fields };
  }
  throw new TypeError(
    `Cannot use option "${option}": it must be one of ${SIMPLE.join(", ")}, [type] or ` +
      `{ field: type }: current value is ${JSON.stringify(name)}`,
  );
}
