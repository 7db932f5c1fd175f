import {
  bit,
  BOOL,
  FLOAT64,
  INT64,
  LIST,
  MISSING,
  NULL,
  STRING,
  STRUCT,
  TIMESTAMP,
} from "./kind.ts";
import type { DataType, Field } from "./schema.ts";
import { isColumnName, typeOf, type TypeSummary } from "./type_summary.ts";

/** Where values are kept, as a JSON object, that the columns of a table cannot hold. */
export const RESCUED_DATA = "_rescued_data";

/** How many columns a table may have; fields beyond them are rescued. */
export const MAX_TABLE_COLUMNS = 2000;

/**
 * The columns of a table once a window's fields are added to them. A column keeps the type it was
 * first given: new columns (and new members of structs) are added, nothing is changed. Where some
 * value of the window does not fit, `_rescued_data` is among them.
 *
 * Names that differ only by case are one column to Delta readers and to SQL, so the second of them
 * is not added, nor is such a member of a struct; nor is a column that the path uses.
 *
 * @param seen The fields of the window.
 * @param inPath What partition columns the path holds.
 */
export function extendSchema(
  pinned: readonly Field[],
  seen: ReadonlyMap<string, TypeSummary>,
  inPath: readonly string[],
): readonly Field[] {
  const fields: Field[] = [...pinned];
  const places = new Map(fields.map(({ name }, index) => [name.toLowerCase(), index]));
  const taken = new Set([RESCUED_DATA, ...inPath].map((name) => name.toLowerCase()));
  for (const [name, summary] of seen) {
    const type = typeOf(summary);
    const folded = name.toLowerCase();
    if (type === undefined || taken.has(folded) || !isColumnName(name)) continue;
    const place = places.get(folded);
    if (place === undefined) {
      if (fields.length >= MAX_TABLE_COLUMNS) continue;
      places.set(folded, fields.length);
      fields.push({ name, type });
    } else if (fields[place]!.name === name) {
      fields[place] = extendField(fields[place]!, type);
    }
  }
  return sameOr(pinned, fields);
}

/** Whether the columns hold every value of the fields seen, so that nothing is to be rescued. */
export function holdsAll(
  schema: readonly Field[],
  seen: ReadonlyMap<string, TypeSummary>,
  inPath: ReadonlySet<string>,
): boolean {
  const types = new Map(schema.map(({ name, type }) => [name, type]));
  types.delete(RESCUED_DATA);
  for (const [name, summary] of seen) {
    if (!inPath.has(name) && !holds(types.get(name), summary)) return false;
  }
  return true;
}

/** Which kinds fit which types; a whole float64 may fit an int64, but only its value tells. */
const KINDS_THAT_FIT = {
  bool: bit(BOOL),
  int64: bit(INT64),
  float64: bit(INT64) | bit(FLOAT64),
  string: bit(STRING) | bit(TIMESTAMP),
  timestamp: bit(TIMESTAMP),
  json: -1,
  list: bit(LIST),
  struct: bit(STRUCT),
} as const;

function holds(type: DataType | undefined, summary: TypeSummary): boolean {
  const kinds = summary.kinds & ~(bit(MISSING) | bit(NULL));
  if (type === undefined) return kinds === 0;
  if ((kinds & ~KINDS_THAT_FIT[type.kind]) !== 0) return false;
  if (type.kind === "list") return summary.items === undefined || holds(type.item, summary.items);
  if (type.kind !== "struct") return true;
  const types = new Map(type.fields.map((field) => [field.name, field.type]));
  for (const [name, field] of summary.fields) {
    if (!holds(types.get(name), field)) return false;
  }
  return true;
}

/** The list that was there if there is nothing new: what else is known of it can be kept. */
function sameOr(pinned: readonly Field[], fields: readonly Field[]): readonly Field[] {
  const isSame = fields.length === pinned.length && fields.every((field, i) => field === pinned[i]);
  return isSame ? pinned : fields;
}

function extendField(pinned: Field, seen: DataType): Field {
  const type = extendType(pinned.type, seen);
  return type === pinned.type ? pinned : { name: pinned.name, type };
}

/** A pinned type with the struct members that another brings. */
function extendType(pinned: DataType, seen: DataType): DataType {
  if (pinned.kind === "list" && seen.kind === "list") {
    const item = extendType(pinned.item, seen.item);
    return item === pinned.item ? pinned : { kind: "list", item };
  }
  if (pinned.kind !== "struct" || seen.kind !== "struct") return pinned;
  const fields: Field[] = [...pinned.fields];
  const places = new Map(fields.map(({ name }, index) => [name.toLowerCase(), index]));
  for (const { name, type } of seen.fields) {
    const place = places.get(name.toLowerCase());
    if (place === undefined) fields.push({ name, type });
    else if (fields[place]!.name === name) {
      fields[place] = extendField(fields[place]!, type);
    }
  }
  const extended = sameOr(pinned.fields, fields);
  return extended === pinned.fields ? pinned : { kind: "struct", fields: extended };
}

/** Whether two schemas have the same columns, in the same order and with the same types. */
export function equalSchemas(a: readonly Field[], b: readonly Field[]): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
