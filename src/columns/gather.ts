import { type Column, jsonText } from "./column.ts";
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
import { countRows } from "./held_rows.ts";
import type { Vector } from "./vector.ts";

/** Rows of a column that are taken: see take.ts. Without a column they are all missing. */
export interface Run {
  readonly column: Column | undefined;
  readonly start: number;
  readonly end: number;
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
const INT64_LIMIT = 2 ** 63;
const MAX_TIMESTAMP = BigInt(MAX_MICROS);

class Gather {
  readonly #runs: readonly Run[];
  readonly #onMisfit: OnMisfit;
  /** For items of lists: the outermost row that each one belongs to. */
  readonly #ownerOf: ((item: number) => number) | undefined;
  readonly #length: number;
  /** Made at the first null; most columns have none. */
  #validity: Uint8Array | undefined;
  #nullCount = 0;

  constructor(
    runs: readonly Run[],
    onMisfit: OnMisfit,
    ownerOf: ((item: number) => number) | undefined,
  ) {
    this.#runs = runs;
    this.#onMisfit = onMisfit;
    this.#ownerOf = ownerOf;
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
        return this.#ints(INT64, int64At);
      case "timestamp":
        return this.#ints(TIMESTAMP, timestampAt);
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
    if (kind !== MISSING && kind !== NULL) this.#onMisfit(this.#ownerOf?.(row) ?? row);
  }

  /** Calls back for each run that there is a column for; the rows of others are null. */
  #eachRun(visit: (run: PresentRun) => void): void {
    let row = 0;
    for (const { column, start, end } of this.#runs) {
      if (column !== undefined) visit({ column, start, end, row });
      else for (let i = 0; i < end - start; i++) this.#refuse(row + i, MISSING);
      row += end - start;
    }
  }

  /** Leaves rows null that are not of this kind. */
  #refuseOthers(kind: Kind, { column, start, end, row }: PresentRun): void {
    if (column.seen === bit(kind)) return;
    const { kinds } = column;
    for (let at = start; at < end; at++) {
      if (kinds[at] !== kind) this.#refuse(row + at - start, kinds[at]!);
    }
  }

  #bools(): Partial<Vector> {
    const bits = new Uint8Array(Math.ceil(this.#length / 8));
    this.#eachRun((run) => {
      setBits(run, bits);
      this.#refuseOthers(BOOL, run);
    });
    return { bits };
  }

  #ints(
    kind: typeof INT64 | typeof TIMESTAMP,
    valueAt: (column: Column, at: number) => bigint | undefined,
  ): Partial<Vector> {
    const ints = new BigInt64Array(this.#length);
    this.#eachRun((run) => {
      const { column, start, end, row } = run;
      if (hasOnly(column, kind)) {
        ints.set(column.ints.subarray(start, end), row);
        return this.#refuseOthers(kind, run);
      }
      for (let at = start; at < end; at++) {
        const value = valueAt(column, at);
        if (value === undefined) this.#refuse(row + at - start, column.kinds[at]!);
        else ints[row + at - start] = value;
      }
    });
    return { ints };
  }

  #floats(): Partial<Vector> {
    const floats = new Float64Array(this.#length);
    this.#eachRun((run) => {
      const { column, start, end, row } = run;
      if (hasOnly(column, FLOAT64)) {
        floats.set(column.floats.subarray(start, end), row);
        return this.#refuseOthers(FLOAT64, run);
      }
      for (let at = start; at < end; at++) {
        const kind = column.kinds[at]!;
        if (kind === FLOAT64) floats[row + at - start] = column.floats[at]!;
        else if (kind === INT64) floats[row + at - start] = Number(column.ints[at]);
        else this.#refuse(row + at - start, kind);
      }
    });
    return { floats };
  }

  #strings(): Partial<Vector> {
    const codes = new Uint32Array(this.#length);
    strings.begin(this.#runs.map(({ column }) => column?.pool));
    this.#eachRun((run) => {
      const { column, row } = run;
      const marked = column.pool && strings.marked(column.pool);
      if (marked?.marks !== undefined && hasOnly(column, STRING)) {
        codeMarked(run, { pool: marked.pool, marks: marked.marks, codes });
        return this.#refuseOthers(STRING, run);
      }
      for (let at = run.start; at < run.end; at++) {
        const kind = column.kinds[at]!;
        const to = row + at - run.start;
        if (kind === STRING) codes[to] = strings.codeIn(marked!, column.codes[at]!);
        else if (kind === TIMESTAMP) {
          codes[to] = strings.codeOf(encoder.encode(timestampText(column.ints[at]!)));
        } else this.#refuse(to, kind);
      }
    });
    return { codes, ...strings.take() };
  }

  #jsonTexts(): Partial<Vector> {
    const offsets = new Int32Array(this.#length + 1);
    const texts: Uint8Array[] = [];
    let length = 0;
    let row = 0;
    for (const { column, start, end } of this.#runs) {
      for (let at = start; at < end; at++) {
        const kind = column?.kinds[at] ?? MISSING;
        if (kind === MISSING || kind === NULL) this.#refuse(row, kind);
        else {
          const text = encoder.encode(jsonText(column!, at));
          texts.push(text);
          length += text.length;
        }
        offsets[++row] = length;
      }
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const text of texts) {
      bytes.set(text, at);
      at += text.length;
    }
    return { offsets, bytes };
  }

  #list(item: DataType): Partial<Vector> {
    const offsets = new Int32Array(this.#length + 1);
    const runs: Run[] = [];
    let row = 0;
    for (const { column, start, end } of this.#runs) {
      const base = offsets[row]!;
      const items = itemsOf({ column, start, end });
      for (let at = start; at < end; at++) {
        const kind = column?.kinds[at] ?? MISSING;
        if (kind !== LIST) this.#refuse(row, kind);
        offsets[++row] = kind === LIST ? base + column!.ends[at]! - items.start : offsets[row - 1]!;
      }
      runs.push({ column: column?.items, ...items });
    }
    const ownerOf = (item: number) => {
      const list = listOf(offsets, item);
      return this.#ownerOf?.(list) ?? list;
    };
    return { offsets, children: [new Gather(runs, this.#onMisfit, ownerOf).vector(item)] };
  }

  #struct(fields: readonly { readonly name: string; readonly type: DataType }[]): Partial<Vector> {
    const known = new Set(fields.map((field) => field.name));
    this.#eachRun((run) => {
      this.#refuseOthers(STRUCT, run);
      // Members that the type does not have would be lost without a word.
      const { column, start, end, row } = run;
      for (const [name, { kinds }] of column.fields) {
        if (known.has(name)) continue;
        for (let at = start; at < end; at++) this.#report(row + at - start, kinds[at]!);
      }
    });
    const children = fields.map(({ name, type }) => {
      const runs = this.#runs.map((run) => ({ ...run, column: run.column?.fields.get(name) }));
      return new Gather(runs, this.#onMisfit, this.#ownerOf).vector(type);
    });
    return { children };
  }
}

