/** The type of a column. Every column may hold nulls. */
export type DataType =
  | { readonly kind: "bool" }
  | { readonly kind: "int64" }
  | { readonly kind: "float64" }
  | { readonly kind: "string" }
  /** Microseconds since the epoch, UTC. */
  | { readonly kind: "timestamp" }
  /** Values of different kinds, each as JSON text; a string to readers. */
  | { readonly kind: "json" }
  | { readonly kind: "list"; readonly item: DataType }
  | { readonly kind: "struct"; readonly fields: readonly Field[] };

/** A named column or struct member. */
export interface Field {
  readonly name: string;
  readonly type: DataType;
}

/** Whether values of a type are JSON texts, or hold some. */
export function holdsJson(type: DataType): boolean {
  if (type.kind === "list") return holdsJson(type.item);
  if (type.kind === "struct") return type.fields.some((field) => holdsJson(field.type));
  return type.kind === "json";
}
