import { Column, jsonText } from "./column.ts";
import {
  BOOL,
  FLOAT64,
  INT64,
  type Kind,
  LIST,
  MISSING,
  NULL,
  STRING,
  STRUCT,
  TIMESTAMP,
} from "./kind.ts";
import type { DataType } from "./schema.ts";
import type { StringPool } from "./string_pool.ts";
import { MAX_MICROS, parseTimeText, timestampText } from "./time_text.ts";
import { itemRows } from "./type_summary.ts";
import type { Vector } from "./vector.ts";

/** Rows of a column, in the order they are wanted. Without a column they are all missing. */
export interface Run {
  readonly column: Column | undefined;
  readonly rows: Uint32Array;
}

/** How many rows runs have together. */
export function countRows(runs: readonly { readonly rows: Uint32Array }[]): number {
  return runs.reduce((sum, { rows }) => sum + rows.length, 0);
}

/** Told of a value that the type cannot hold: the row of the outermost vector it belongs to. */
export type OnMisfit = (row: number) => void;

/**
 * Gathers rows of one field, from any number of batches, into a vector of a type. A value that does
 * not fit becomes null and is reported.
 */
export function gather(runs: readonly Run[], type: DataType, onMisfit: OnMisfit): Vector {
  return new Gather(runs, onMisfit, undefined).vector(type);
}

const encoder = new TextEncoder();
const NOTHING = new Uint32Array(0);
const NO_COLUMN = new Column(0);
const INT64_LIMIT = 2 ** 63;
const MAX_TIMESTAMP = BigInt(MAX_MICROS);

class Gather {
  readonly #runs: readonly Run[];
  readonly #onMisfit: OnMisfit;
  /** For items of lists: the outermost row that each one belongs to. */
  readonly #owners: readonly number[] | undefined;
  readonly #length: number;
  /** Made at the first null; most columns have none. */
  #validity: Uint8Array | undefined;
  #nullCount = 0;

  constructor(runs: readonly Run[], onMisfit: OnMisfit, owners: readonly number[] | undefined) {
    this.#runs = runs;
    this.#onMisfit = onMisfit;
    this.#owners = owners;
    this.#length = countRows(runs);
  }

  vector(type: DataType): Vector {
    const values = this.#values(type);
    const shape = { type, length: this.#length, nullCount: this.#nullCount };
    return this.#validity === undefined
      ? { ...shape, ...values }
      : { ...shape, validity: this.#validity, ...values };
  }

  #values(type: DataType): Partial<Vector> {
    switch (type.kind) {
      case "bool":
        return this.#bools();
      case "int64":
        return this.#ints(int64At);
      case "timestamp":
        return this.#ints(timestampAt);
      case "float64":
        return this.#floats();
      case "string":
        return this.#strings();
      case "json":
        return this.#jsonTexts();
      case "list":
        return this.#list(type.item);
      case "struct":
        return this.#struct(type.fields);
    }
  }

  /** Leaves a row null, and reports it if there was something that does not fit. */
  #refuse(row: number, kind: Kind): void {
    this.#validity ??= new Uint8Array(Math.ceil(this.#length / 8)).fill(0xff);
    this.#validity[row >> 3]! &= ~(1 << (row & 7));
    this.#nullCount++;
    this.#report(row, kind);
  }

