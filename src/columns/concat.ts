import type { DataType } from "./schema.ts";
import { bitAt, type Vector, withoutCodes } from "./vector.ts";

/**
 * Vectors of one type, end to end.
 *
 * @throws {RangeError} If the strings or items in all are more than 32-bit offsets reach.
 */
export function concatVectors(type: DataType, parts: readonly Vector[]): Vector {
  if (parts.length === 1) return { ...parts[0]!, type };
  if (parts.some(({ codes }) => codes !== undefined)) {
    return concatVectors(type, parts.map(withoutCodes));
  }
  const length = sum(parts, (part) => part.length);
  const nullCount = sum(parts, (part) => part.nullCount);
  const shape = { type, length, nullCount };
  const values = concatValues(type, parts, length);
  if (nullCount === 0) return { ...shape, ...values };
  return { ...shape, validity: concatBits(parts, (part) => part.validity), ...values };
}

/** A vector of nulls. */
export function nullVector(type: DataType, length: number): Vector {
  const shape = { type, length, nullCount: length };
  const validity = length === 0 ? {} : { validity: new Uint8Array(Math.ceil(length / 8)) };
  return { ...shape, ...validity, ...nullValues(type, length) };
}

function nullValues(type: DataType, length: number): Partial<Vector> {
  switch (type.kind) {
    case "bool":
      return { bits: new Uint8Array(Math.ceil(length / 8)) };
    case "int64":
    case "timestamp":
      return { ints: new BigInt64Array(length) };
    case "float64":
      return { floats: new Float64Array(length) };
    case "string":
    case "json":
      return { offsets: new Int32Array(length + 1), bytes: new Uint8Array(0) };
    case "list":
      return { offsets: new Int32Array(length + 1), children: [nullVector(type.item, 0)] };
    case "struct":
      return { children: type.fields.map((field) => nullVector(field.type, length)) };
  }
}

function concatValues(
  type: DataType,
  parts: readonly Vector[],
  length: number,
): Partial<Vector> {
  switch (type.kind) {
    case "bool":
      return { bits: concatBits(parts, (part) => part.bits) };
    case "int64":
    case "timestamp": {
      const ints = new BigInt64Array(length);
      eachStart(parts, (part, start) => ints.set(part.ints!, start));
      return { ints };
    }
    case "float64": {
      const floats = new Float64Array(length);
      eachStart(parts, (part, start) => floats.set(part.floats!, start));
      return { floats };
    }
    case "string":
    case "json": {
      const offsets = concatOffsets(parts, length);
      const bytes = new Uint8Array(offsets[length]!);
      eachStart(parts, (part, start) => {
        const own = part.bytes!.subarray(part.offsets![0]!, part.offsets![part.length]!);
        bytes.set(own, offsets[start]!);
      });
      return { offsets, bytes };
    }
    case "list":
      return {
        offsets: concatOffsets(parts, length),
        children: [concatVectors(type.item, parts.map((part) => part.children![0]!))],
      };
    case "struct":
      return {
        children: type.fields.map((field, i) =>
          concatVectors(field.type, parts.map((part) => part.children![i]!))
        ),
      };
  }
}

const MAX_OFFSET = 2 ** 31 - 1;

function concatOffsets(parts: readonly Vector[], length: number): Int32Array {
  const all = new Int32Array(length + 1);
  let end = 0;
  eachStart(parts, (part, start) => {
    const offsets = part.offsets!;
    const shift = end - offsets[0]!;
    end = offsets[part.length]! + shift;
    if (end > MAX_OFFSET) {
      throw new RangeError(
        `Cannot hold a column of more than ${MAX_OFFSET} bytes or items: current value is ${end}`,
      );
    }
    for (let i = 1; i <= part.length; i++) all[start + i] = offsets[i]! + shift;
  });
  return all;
}

/** Bitmaps end to end; an absent one stands for ones only. */
function concatBits(
  parts: readonly Vector[],
  bitsOf: (part: Vector) => Uint8Array | undefined,
): Uint8Array {
  const all = new Uint8Array(Math.ceil(sum(parts, (part) => part.length) / 8));
  eachStart(parts, (part, start) => {
    const bits = bitsOf(part);
    for (let row = 0; row < part.length; row++) {
      if (bits !== undefined && !bitAt(bits, row)) continue;
      const at = start + row;
      all[at >> 3]! |= 1 << (at & 7);
    }
  });
  return all;
}

function eachStart(parts: readonly Vector[], visit: (part: Vector, start: number) => void): void {
  let start = 0;
  for (const part of parts) {
    visit(part, start);
    start += part.length;
  }
}

function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0);
}
