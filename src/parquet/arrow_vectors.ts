import {
  type Bool,
  type Data,
  type DataType as ArrowType,
  type Dictionary,
  type FixedSizeList,
  type Float,
  type Int,
  type LargeList,
  type LargeUtf8,
  type List,
  Precision,
  tableFromIPC,
  type Timestamp,
  TimeUnit,
  Type,
  type Utf8,
} from "apache-arrow";
import { concatVectors, nullVector } from "../columns/concat.ts";
import type { DataType } from "../columns/schema.ts";
import { takeVector } from "../columns/take_vector.ts";
import type { Table, Vector } from "../columns/vector.ts";
import { arrowTexts, viewStrings } from "./arrow_texts.ts";

/**
 * A table from Arrow's IPC stream format: the reverse of `toArrowIpc`, and more. Arrays are views of
 * `ipc` where they can be.
 *
 * @throws {TypeError} If a column has a type that has no counterpart here: names both.
 * @throws {RangeError} If a timestamp is beyond what 64-bit microseconds reach.
 */
export function fromArrowIpc(ipc: Uint8Array): Table {
  const arrow = tableFromIPC(ipc);
  const fields = arrow.schema.fields.map(({ name, type }) => ({
    name,
    type: toDataType(type, name),
  }));
  // Where there is none, apache-arrow makes up an empty batch, and not all of it.
  const batches = arrow.batches.filter(({ numRows }) => numRows > 0);
  const vectors = fields.map(({ name, type }, i) => {
    const parts = batches.map(({ data }) => toVector(data.children[i]!, type, name));
    return concatVectors(type, parts);
  });
  return { rows: arrow.numRows, fields, vectors };
}

function toDataType(arrow: ArrowType, column: string): DataType {
  switch (arrow.typeId) {
    case Type.Bool:
      return { kind: "bool" };
    case Type.Int:
      return { kind: isUint64(arrow as Int) ? "string" : "int64" };
    case Type.Float:
      return { kind: "float64" };
    case Type.Timestamp:
      return { kind: "timestamp" };
    case Type.Null:
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
    case Type.Binary:
    case Type.LargeBinary:
    case Type.FixedSizeBinary:
    case Type.Decimal:
    case Type.Date:
    case Type.Time:
      return { kind: "string" };
    case Type.Dictionary:
      return toDataType((arrow as Dictionary).dictionary, column);
    case Type.List:
    case Type.LargeList:
    case Type.FixedSizeList:
    case Type.Map:
      return { kind: "list", item: toDataType((arrow as List).children[0]!.type, `${column}[]`) };
    case Type.Struct:
      return {
        kind: "struct",
        fields: arrow.children!.map(({ name, type }) => ({
          name,
          type: toDataType(type, `${column}.${name}`),
        })),
      };
    default:
      throw new TypeError(
        `Cannot read the column ${JSON.stringify(column)}, whose type has no counterpart here: ` +
          `current value is ${String(arrow)}`,
      );
  }
}

function isUint64({ bitWidth, isSigned }: Int): boolean {
  return bitWidth === 64 && !isSigned;
}

function toVector(data: Data, type: DataType, column: string): Vector {
  const { length, nullCount } = data;
  if (data.typeId === Type.Null) return nullVector(type, length);
  if (data.typeId === Type.Dictionary) return fromDictionary(data, type, column);
  const shape = { type, length, nullCount };
  const values = toValues(data, type, column);
  if (nullCount === 0) return { ...shape, ...values };
  return { ...shape, validity: data.nullBitmap.subarray(0, Math.ceil(length / 8)), ...values };
}