  #report(row: number, kind: Kind): void {
    if (kind !== MISSING && kind !== NULL) this.#onMisfit(this.#owners?.[row] ?? row);
  }

  /** Calls back for each row that there is a column for; the others are null. */
  #eachRow(visit: (row: number, column: Column, from: number) => void): void {
    let row = 0;
    for (const { column, rows } of this.#runs) {
      for (const from of rows) {
        if (column === undefined) this.#refuse(row++, MISSING);
        else visit(row++, column, from);
      }
    }
  }

  #bools(): Partial<Vector> {
    const bits = new Uint8Array(Math.ceil(this.#length / 8));
    this.#eachRow((row, column, from) => {
      const kind = column.kinds[from]!;
      if (kind !== BOOL) return this.#refuse(row, kind);
      if (column.ints[from] !== 0n) bits[row >> 3]! |= 1 << (row & 7);
    });
    return { bits };
  }

  #ints(valueAt: (column: Column, from: number) => bigint | undefined): Partial<Vector> {
    const ints = new BigInt64Array(this.#length);
    this.#eachRow((row, column, from) => {
      const value = valueAt(column, from);
      if (value === undefined) return this.#refuse(row, column.kinds[from]!);
      ints[row] = value;
    });
    return { ints };
  }

  #floats(): Partial<Vector> {
    const floats = new Float64Array(this.#length);
    this.#eachRow((row, column, from) => {
      const kind = column.kinds[from]!;
      if (kind === FLOAT64) floats[row] = column.floats[from]!;
      else if (kind === INT64) floats[row] = Number(column.ints[from]);
      else return this.#refuse(row, kind);
    });
    return { floats };
  }

  #strings(): Partial<Vector> {
    const offsets = new Int32Array(this.#length + 1);
    const distinct = new DistinctRows(this.#length);
    const times = new Map<number, Uint8Array>();
    const placeOther = (row: number, kind: Kind, value: () => bigint): number => {
      if (kind !== TIMESTAMP) {
        this.#refuse(row, kind);
        return 0;
      }
      const text = encoder.encode(timestampText(value()));
      times.set(row, text);
      distinct.add(row);
      return text.length;
    };
    let row = 0;
    for (const run of this.#runs) {
      placeStrings(run, row, { offsets, distinct, placeOther });
      row += run.rows.length;
    }
    const bytes = new Uint8Array(offsets[row]!);
    row = 0;
    for (const run of this.#runs) {
      copyStrings(run, row, { offsets, bytes });
      row += run.rows.length;
    }
    for (const [row, text] of times) bytes.set(text, offsets[row]);
    const distinctRows = distinct.rows;
    return distinctRows.length === this.#length
      ? { offsets, bytes }
      : { offsets, bytes, distinctRows };
  }

  #jsonTexts(): Partial<Vector> {
    const offsets = new Int32Array(this.#length + 1);
    const texts: Uint8Array[] = [];
    let end = 0;
    let row = 0;
    for (const { column, rows } of this.#runs) {
      for (const from of rows) {
        const kind = column?.kinds[from] ?? MISSING;
        if (kind === MISSING || kind === NULL) this.#refuse(row, kind);
        else {
          const text = encoder.encode(jsonText(column!, from));
          texts.push(text);
          end += text.length;
        }
        offsets[++row] = end;
      }
    }
    const bytes = new Uint8Array(end);
    let at = 0;
    for (const text of texts) {
      bytes.set(text, at);
      at += text.length;
    }
    return { offsets, bytes };
  }

  #list(item: DataType): Partial<Vector> {
    const offsets = new Int32Array(this.#length + 1);
    const owners: number[] = [];
    let row = 0;
    for (const { column, rows } of this.#runs) {
      for (const from of rows) {
        const kind = column?.kinds[from] ?? MISSING;
        if (kind === LIST) {
          const owner = this.#owners?.[row] ?? row;
          for (let i = column!.starts[from]!; i < column!.ends[from]!; i++) owners.push(owner);
        } else this.#refuse(row, kind);
        offsets[++row] = owners.length;
      }
    }
    const runs = this.#runs.map(({ column, rows }) => ({
      column: column?.items,
      rows: column === undefined ? NOTHING : itemRows(column, rows),
    }));
    return { offsets, children: [new Gather(runs, this.#onMisfit, owners).vector(item)] };
  }

  #struct(fields: readonly { readonly name: string; readonly type: DataType }[]): Partial<Vector> {
    const known = new Set(fields.map((field) => field.name));
    let row = 0;
    for (const { column, rows } of this.#runs) {
      // Members that the type does not have would be lost without a word.
      const strangers = [...column?.fields ?? []].filter(([name]) => !known.has(name));
      for (const from of rows) {
        const kind = column?.kinds[from] ?? MISSING;
        if (kind !== STRUCT) this.#refuse(row, kind);
        for (const [, stranger] of strangers) this.#report(row, stranger.kinds[from]!);
        row++;
      }
    }
    const children = fields.map(({ name, type }) => {
      const runs = this.#runs.map(({ column, rows }) => ({
        column: column?.fields.get(name),
        rows,
      }));
      return new Gather(runs, this.#onMisfit, this.#owners).vector(type);
    });
    return { children };
  }
}

// Strings are most of what there is. So what is done for each is in plain loops over indices, in
// functions of their own: a small one is compiled soon, and once.

