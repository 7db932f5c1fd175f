import { bitAt, isNull, type Vector, withoutCodes } from "./vector.ts";

/** Some rows of a vector, in any order and number; a negative one makes a null. */
export function takeVector(vector: Vector, rows: Int32Array): Vector {
  const length = rows.length;
  const validity = new Uint8Array(Math.ceil(length / 8));
  let nullCount = 0;
  for (let i = 0; i < length; i++) {
    if (rows[i]! < 0 || isNull(vector, rows[i]!)) nullCount++;
    else validity[i >> 3]! |= 1 << (i & 7);
  }
  const shape = { type: vector.type, length, nullCount };
  const values = takeValues(vector, rows);
  return nullCount === 0 ? { ...shape, ...values } : { ...shape, validity, ...values };
}

function takeValues(vector: Vector, rows: Int32Array): Partial<Vector> {
  const length = rows.length;
  switch (vector.type.kind) {
    case "bool": {
      const bits = new Uint8Array(Math.ceil(length / 8));
      for (const [i, row] of rows.entries()) {
        if (row >= 0 && bitAt(vector.bits!, row)) bits[i >> 3]! |= 1 << (i & 7);
      }
      return { bits };
    }
    case "int64":
    case "timestamp":
      return { ints: BigInt64Array.from(rows, (row) => row < 0 ? 0n : vector.ints![row]!) };
    case "float64":
      return { floats: Float64Array.from(rows, (row) => row < 0 ? 0 : vector.floats![row]!) };
    case "string":
    case "json": {
      if (vector.codes !== undefined) return takeValues(withoutCodes(vector), rows);
      const offsets = takeOffsets(vector.offsets!, rows);
      const bytes = new Uint8Array(offsets[length]!);
      for (const [i, row] of rows.entries()) {
        if (row < 0) continue;
        const start = vector.offsets![row]!;
        bytes.set(vector.bytes!.subarray(start, vector.offsets![row + 1]!), offsets[i]!);
      }
      return { offsets, bytes };
    }
    case "list": {
      const offsets = takeOffsets(vector.offsets!, rows);
      const items = new Int32Array(offsets[length]!);
      for (const [i, row] of rows.entries()) {
        const shift = row < 0 ? 0 : vector.offsets![row]! - offsets[i]!;
        for (let at = offsets[i]!; at < offsets[i + 1]!; at++) items[at] = at + shift;
      }
      return { offsets, children: [takeVector(vector.children![0]!, items)] };
    }
    case "struct":
      return { children: vector.children!.map((child) => takeVector(child, rows)) };
  }
}

function takeOffsets(from: Int32Array, rows: Int32Array): Int32Array {
  const offsets = new Int32Array(rows.length + 1);
  for (const [i, row] of rows.entries()) {
    offsets[i + 1] = offsets[i]! + (row < 0 ? 0 : from[row + 1]! - from[row]!);
  }
  return offsets;
}
