import type { RowKernel } from "./row_kernel.ts";
import type { DataType, Field } from "./schema.ts";

/**
 * A column of one type, in the memory layout of Arrow (Arrow Columnar Format, "Physical Memory
 * Layout"): what an encoder is given. Which arrays there are follows from the type:
 *
 * | type                       | arrays                                            |
 * | -------------------------- | ------------------------------------------------- |
 * | bool                       | `bits`, one bit a row                             |
 * | int64, timestamp           | `ints`                                            |
 * | float64                    | `floats`                                          |
 * | string, json               | `offsets` into `bytes`; with `codes`, of distinct |
 * |                            | strings, of which each row has one                |
 * | list                       | `offsets` into `children[0]`                      |
 * | struct                     | `children`, one a field                           |
 */
export interface Vector {
  readonly type: DataType;
  readonly length: number;
  readonly nullCount: number;
  /** One bit a row, set where there is a value; absent when there are no nulls. */
  readonly validity?: Uint8Array | undefined;
  readonly bits?: Uint8Array | undefined;
  readonly ints?: BigInt64Array | undefined;
  readonly floats?: Float64Array | undefined;
  readonly offsets?: Int32Array | undefined;
  readonly bytes?: Uint8Array | undefined;
  readonly children?: readonly Vector[];
  /**
   * Of strings that are kept once each, by first appearance: which of them a row has. Each is that of
   * some row; a null has any code.
   */
  readonly codes?: Uint32Array | undefined;
}

/** The columns of one file. */
export interface Table {
  readonly rows: number;
  readonly fields: readonly Field[];
  /** One for each field. */
  readonly vectors: readonly Vector[];
  /** The kernel that has vectors in its memory, if they are not in arrays of their own. */
  readonly kernel?: RowKernel;
}

/** Whether a row of a bitmap is set. */
export function bitAt(bits: Uint8Array, row: number): boolean {
  return (bits[row >> 3]! & (1 << (row & 7))) !== 0;
}

/** Whether a row of a vector is null. */
export function isNull(vector: Vector, row: number): boolean {
  return vector.validity !== undefined && !bitAt(vector.validity, row);
}

/** Strings with each row's own bytes, end to end in the order of the rows; others as they are. */
export function withoutCodes(vector: Vector): Vector {
  const { type, codes, offsets, bytes, length, nullCount, validity } = vector;
  if (codes === undefined) return vector;
  const own = new Int32Array(length + 1);
  for (let row = 0; row < length; row++) {
    const code = codes[row]!;
    const size = isNull(vector, row) ? 0 : offsets![code + 1]! - offsets![code]!;
    own[row + 1] = own[row]! + size;
  }
  const spelt = new Uint8Array(own[length]!);
  for (let row = 0; row < length; row++) {
    const start = offsets![codes[row]!]!;
    spelt.set(bytes!.subarray(start, start + own[row + 1]! - own[row]!), own[row]);
  }
  const spelled = { type, length, nullCount, offsets: own, bytes: spelt };
  return validity === undefined ? spelled : { ...spelled, validity };
}
