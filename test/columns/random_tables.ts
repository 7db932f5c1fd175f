import fc from "fast-check";
import { concatVectors, nullVector } from "../../src/columns/concat.ts";
import type { DataType, Field } from "../../src/columns/schema.ts";
import { bitAt, isNull, type Table, type Vector } from "../../src/columns/vector.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A value that a vector is made of: what JSON would be, but exact. */
export type Value = null | boolean | bigint | number | string | readonly Value[];

/** A table from rows' values, which lists and structs hold as arrays. */
export function makeTable(fields: readonly Field[], rows: readonly (readonly Value[])[]): Table {
  const vectors = fields.map(({ type }, i) => makeVector(type, rows.map((row) => row[i]!)));
  return { rows: rows.length, fields, vectors };
}

/** A vector of values: as slow and plain as can be. */
export function makeVector(type: DataType, values: readonly Value[]): Vector {
  return concatVectors(type, values.map((value) => vectorOfOne(type, value)));
}

function vectorOfOne(type: DataType, value: Value): Vector {
  if (value === null) return nullVector(type, 1);
  const shape = { type, length: 1, nullCount: 0 };
  switch (type.kind) {
    case "bool":
      return { ...shape, bits: Uint8Array.of(value === true ? 1 : 0) };
    case "int64":
    case "timestamp":
      return { ...shape, ints: BigInt64Array.of(value as bigint) };
    case "float64":
      return { ...shape, floats: Float64Array.of(value as number) };
    case "string":
    case "json": {
      const bytes = new TextEncoder().encode(value as string);
      return { ...shape, offsets: Int32Array.of(0, bytes.length), bytes };
    }
    case "list": {
      const items = makeVector(type.item, value as readonly Value[]);
      return { ...shape, offsets: Int32Array.of(0, items.length), children: [items] };
    }
    case "struct":
      return {
        ...shape,
        children: type.fields.map((field, i) =>
          vectorOfOne(field.type, (value as readonly Value[])[i]!)
        ),
      };
  }
}

const INT64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
/** A string in the forms that have gone wrong somewhere: a BOM, surrogate pairs, NUL. */
const TEXT = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom("", "\uFEFFa", "\u{1F600}", "\0", '"\\\n', "a".repeat(40)),
).map((text) => text.toWellFormed());

/** Types, nested up to `depth` deep. */
export function arbitraryType(depth: number): fc.Arbitrary<DataType> {
  const simple = fc.constantFrom<DataType>(
    { kind: "bool" },
    { kind: "int64" },
    { kind: "float64" },
    { kind: "string" },
    { kind: "timestamp" },
  );
  if (depth === 0) return simple;
  const inner = arbitraryType(depth - 1);
  return fc.oneof(
    { weight: 3, arbitrary: simple },
    { weight: 1, arbitrary: inner.map((item): DataType => ({ kind: "list", item })) },
    {
      weight: 1,
      arbitrary: fc.array(inner, { minLength: 1, maxLength: 3 }).map((types): DataType => ({
        kind: "struct",
        fields: types.map((type, i) => ({ name: `f${i}`, type })),
      })),
    },
  );
}

/** Values of a type, nulls among them. */
export function arbitraryValue(type: DataType): fc.Arbitrary<Value> {
  return fc.option<Value>(present(type), { freq: 4, nil: null });
}

function present(type: DataType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "bool":
      return fc.boolean();
    case "int64":
    case "timestamp":
      return INT64;
    case "float64":
      return fc.double({ noNaN: true });
    case "string":
    case "json":
      return TEXT;
    case "list":
      return fc.array(arbitraryValue(type.item), { maxLength: 3 });
    case "struct":
      return fc.tuple(...type.fields.map((field) => arbitraryValue(field.type)));
  }
}

/** Tables of up to four columns. */
export const ARBITRARY_TABLE: fc.Arbitrary<Table> = fc
  .array(arbitraryType(2), { minLength: 1, maxLength: 4 })
  .chain((types) =>
    fc.array(fc.tuple(...types.map(arbitraryValue)), { maxLength: 20 }).map((rows) =>
      makeTable(types.map((type, i) => ({ name: `c${i}`, type })), rows)
    )
  );

/** The values of each column: the reverse of {@linkcode makeTable}, by columns. */
export function tableValues(table: Table): Value[][] {
  return table.vectors.map(vectorValues);
}

/** The values of a vector. */
export function vectorValues(vector: Vector): Value[] {
  return Array.from({ length: vector.length }, (_, row) => valueAt(vector, row));
}

/** The value of a row of a vector. */
export function valueAt(vector: Vector, row: number): Value {
  if (isNull(vector, row)) return null;
  const { type, codes, offsets, children } = vector;
  switch (type.kind) {
    case "bool":
      return bitAt(vector.bits!, row);
    case "int64":
    case "timestamp":
      return vector.ints![row]!;
    case "float64":
      return vector.floats![row]!;
    case "string":
    case "json": {
      const at = codes?.[row] ?? row;
      return decoder.decode(vector.bytes!.subarray(offsets![at]!, offsets![at + 1]!));
    }
    case "list":
      return Array.from(
        { length: offsets![row + 1]! - offsets![row]! },
        (_, i) => valueAt(children![0]!, offsets![row]! + i),
      );
    case "struct":
      return children!.map((child) => valueAt(child, row));
  }
}
