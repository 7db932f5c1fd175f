/** A number that was written with a fraction or an exponent: a float64 even where it is whole. */
export class JsonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/**
 * A JSON value as columns take it: whole numbers as `number` where that is exact and as `bigint`
 * (of 64 bits) beyond, other numbers as `number`, or as {@linkcode JsonFloat} where they are whole.
 */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | JsonFloat
  | readonly JsonValue[]
  | JsonObject;

/** A JSON object. */
export type JsonObject = { readonly [name: string]: JsonValue };

/**
 * A value as canonical JSON text: no spaces, members in order of their names (as in RFC 8785), valid
 * Unicode. Numbers keep apart what columns keep apart: the float64 one is `1.0`, the int64 is `1`.
 */
export function canonicalJson(value: JsonValue): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" && !Number.isInteger(value)) return floatText(value);
  if (value === null || typeof value !== "object") return String(value);
  if (value instanceof JsonFloat) return floatText(value.value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const object = value as JsonObject;
  return objectText(Object.keys(object).map((name) => [name, canonicalJson(object[name]!)]));
}

/** Members with their values' text as a canonical object. */
export function objectText(members: readonly (readonly [name: string, text: string])[]): string {
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${sorted.map(([name, text]) => `${quoted(name)}:${text}`).join(",")}}`;
}

/** A string as JSON text. */
export function quoted(value: string): string {
  return JSON.stringify(value.toWellFormed());
}

/** A float64 as JSON text that reads back as a float64: `1` is written `1.0`. */
export function floatText(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
