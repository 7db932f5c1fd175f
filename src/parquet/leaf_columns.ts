import type { DataType } from "../columns/schema.ts";
import { type Table, type Vector, withoutCodes } from "../columns/vector.ts";
import { putArrays } from "./kernel_input.ts";
import type { ParquetKernel } from "./kernel_module.ts";

/** A column of a Parquet file: one for each value that is not made of others. */
export interface LeafColumn {
  /** The values. Those that belong to something that is null are null too. */
  readonly vector: Vector;
  /** Where the kernel has its levels; `undefined` where each row has one value or a null. */
  readonly depth: number | undefined;
}

/** Levels are bytes. */
const MAX_LEVEL = 255;

/**
 * The columns that a table has in a Parquet file, in the order of its schema. The kernel has the
 * levels of each one until the next one is asked for.
 */
export function* leafColumns(kernel: ParquetKernel, table: Table): Iterable<LeafColumn> {
  for (const [i, { type }] of table.fields.entries()) {
    const vector = table.vectors[i]!;
    if (vector.children === undefined) yield { vector, depth: undefined };
    else {
      kernel.startRows(table.rows);
      yield* nestedColumns(kernel, { type, vector }, 0);
    }
  }
}

function* nestedColumns(
  kernel: ParquetKernel,
  { type, vector }: { readonly type: DataType; readonly vector: Vector },
  above: number,
): Iterable<LeafColumn> {
  const depth = oneDeeper(above);
  const validity = vector.nullCount === 0 ? undefined : vector.validity;
  kernel.descend(above, putArrays(kernel, [validity])[0]!);
  if (type.kind === "struct") {
    for (const [i, field] of type.fields.entries()) {
      yield* nestedColumns(kernel, { type: field.type, vector: vector.children![i]! }, depth);
    }
  } else if (type.kind === "list") {
    const items = oneDeeper(depth);
    kernel.descendIntoLists(depth, putArrays(kernel, [vector.offsets])[0]!);
    yield* nestedColumns(kernel, { type: type.item, vector: vector.children![0]! }, items);
  } else {
    yield { vector: ofEntries(vector, entriesAt(kernel, depth)), depth };
  }
}

/** A depth is the level of definition there. */
function oneDeeper(depth: number): number {
  if (depth < MAX_LEVEL) return depth + 1;
  throw new RangeError(`Cannot encode a column that has more than ${MAX_LEVEL} levels`);
}

/** The entries that the kernel has at a depth: see kernel/levels.ts. */
export interface Entries {
  /** How many stand for a value. */
  readonly present: number;
  /** The value of each entry; -1 where there is none. */
  readonly values: Int32Array;
  readonly definitions: Uint8Array;
  readonly repetitions: Uint8Array | undefined;
}

/** Views of them, valid until the kernel goes on. */
export function entriesAt(kernel: ParquetKernel, depth: number): Entries {
  const { buffer } = kernel.memory;
  const [count, present, values, definitions, repetitions] = new Uint32Array(
    buffer,
    kernel.entries(depth),
    5,
  );
  return {
    present: present!,
    values: new Int32Array(buffer, values, count),
    definitions: new Uint8Array(buffer, definitions, count),
    repetitions: repetitions === 0 ? undefined : new Uint8Array(buffer, repetitions, count),
  };
}

/** A vector in which all is null that no entry stands for. */
function ofEntries(vector: Vector, { present, values }: Entries): Vector {
  if (present === vector.length - vector.nullCount) return vector;
  const validity = new Uint8Array(Math.ceil(vector.length / 8));
  for (const value of values) {
    if (value >= 0) validity[value >> 3]! |= 1 << (value & 7);
  }
  // Of strings with codes, each would have to be that of some value still.
  const { type, length, bits, ints, floats, offsets, bytes, codes } = vector;
  const nullCount = length - present;
  return withoutCodes({
    type,
    length,
    nullCount,
    validity,
    bits,
    ints,
    floats,
    offsets,
    bytes,
    codes,
  });
}
