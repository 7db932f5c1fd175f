import {
  type Binary,
  type Data,
  type Date_,
  type Decimal,
  type FixedSizeBinary,
  type LargeBinary,
  type Time,
  TimeUnit,
  Type,
  type Utf8View,
} from "apache-arrow";
import type { Vector } from "../columns/vector.ts";

/** Values of Arrow types that become text, as strings. */
export function arrowTexts(data: Data): Required<Pick<Vector, "offsets" | "bytes">> {
  const textAt = textOf(data);
  const offsets = new Int32Array(data.length + 1);
  const texts: string[] = [];
  let end = 0;
  for (let row = 0; row < data.length; row++) {
    if (data.getValid(row)) {
      const text = textAt(row);
      texts.push(text);
      end += text.length; // it is ASCII
    }
    offsets[row + 1] = end;
  }
  return { offsets, bytes: new TextEncoder().encode(texts.join("")) };
}

function textOf(data: Data): (row: number) => string {
  switch (data.typeId) {
    case Type.Binary:
    case Type.LargeBinary: {
      const { values, valueOffsets } = data as Data<Binary | LargeBinary>;
      return (row) =>
        base64(values.subarray(Number(valueOffsets[row]), Number(valueOffsets[row + 1])));
    }
    case Type.FixedSizeBinary: {
      const { values, type } = data as Data<FixedSizeBinary>;
      return (row) => base64(values.subarray(row * type.byteWidth, (row + 1) * type.byteWidth));
    }
    case Type.Decimal: {
      const { values, type } = data as Data<Decimal>;
      const words = type.bitWidth / 32;
      return (row) =>
        decimalText(signed(values.subarray(row * words, (row + 1) * words)), type.scale);
    }
    case Type.Date: {
      const { values } = data as Data<Date_>;
      return (row) => dateText(values[row]!);
    }
    case Type.Time: {
      const { values, type } = data as Data<Time>;
      return (row) => timeText(BigInt(values[row]!), type.unit);
    }
    default:
      return (row) => String((data.values as BigUint64Array)[row]);
  }
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The number in little-endian words, as two's complement. */
function signed(words: Uint32Array): bigint {
  let value = 0n;
  for (let i = words.length - 1; i >= 0; i--) value = value << 32n | BigInt(words[i]!);
  return BigInt.asIntN(words.length * 32, value);
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  return `${unscaled < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

const MS_PER_DAY = 86_400_000;

/** Days since the epoch, or milliseconds of whole days, as `2022-06-01`. */
function dateText(value: number | bigint): string {
  const ms = typeof value === "bigint" ? Number(value) : value * MS_PER_DAY;
  const date = new Date(ms);
  // What is beyond the years that a `Date` has, engines use for "infinity".
  return Number.isNaN(date.getTime()) ? String(value) : date.toISOString().split("T")[0]!;
}

/** How many digits the fraction of a second has. */
const FRACTION_DIGITS = {
  [TimeUnit.SECOND]: 0,
  [TimeUnit.MILLISECOND]: 3,
  [TimeUnit.MICROSECOND]: 6,
  [TimeUnit.NANOSECOND]: 9,
} as const;

/** Time since midnight as `00:15:00.500`. */
function timeText(value: bigint, unit: TimeUnit): string {
  const digits = FRACTION_DIGITS[unit];
  const perSecond = 10n ** BigInt(digits);
  const second = value / perSecond;
  const clock = [second / 3600n, second / 60n % 60n, second % 60n]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
  return digits === 0 ? clock : `${clock}.${String(value % perSecond).padStart(digits, "0")}`;
}

/**
 * Strings that lie anywhere in several buffers (Arrow Columnar Format, "Variable-size Binary View
 * Layout"), end to end: a view is a length and then, up to twelve bytes, the string itself, or its
 * first four bytes, its buffer and its place there.
 */
export function viewStrings(data: Data): Required<Pick<Vector, "offsets" | "bytes">> {
  const { values, variadicBuffers, length } = data as Data<Utf8View>;
  const views = new DataView(values.buffer, values.byteOffset, values.byteLength);
  const lengthAt = (row: number) => data.getValid(row) ? views.getInt32(row * 16, true) : 0;
  const offsets = new Int32Array(length + 1);
  for (let row = 0; row < length; row++) offsets[row + 1] = offsets[row]! + lengthAt(row);
  const bytes = new Uint8Array(offsets[length]!);
  for (let row = 0; row < length; row++) {
    const size = lengthAt(row);
    const at = row * 16;
    const isInline = size <= 12;
    const buffer = isInline ? values : variadicBuffers[views.getInt32(at + 8, true)]!;
    const start = isInline ? at + 4 : views.getInt32(at + 12, true);
    bytes.set(buffer.subarray(start, start + size), offsets[row]!);
  }
  return { offsets, bytes };
}