/** Says where the strings of a run end, the first of which is that of `row`. */
function placeStrings(
  { column, rows }: Run,
  row: number,
  { offsets, distinct, placeOther }: {
    readonly offsets: Int32Array;
    readonly distinct: DistinctRows;
    /** For what is no string: gives the length of its text. */
    readonly placeOther: (row: number, kind: Kind, value: () => bigint) => number;
  },
): void {
  const { kinds, ints, codes, pool } = column ?? NO_COLUMN;
  const places = pool?.offsets ?? NOTHING;
  const seen = distinct.startRun(pool, rows.length);
  let end = offsets[row]!;
  for (let i = 0; i < rows.length; i++, row++) {
    const from = rows[i]!;
    const kind = column === undefined ? MISSING : kinds[from]!;
    if (kind === STRING) {
      const code = codes[from]!;
      end += places[code + 1]! - places[code]!;
      if (seen === undefined) distinct.add(row);
      else if (seen[code] === 0) {
        seen[code] = 1;
        distinct.add(row);
      }
    } else end += placeOther(row, kind, () => ints[from]!);
    offsets[row + 1] = end;
  }
}

/** Copies the strings of a run to their places. */
function copyStrings(
  { column, rows }: Run,
  row: number,
  { offsets, bytes }: { readonly offsets: Int32Array; readonly bytes: Uint8Array<ArrayBuffer> },
): void {
  if (column?.pool === undefined) return;
  const { kinds, codes, pool } = column;
  const { bytes: source, offsets: places } = pool;
  const target = new DataView(bytes.buffer);
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  for (let i = 0; i < rows.length; i++, row++) {
    const from = rows[i]!;
    if (kinds[from] !== STRING) continue;
    const code = codes[from]!;
    const start = places[code]!;
    const end = places[code + 1]!;
    const at = offsets[row]!;
    const padded = (end - start + 3) & ~3;
    if (padded > 256 || start + padded > source.length || at + padded > bytes.length) {
      bytes.set(source.subarray(start, end), at);
      continue;
    }
    // Most are short: four bytes at a time are faster then than a view, and what is written past a
    // string is where the next one will be.
    for (let i = 0; i < padded; i += 4) {
      target.setInt32(at + i, view.getInt32(start + i, true), true);
    }
  }
}

/** Rows among which each distinct string stands; some may stand there more than once. */
class DistinctRows {
  readonly #rows: Uint32Array;
  #count = 0;
  #seen: Uint8Array | undefined;
  #pool: StringPool | undefined;

  constructor(most: number) {
    this.#rows = new Uint32Array(most);
  }

  get rows(): Uint32Array {
    return this.#rows.slice(0, this.#count); // a view would keep, and take along, the rest
  }

  add(row: number): void {
    this.#rows[this.#count++] = row;
  }

  /** Which codes were met, of a pool that is not too large to keep count of. */
  startRun(pool: StringPool | undefined, rows: number): Uint8Array | undefined {
    if (pool === this.#pool && this.#seen !== undefined) return this.#seen;
    this.#pool = pool;
    const isWorthIt = pool?.interned === true && pool.length <= Math.max(1024, rows * 4);
    this.#seen = isWorthIt ? new Uint8Array(pool.length) : undefined;
    return this.#seen;
  }
}

/** Whole float64 values are int64 values too. */
function int64At(column: Column, from: number): bigint | undefined {
  const kind = column.kinds[from];
  if (kind === INT64) return column.ints[from];
  if (kind !== FLOAT64) return undefined;
  const value = column.floats[from]!;
  const fits = Number.isInteger(value) && value >= -INT64_LIMIT && value < INT64_LIMIT;
  return fits ? BigInt(value) : undefined;
}

/**
 * A declared timestamp may be written as ISO 8601 text or as epoch milliseconds, within the same
 * years.
 */
function timestampAt(column: Column, from: number): bigint | undefined {
  switch (column.kinds[from]) {
    case TIMESTAMP:
      return column.ints[from];
    case INT64: {
      const micros = column.ints[from]! * 1000n;
      return -MAX_TIMESTAMP <= micros && micros <= MAX_TIMESTAMP ? micros : undefined;
    }
    case FLOAT64: {
      const micros = Math.round(column.floats[from]! * 1000);
      return Math.abs(micros) <= MAX_MICROS ? BigInt(micros) : undefined;
    }
    case STRING: {
      const micros = parseTimeText(column.pool!.get(column.codes[from]!));
      return micros === undefined ? undefined : BigInt(micros);
    }
    default:
      return undefined;
  }
}
