import type { DataType } from "../columns/schema.ts";
import { isNull, type Table, type Vector, withoutCodes } from "../columns/vector.ts";

/** A column of a Parquet file: one for each value that is not made of others. */
export interface LeafColumn {
  /** The values. Those that belong to something that is null are null too. */
  readonly vector: Vector;
  /** How they are nested; absent where each row has one value or a null. */
  readonly nesting?: Nesting;
}

/**
 * Levels, as Dremel has them (Melnik et al., "Dremel: Interactive Analysis of Web-Scale Datasets",
 * 2010, section 4.1): an entry for each value, and one for each place that has none.
 */
export interface Nesting {
  /** How much of the path is there, of each entry. */
  readonly definitions: Uint8Array;
  /** Which list goes on with an entry; 0 begins a row. Absent where there is no list. */
  readonly repetitions: Uint8Array | undefined;
  readonly maxDefinition: number;
  readonly maxRepetition: number;
}

/** The entries of a table as far down as some node. */
interface Entries {
  readonly definitions: Uint8Array;
  readonly repetitions: Uint8Array | undefined;
  /** Which of the node's values each entry stands for; -1 where the path ends before. */
  readonly values: Int32Array;
  /** The levels of entries whose path goes on. */
  readonly definition: number;
  readonly repetition: number;
}

/** The columns that a table has in a Parquet file, in the order of its schema. */
export function* leafColumns({ rows, fields, vectors }: Table): Iterable<LeafColumn> {
  for (const [i, field] of fields.entries()) {
    const vector = vectors[i]!;
    if (vector.children === undefined) yield { vector };
    else yield* nestedColumns(field.type, vector, rowsAsEntries(rows));
  }
}

function rowsAsEntries(rows: number): Entries {
  return {
    definitions: new Uint8Array(rows),
    repetitions: undefined,
    values: Int32Array.from({ length: rows }, (_, row) => row),
    definition: 0,
    repetition: 0,
  };
}

function* nestedColumns(type: DataType, vector: Vector, above: Entries): Iterable<LeafColumn> {
  const entries = present(vector, above);
  if (type.kind === "struct") {
    for (const [i, field] of type.fields.entries()) {
      yield* nestedColumns(field.type, vector.children![i]!, entries);
    }
  } else if (type.kind === "list") {
    yield* nestedColumns(type.item, vector.children![0]!, items(vector, entries));
  } else {
    const { definitions, repetitions, values, definition, repetition } = entries;
    yield {
      vector: ofEntries(vector, values),
      nesting: { definitions, repetitions, maxDefinition: definition, maxRepetition: repetition },
    };
  }
}

/** Levels are bytes. */
const MAX_LEVEL = 255;

/** One level down: of those whose path goes on, the ones that are not null. */
function present(vector: Vector, above: Entries): Entries {
  const definition = above.definition + 1;
  if (definition > MAX_LEVEL) {
    throw new RangeError(`Cannot encode a column that has more than ${MAX_LEVEL} levels`);
  }
  const definitions = above.definitions.slice();
  const values = above.values.slice();
  for (const [entry, value] of values.entries()) {
    if (value < 0) continue;
    if (isNull(vector, value)) values[entry] = -1;
    else definitions[entry] = definition;
  }
  return { ...above, definition, definitions, values };
}

/** One level down: an entry for each item of lists, and for each list without any. */
function items({ offsets }: Vector, above: Entries): Entries {
  const definition = above.definition + 1;
  const repetition = above.repetition + 1;
  let length = 0;
  for (const list of above.values) length += Math.max(1, itemCount(offsets!, list));
  const definitions = new Uint8Array(length);
  const repetitions = new Uint8Array(length);
  const values = new Int32Array(length).fill(-1);
  let at = 0;
  for (const [entry, list] of above.values.entries()) {
    const count = itemCount(offsets!, list);
    repetitions[at] = above.repetitions?.[entry] ?? 0;
    if (count === 0) definitions[at++] = above.definitions[entry]!;
    for (let i = 0; i < count; i++, at++) {
      definitions[at] = definition;
      if (i > 0) repetitions[at] = repetition;
      values[at] = offsets![list]! + i;
    }
  }
  return { definitions, repetitions, values, definition, repetition };
}

function itemCount(offsets: Int32Array, list: number): number {
  return list < 0 ? 0 : offsets[list + 1]! - offsets[list]!;
}

/** A vector in which all is null that no entry stands for. */
function ofEntries(vector: Vector, values: Int32Array): Vector {
  const validity = new Uint8Array(Math.ceil(vector.length / 8));
  let count = 0;
  for (const value of values) {
    if (value < 0) continue;
    validity[value >> 3]! |= 1 << (value & 7);
    count++;
  }
  if (count === vector.length - vector.nullCount) return vector;
  // Of strings with codes, each would have to be that of some value still.
  return withoutCodes({ ...vector, validity, nullCount: vector.length - count });
}