function toValues(data: Data, type: DataType, column: string): Partial<Vector> {
  const { length } = data;
  switch (data.typeId) {
    case Type.Bool:
      return { bits: (data as Data<Bool>).values.subarray(0, Math.ceil(length / 8)) };
    case Type.Int:
      if (isUint64(data.type as Int)) return arrowTexts(data);
      return { ints: toInt64(data as Data<Int>) };
    case Type.Float:
      return { floats: toFloat64(data as Data<Float>) };
    case Type.Timestamp:
      return { ints: toMicros(data as Data<Timestamp>, column) };
    case Type.Utf8:
    case Type.LargeUtf8: {
      const { values, valueOffsets } = data as Data<Utf8 | LargeUtf8>;
      return { offsets: toOffsets(valueOffsets, length, column), bytes: values };
    }
    case Type.Utf8View:
      return viewStrings(data);
    case Type.List:
    case Type.LargeList:
    case Type.Map: {
      const { valueOffsets, children } = data as Data<List | LargeList>;
      const offsets = toOffsets(valueOffsets, length, column);
      return { offsets, children: [toItems(children[0]!, offsets, { type, column })] };
    }
    case Type.FixedSizeList: {
      const { listSize } = data.type as FixedSizeList;
      const offsets = Int32Array.from({ length: length + 1 }, (_, row) => row * listSize);
      return { offsets, children: [toItems(data.children[0]!, offsets, { type, column })] };
    }
    case Type.Struct: {
      const { fields } = type as DataType & { kind: "struct" };
      return {
        children: fields.map((field, i) =>
          toVector(data.children[i]!, field.type, `${column}.${field.name}`)
        ),
      };
    }
    default:
      return arrowTexts(data);
  }
}

/** The items of lists, which are those that the offsets speak of and no others. */
function toItems(
  data: Data,
  offsets: Int32Array,
  { type, column }: { readonly type: DataType; readonly column: string },
): Vector {
  const items = toVector(data, (type as DataType & { kind: "list" }).item, `${column}[]`);
  if (offsets[0] === 0 && offsets.at(-1) === items.length) return items;
  throw new TypeError(
    `Cannot read the column ${JSON.stringify(column)}, whose lists do not use all items: ` +
      `current value is ${offsets[0]} to ${offsets.at(-1)} of ${items.length}`,
  );
}

function fromDictionary(data: Data, type: DataType, column: string): Vector {
  const { values, dictionary } = data as Data<Dictionary>;
  const parts = dictionary!.data.map((part) => toVector(part, type, column));
  const rows = Int32Array.from(
    { length: data.length },
    (_, row) => data.getValid(row) ? Number(values[row]) : -1,
  );
  return takeVector(concatVectors(type, parts), rows);
}

function toInt64({ values, length }: Data<Int>): BigInt64Array {
  if (values instanceof BigInt64Array) return values.subarray(0, length);
  const ints = new BigInt64Array(length);
  for (let row = 0; row < length; row++) ints[row] = BigInt(values[row]!);
  return ints;
}

function toFloat64({ type, values, length }: Data<Float>): Float64Array {
  if (values instanceof Float64Array) return values.subarray(0, length);
  const floats = new Float64Array(length);
  const isHalf = type.precision === Precision.HALF;
  for (let row = 0; row < length; row++) {
    floats[row] = isHalf ? fromHalf(values[row]!) : values[row]!;
  }
  return floats;
}

/** IEEE 754 binary16: sign, five bits of exponent, ten of fraction. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0) return sign * fraction * 2 ** -14;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction) * 2 ** (exponent - 15);
}

function toMicros(data: Data<Timestamp>, column: string): BigInt64Array {
  const { length } = data;
  const values = data.values as BigInt64Array;
  const { unit } = data.type;
  if (unit === TimeUnit.MICROSECOND) return values.subarray(0, length);
  const micros = new BigInt64Array(length);
  for (let row = 0; row < length; row++) {
    if (!data.getValid(row)) continue;
    const value = values[row]!;
    if (unit === TimeUnit.NANOSECOND) {
      micros[row] = value / 1000n - (value % 1000n < 0n ? 1n : 0n);
      continue;
    }
    const scaled = value * (unit === TimeUnit.SECOND ? 1_000_000n : 1000n);
    micros[row] = scaled;
    if (micros[row] !== scaled) {
      throw new RangeError(
        `Cannot read the column ${JSON.stringify(column)}: a time does not fit 64-bit ` +
          `microseconds: current value is ${scaled}`,
      );
    }
  }
  return micros;
}

function toOffsets(
  offsets: Int32Array | BigInt64Array,
  length: number,
  column: string,
): Int32Array {
  if (offsets instanceof Int32Array) return offsets.subarray(0, length + 1);
  const narrow = Int32Array.from(offsets.subarray(0, length + 1), Number);
  if (BigInt(narrow[length]!) === offsets[length]) return narrow;
  throw new RangeError(
    `Cannot read the column ${JSON.stringify(column)}, whose values take more than 2 GiB: ` +
      `current value is ${offsets[length]}`,
  );
}
