import { asFloats, Column } from "./column.ts";
import { NULL } from "./kind.ts";
import { kindOfType } from "./kind_of_type.ts";
import { StringPool } from "./string_pool.ts";
import { withCodes } from "./distinct_strings.ts";
import { bitAt, isNull, type Vector } from "./vector.ts";

/** A vector as a column that gives the same vector when it is gathered. */
export function columnOf(vector: Vector): Column {
  const { type, length, nullCount } = vector;
  const column = new Column(0);
  column.kinds = new Uint8Array(length).fill(kindOfType(type));
  if (nullCount > 0) {
    for (let row = 0; row < length; row++) if (isNull(vector, row)) column.kinds[row] = NULL;
  }
  switch (type.kind) {
    case "bool": {
      const { bits } = vector;
      column.ints = BigInt64Array.from({ length }, (_, row) => bitAt(bits!, row) ? 1n : 0n);
      column.floats = asFloats(column.ints);
      break;
    }
    case "int64":
    case "timestamp":
      column.ints = vector.ints as Column["ints"];
      column.floats = asFloats(column.ints);
      break;
    case "float64": {
      const { buffer, byteOffset } = vector.floats!;
      column.ints = new BigInt64Array(buffer as ArrayBuffer, byteOffset, length);
      column.floats = asFloats(column.ints);
      break;
    }
    case "string":
    case "json": {
      const { codes, offsets, bytes } = withCodes(vector);
      column.codes = codes;
      column.pool = new StringPool({ interned: true });
      column.pool.bytes = bytes;
      column.pool.offsets = Uint32Array.from(offsets);
      column.pool.length = offsets.length - 1;
      break;
    }
    case "list":
      column.starts = Uint32Array.from(vector.offsets!.subarray(0, length));
      column.ends = Uint32Array.from(vector.offsets!.subarray(1));
      column.items = columnOf(vector.children![0]!);
      break;
    case "struct":
      for (const [i, { name }] of type.fields.entries()) {
        column.fields.set(name, columnOf(vector.children![i]!));
      }
  }
  return column;
}