interface PresentRun extends Run {
  readonly column: Column;
  /** The row of the vector that it begins at. */
  readonly row: number;
}

/** Whether all values of a column are of one kind; there may be none in places. */
function hasOnly(column: Column, kind: Kind): boolean {
  return (column.seen & ~(bit(MISSING) | bit(NULL))) === bit(kind);
}

const NO_ITEMS = { start: 0, end: 0 };

/** The items of lists that follow each other do so too. */
function itemsOf({ column, start, end }: Run): Omit<Run, "column"> {
  if (column === undefined || column.starts.length === 0 || start === end) return NO_ITEMS;
  return { start: column.starts[start]!, end: column.ends[end - 1]! };
}

/** The list that an item is in. */
function listOf(offsets: Int32Array, item: number): number {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) { // the first list that ends behind the item
    const middle = (low + high) >> 1;
    if (offsets[middle + 1]! > item) high = middle;
    else low = middle + 1;
  }
  return low;
}

// What is done for each value is in plain loops over indices, in functions of their own: a small one
// is compiled soon, and once.

/** The strings of the column that is being gathered. */
const strings = new DistinctStrings();

/** Gives strings their codes where most of them were met before. */
function codeMarked(
  { column, start, end, row }: PresentRun,
  { pool, marks, codes }: {
    readonly pool: StringPool;
    readonly marks: Int32Array;
    /** By rows of the vector. */
    readonly codes: Uint32Array;
  },
): void {
  const { codes: own } = column;
  const { base } = strings;
  // What is not looked at need not come from far: a column has few rows here, and there are many.
  const kinds = column.seen === bit(STRING) ? undefined : column.kinds;
  for (let at = start; at < end; at++) {
    if (kinds !== undefined && kinds[at] !== STRING) continue;
    const code = own[at]!;
    let mark = marks[code]!;
    if (mark < base) marks[code] = mark = base + strings.newCodeIn(pool, code);
    codes[row + at - start] = mark - base;
  }
}

/** Sets the bits of what is true; a bool is kept as an integer, its first byte first. */
function setBits({ column, start, end, row }: PresentRun, bits: Uint8Array): void {
  const { kinds, ints } = column;
  const bytes = new Uint8Array(ints.buffer, ints.byteOffset, 8 * ints.length);
  for (let at = start; at < end; at++) {
    if (kinds[at] !== BOOL || bytes[8 * at] === 0) continue;
    const to = row + at - start;
    bits[to >> 3]! |= 1 << (to & 7);
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
