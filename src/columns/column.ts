import { floatText, objectText, quoted } from "./json_value.ts";
import {
  bit,
  BOOL,
  FLOAT64,
  hasCode,
  hasNumber,
  INT64,
  JSON_TEXT,
  type Kind,
  LIST,
  NULL,
  STRING,
  STRUCT,
  TIMESTAMP,
} from "./kind.ts";
import type { StringPool } from "./string_pool.ts";
import { timestampText } from "./time_text.ts";

// Most columns need one kind of array, and there is a column for each field of each batch.
const NO_KINDS = new Uint8Array(0);
const NO_INTS = new BigInt64Array(0);
const NO_FLOATS = new Float64Array(0);
const NO_CODES = new Uint32Array(0);

/**
 * The values of one JSON field over the rows of a batch. Every array is aligned with the rows, so
 * the value of row `r` is found at index `r` of the array its kind names:
 *
 * | kind                       | where                                                        |
 * | -------------------------- | ------------------------------------------------------------ |
 * | bool, int64, timestamp     | `ints[r]`                                                    |
 * | float64                    | `floats[r]` (the same memory as `ints`)                      |
 * | string                     | `pool`, by the code in `codes[r]`                            |
 * | struct                     | row `r` of each of `fields`                                  |
 * | list                       | rows `starts[r] .. ends[r]` of `items`                       |
 *
 * Arrays a column never needed stay empty.
 */
export class Column {
  kinds: Uint8Array;
  ints: BigInt64Array<ArrayBuffer> = NO_INTS;
  floats: Float64Array<ArrayBuffer> = NO_FLOATS;
  codes: Uint32Array = NO_CODES;
  pool: StringPool | undefined = undefined;
  fields: Map<string, Column> = new Map();
  starts: Uint32Array = NO_CODES;
  ends: Uint32Array = NO_CODES;
  items: Column | undefined = undefined;
  #seen: number | undefined = undefined;

  constructor(capacity: number) {
    this.kinds = capacity === 0 ? NO_KINDS : new Uint8Array(capacity);
  }

  /** Makes the arrays a kind needs, and lengthens those in use to `capacity` rows. */
  reserve(kind: Kind, capacity: number): void {
    this.kinds = lengthened(this.kinds, capacity);
    if (hasCode(kind) || this.codes.length > 0) this.codes = lengthened(this.codes, capacity);
    if (kind === LIST || this.starts.length > 0) {
      this.starts = lengthened(this.starts, capacity);
      this.ends = lengthened(this.ends, capacity);
    }
    if (hasNumber(kind) || this.ints.length > 0) {
      this.ints = lengthened(this.ints, capacity);
      this.floats = asFloats(this.ints);
    }
  }

  /** The kinds that are there, as a set. To be asked for when nothing is changed any more. */
  get seen(): number {
    return this.#seen ??= kindsIn(this.kinds);
  }

  /** Bytes held for `rows` rows, nested columns included and string pools not. */
  byteSize(rows: number): number {
    let perRow = 1;
    if (this.ints.length > 0) perRow += 8;
    if (this.codes.length > 0) perRow += 4;
    if (this.starts.length > 0) perRow += 8;
    let bytes = rows * perRow;
    for (const field of this.fields.values()) bytes += field.byteSize(rows);
    if (this.items !== undefined) bytes += this.items.byteSize(this.items.kinds.length);
    return bytes;
  }
}

/** The set of kinds. Four alike, which nearly all are, need no more than one look. */
function kindsIn(kinds: Uint8Array): number {
  const { buffer, byteOffset, length } = kinds;
  const fours = byteOffset % 4 === 0 ? new Uint32Array(buffer, byteOffset, length >> 2) : NO_CODES;
  let seen = 0;
  let last = -1;
  for (let i = 0; i < fours.length; i++) {
    const four = fours[i]!;
    if (four === last) continue;
    last = four;
    for (let row = i * 4; row < i * 4 + 4; row++) seen |= bit(kinds[row]!);
  }
  for (let row = fours.length * 4; row < length; row++) seen |= bit(kinds[row]!);
  return seen;
}

/** The same memory as floats. */
export function asFloats(ints: BigInt64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  return new Float64Array(ints.buffer, ints.byteOffset, ints.length);
}

function lengthened<A extends Uint8Array | Uint32Array | BigInt64Array>(
  array: A,
  length: number,
): A {
  if (array.length >= length) return array;
  const grown = new (array.constructor as new (length: number) => A)(length);
  grown.set(array as never);
  return grown;
}

/**
 * The value of a row as canonical JSON text: no spaces, members in order of their names (RFC 8785
 * sorts them too), missing members left out. `undefined` when the row has no such field.
 */
export function jsonText(column: Column, row: number): string | undefined {
  switch (column.kinds[row]) {
    case NULL:
      return "null";
    case BOOL:
      return column.ints[row] === 0n ? "false" : "true";
    case INT64:
      return String(column.ints[row]);
    case FLOAT64:
      return floatText(column.floats[row]!);
    case STRING:
      return quoted(column.pool!.get(column.codes[row]!));
    case JSON_TEXT:
      return column.pool!.get(column.codes[row]!);
    case TIMESTAMP:
      return JSON.stringify(timestampText(column.ints[row]!));
    case LIST: {
      const items: string[] = [];
      for (let i = column.starts[row]!; i < column.ends[row]!; i++) {
        items.push(jsonText(column.items!, i) ?? "null");
      }
      return `[${items.join(",")}]`;
    }
    case STRUCT: {
      const members: [string, string][] = [];
      for (const [name, field] of column.fields) {
        const text = jsonText(field, row);
        if (text !== undefined) members.push([name, text]);
      }
      return objectText(members);
    }
    default:
      return undefined;
  }
}
