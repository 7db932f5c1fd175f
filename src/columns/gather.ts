import { Column, jsonText } from "./column.ts";
import {
  bit,
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
import { DistinctStrings } from "./distinct_strings.ts";
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
    const codes = new Uint32Array(this.#length);
    strings.begin(this.#runs.map(({ column }) => column?.pool));
    const codeOfOther = (row: number, kind: Kind, value: () => bigint): number => {
      if (kind === TIMESTAMP) return strings.codeOf(encoder.encode(timestampText(value())));
      this.#refuse(row, kind);
      return 0;
    };
    let row = 0;
    for (const run of this.#runs) {
      codeStrings(run, row, { codes, codeOfOther });
      row += run.rows.length;
    }
    return { codes, ...strings.take() };
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

// Strings are most of what there is. So what is done for each is in a plain loop over indices, in a
// function of its own: a small one is compiled soon, and once.

/** The strings of the column that is being gathered. */
const strings = new DistinctStrings();

/** Gives the strings of a run their codes, the first of which is that of `row`. */
function codeStrings(
  { column, rows }: Run,
  row: number,
  { codes, codeOfOther }: {
    readonly codes: Uint32Array;
    /** For what is no string. */
    readonly codeOfOther: (row: number, kind: Kind, value: () => bigint) => number;
  },
): void {
  const { kinds, ints, codes: own, pool } = column ?? NO_COLUMN;
  const from = pool && strings.marked(pool);
  if (from?.marks !== undefined && column!.seen === bit(STRING)) {
    return codeMarked({ rows, own, pool: from.pool, marks: from.marks, codes }, row);
  }
  for (let i = 0; i < rows.length; i++) {
    const at = rows[i]!;
    const kind = column === undefined ? MISSING : kinds[at]!;
    codes[row + i] = kind === STRING
      ? strings.codeIn(from!, own[at]!)
      : codeOfOther(row + i, kind, () => ints[at]!);
  }
}

/** The same for nothing but strings, most of which were met before. */
function codeMarked(
  { rows, own, pool, marks, codes }: {
    readonly rows: Uint32Array;
    /** By rows of the column, the code in the pool. */
    readonly own: Uint32Array;
    readonly pool: StringPool;
    readonly marks: Int32Array;
    readonly codes: Uint32Array;
  },
  row: number,
): void {
  const { base } = strings;
  for (let i = 0; i < rows.length; i++) {
    const code = own[rows[i]!]!;
    let mark = marks[code]!;
    if (mark < base) marks[code] = mark = base + strings.newCodeIn(pool, code);
    codes[row + i] = mark - base;
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
