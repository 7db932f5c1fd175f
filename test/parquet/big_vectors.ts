// Vectors of many rows, from functions of the row: quick enough for files of several pages.
import type { DataType } from "../../src/columns/schema.ts";
import type { Table, Vector } from "../../src/columns/vector.ts";

/** Whether something is so of a row. */
export type Rows = (row: number) => boolean;

const encoder = new TextEncoder();

/** No row is null. */
export const NONE: Rows = () => false;

/** A table of columns by name. */
export function tableOf(columns: Readonly<Record<string, Vector>>): Table {
  const vectors = Object.values(columns);
  return {
    rows: vectors[0]!.length,
    fields: Object.entries(columns).map(([name, { type }]) => ({ name, type })),
    vectors,
  };
}

export function bools(length: number, valueAt: Rows, isNullAt: Rows = NONE): Vector {
  return { ...shape({ kind: "bool" }, length, isNullAt), bits: bitmap(length, valueAt) };
}

/** Rows that are null have some value beneath, as they may. */
export function ints(
  length: number,
  valueAt: (row: number) => bigint | number,
  isNullAt: Rows = NONE,
): Vector {
  const values = new BigInt64Array(length);
  for (let row = 0; row < length; row++) values[row] = BigInt(valueAt(row));
  return { ...shape({ kind: "int64" }, length, isNullAt), ints: values };
}

export function timestamps(
  length: number,
  microsAt: (row: number) => bigint | number,
  isNullAt: Rows = NONE,
): Vector {
  return { ...ints(length, microsAt, isNullAt), type: { kind: "timestamp" } };
}

export function floats(
  length: number,
  valueAt: (row: number) => number,
  isNullAt: Rows = NONE,
): Vector {
  const values = new Float64Array(length);
  for (let row = 0; row < length; row++) values[row] = valueAt(row);
  return { ...shape({ kind: "float64" }, length, isNullAt), floats: values };
}

/** Strings, spelt out: those that are null have no bytes. */
export function strings(
  length: number,
  textAt: (row: number) => string,
  isNullAt: Rows = NONE,
): Vector {
  const offsets = new Int32Array(length + 1);
  const known = new Map<string, Uint8Array>();
  const texts: Uint8Array[] = [];
  for (let row = 0; row < length; row++) {
    const text = isNullAt(row) ? "" : textAt(row);
    let bytes = known.get(text);
    if (bytes === undefined) known.set(text, bytes = encoder.encode(text));
    texts.push(bytes);
    offsets[row + 1] = offsets[row]! + bytes.length;
  }
  const bytes = new Uint8Array(offsets[length]!);
  for (const [row, text] of texts.entries()) bytes.set(text, offsets[row]);
  return { ...shape({ kind: "string" }, length, isNullAt), offsets, bytes };
}

/** Lists of so many items, of all of which there is a vector. */
export function lists(
  sizes: ArrayLike<number>,
  itemsOf: (length: number) => Vector,
  isNullAt: Rows = NONE,
): Vector {
  const { length } = sizes;
  const offsets = new Int32Array(length + 1);
  for (let row = 0; row < length; row++) {
    offsets[row + 1] = offsets[row]! + (isNullAt(row) ? 0 : sizes[row]!);
  }
  const items = itemsOf(offsets[length]!);
  const type: DataType = { kind: "list", item: items.type };
  return { ...shape(type, length, isNullAt), offsets, children: [items] };
}

/** Structs of members by name, which may have values beneath those that are null. */
export function structs(
  members: Readonly<Record<string, Vector>>,
  isNullAt: Rows = NONE,
): Vector {
  const { rows, fields, vectors } = tableOf(members);
  return { ...shape({ kind: "struct", fields }, rows, isNullAt), children: vectors };
}

function shape(
  type: DataType,
  length: number,
  isNullAt: Rows,
): Pick<Vector, "type" | "length" | "nullCount" | "validity"> {
  let nullCount = 0;
  for (let row = 0; row < length; row++) if (isNullAt(row)) nullCount++;
  if (nullCount === 0) return { type, length, nullCount };
  return { type, length, nullCount, validity: bitmap(length, (row) => !isNullAt(row)) };
}

function bitmap(length: number, isSet: Rows): Uint8Array {
  const bits = new Uint8Array(Math.ceil(length / 8));
  for (let row = 0; row < length; row++) if (isSet(row)) bits[row >> 3]! |= 1 << (row & 7);
  return bits;
}
