import type { Column } from "./column.ts";
import {
  bit,
  BOOL,
  FLOAT64,
  INT64,
  LIST,
  MAX_STRUCT_FIELDS,
  MISSING,
  NULL,
  STRING,
  STRUCT,
  TIMESTAMP,
} from "./kind.ts";
import type { DataType, Field } from "./schema.ts";

/** Which kinds the values of a field were, over all the rows that were looked at. */
export interface TypeSummary {
  /** Bit `1 << kind` is set when a value of that kind was met. */
  kinds: number;
  readonly fields: Map<string, TypeSummary>;
  items: TypeSummary | undefined;
}

/** A summary of nothing yet. */
export function emptySummary(): TypeSummary {
  return { kinds: 0, fields: new Map(), items: undefined };
}

/** Adds all rows of a column to a summary. */
export function summarise(summary: TypeSummary, column: Column): void {
  summary.kinds |= column.seen;
  for (const [name, field] of column.fields) {
    const seen = summary.fields.get(name);
    if (seen !== undefined) summarise(seen, field);
    else if ((field.seen & ~bit(MISSING)) !== 0) {
      const added = emptySummary();
      summarise(added, field);
      summary.fields.set(name, added);
    }
  }
  if (column.items !== undefined) summarise(summary.items ??= emptySummary(), column.items);
}

/** The summary of a field; a new one if need be. */
export function summaryOf(fields: Map<string, TypeSummary>, name: string): TypeSummary {
  let summary = fields.get(name);
  if (summary === undefined) fields.set(name, summary = emptySummary());
  return summary;
}

/** Adds a summary of more rows to another. */
export function mergeSummary(summary: TypeSummary, more: TypeSummary): void {
  summary.kinds |= more.kinds;
  for (const [name, field] of more.fields) mergeSummary(summaryOf(summary.fields, name), field);
  if (more.items !== undefined) mergeSummary(summary.items ??= emptySummary(), more.items);
}

/**
 * The promotion rules: which type holds values of these kinds. Kinds that are not in the table
 * together become JSON text, value by value.
 */
const TYPE_OF_KINDS: ReadonlyMap<number, DataType> = new Map<number, DataType>([
  [bit(BOOL), { kind: "bool" }],
  [bit(INT64), { kind: "int64" }],
  [bit(FLOAT64), { kind: "float64" }],
  [bit(INT64) | bit(FLOAT64), { kind: "float64" }],
  [bit(STRING), { kind: "string" }],
  [bit(TIMESTAMP), { kind: "timestamp" }],
]);

/**
 * Whether a column or a member of a struct may have this name. One with NUL would make the whole
 * table unreadable wherever names are strings of C, which is what Arrow's C interface has.
 */
export function isColumnName(name: string): boolean {
  return !name.includes("\0");
}

/**
 * The type of a field with these values. `undefined` when there is no saying yet: nothing but nulls,
 * empty lists and empty structs. Of members whose names differ only by case a struct has the first.
 */
export function typeOf(summary: TypeSummary): DataType | undefined {
  const kinds = summary.kinds & ~(bit(MISSING) | bit(NULL));
  if (kinds === 0) return undefined;
  if (kinds === bit(LIST)) {
    const item = summary.items && typeOf(summary.items);
    return item && { kind: "list", item };
  }
  if (kinds === bit(STRUCT)) {
    if (summary.fields.size > MAX_STRUCT_FIELDS) return { kind: "json" };
    const fields: Field[] = [];
    const taken = new Set<string>();
    for (const [name, field] of summary.fields) {
      const type = typeOf(field);
      const folded = name.toLowerCase();
      if (type === undefined || taken.has(folded) || !isColumnName(name)) continue;
      taken.add(folded);
      fields.push({ name, type });
    }
    return fields.length > 0 ? { kind: "struct", fields } : undefined;
  }
  return TYPE_OF_KINDS.get(kinds) ?? { kind: "json" };
}
