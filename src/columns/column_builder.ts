import { Column } from "./column.ts";
import { Interner } from "./interner.ts";
import {
  BOOL,
  FLOAT64,
  hasCode,
  hasNumber,
  INT64,
  JSON_TEXT,
  type Kind,
  LIST,
  MAX_STRUCT_FIELDS,
  NULL,
  STRING,
  STRUCT,
  TIMESTAMP,
} from "./kind.ts";
import { canonicalJson, JsonFloat, type JsonObject, type JsonValue } from "./json_value.ts";

/**
 * Fills the {@linkcode Column} of one JSON field, batch after batch. Dictionaries of strings last
 * longer than a batch, so that a value is hashed into a code once.
 */
export class ColumnBuilder {
  #column: Column = new Column(0);
  readonly #interner: Interner = new Interner();
  /** Fields of this batch, in order of first appearance, and those of the one before. */
  #fields: Map<string, ColumnBuilder> = new Map();
  #lastFields: Map<string, ColumnBuilder> = new Map();
  #items: ColumnBuilder | undefined = undefined;
  #itemCount = 0;
  #rowsOfLastBatch = 0;

  /** Puts a value in a row. Rows never filled are missing. */
  set(row: number, value: JsonValue): void {
    switch (typeof value) {
      case "string": {
        const column = this.#place(row, STRING);
        column.codes[row] = this.#interner.code(value);
        break;
      }
      case "number":
        if (Number.isInteger(value)) this.#place(row, INT64).ints[row] = BigInt(value);
        else this.#place(row, FLOAT64).floats[row] = value;
        break;
      case "boolean":
        this.#place(row, BOOL).ints[row] = value ? 1n : 0n;
        break;
      case "bigint":
        this.#place(row, INT64).ints[row] = value;
        break;
      default:
        if (value === null) this.#place(row, NULL);
        else if (value instanceof JsonFloat) this.#place(row, FLOAT64).floats[row] = value.value;
        else if (Array.isArray(value)) this.#setList(row, value);
        else this.#setStruct(row, value as JsonObject);
    }
  }

  /** Puts a time in a row, as microseconds since the epoch. */
  setTimestamp(row: number, micros: number): void {
    this.#place(row, TIMESTAMP).ints[row] = BigInt(micros);
  }

  /** The column of `rows` rows; the builder goes on with the next batch. */
  finish(rows: number): Column {
    const column = this.#column;
    column.reserve(NULL, rows);
    if (column.codes.length > 0) column.pool = this.#interner.pool;
    this.#interner.startBatch();
    for (const [name, builder] of this.#fields) column.fields.set(name, builder.finish(rows));
    this.#lastFields = this.#fields;
    this.#fields = new Map();
    if (this.#itemCount > 0) column.items = this.#items!.finish(this.#itemCount);
    this.#itemCount = 0;
    this.#rowsOfLastBatch = rows;
    this.#column = new Column(0);
    return column;
  }

  #place(row: number, kind: Kind): Column {
    const column = this.#column;
    if (
      row >= column.kinds.length || (hasCode(kind) && row >= column.codes.length) ||
      (hasNumber(kind) && row >= column.ints.length) ||
      (kind === LIST && row >= column.starts.length)
    ) {
      const { length } = column.kinds;
      column.reserve(kind, row < length ? length : Math.max(64, row * 2, this.#rowsOfLastBatch));
    }
    column.kinds[row] = kind;
    return column;
  }

  #setList(row: number, values: readonly JsonValue[]): void {
    const column = this.#place(row, LIST);
    column.starts[row] = this.#itemCount;
    if (values.length > 0) this.#items ??= new ColumnBuilder();
    for (const value of values) this.#items!.set(this.#itemCount++, value);
    column.ends[row] = this.#itemCount;
  }

  #setStruct(row: number, object: JsonObject): void {
    if (this.#fields.size > MAX_STRUCT_FIELDS) {
      this.#place(row, JSON_TEXT).codes[row] = this.#interner.code(canonicalJson(object));
      return;
    }
    this.#place(row, STRUCT);
    for (const name in object) {
      let field = this.#fields.get(name);
      if (field === undefined) {
        field = this.#lastFields.get(name) ?? new ColumnBuilder();
        this.#fields.set(name, field);
      }
      field.set(row, object[name]!);
    }
  }
}
