import { floatText, quoted } from "./json_value.ts";
import { timestampText } from "./time_text.ts";
import { bitAt, isNull, type Table, type Vector } from "./vector.ts";

/**
 * Each row of a table as a JSON object, on one line, with its fields in the order of the columns.
 *
 * int64 is written with all its digits, float64 so that it reads back as a float64 (`1.0`), or as
 * `null` when it is no number that JSON has; a timestamp is ISO 8601 text, or its microseconds when
 * it lies beyond the years that has; what the `json` type holds is put in as it is.
 */
export function* jsonRows(table: Table): Iterable<string> {
  const members = table.fields.map(({ name }, i): [string, TextAt] => [
    `${i === 0 ? "" : ","}${quoted(name)}:`,
    textOf(table.vectors[i]!),
  ]);
  for (let row = 0; row < table.rows; row++) {
    let text = "{";
    for (const [name, textAt] of members) text += name + textAt(row);
    yield text + "}";
  }
}

/** The JSON text of a row. */
type TextAt = (row: number) => string;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The greatest number of microseconds that a `Date` can tell. */
const MAX_DATE_MICROS = 8_640_000_000_000_000_000n;

function textOf(vector: Vector): TextAt {
  const textAt = valueTextOf(vector);
  if (vector.nullCount === 0) return textAt;
  return (row) => isNull(vector, row) ? "null" : textAt(row);
}

function valueTextOf(vector: Vector): TextAt {
  const { type, ints, floats, offsets, children } = vector;
  switch (type.kind) {
    case "bool":
      return (row) => String(bitAt(vector.bits!, row));
    case "int64":
      return (row) => String(ints![row]);
    case "timestamp":
      return (row) => timeText(ints![row]!);
    case "float64":
      return (row) => Number.isFinite(floats![row]) ? floatText(floats![row]!) : "null";
    case "string": {
      const stringAt = stringsOf(vector);
      return (row) => JSON.stringify(stringAt(row));
    }
    case "json":
      return stringsOf(vector);
    case "list": {
      const itemAt = textOf(children![0]!);
      return (row) => {
        const items: string[] = [];
        for (let i = offsets![row]!; i < offsets![row + 1]!; i++) items.push(itemAt(i));
        return `[${items.join(",")}]`;
      };
    }
    case "struct": {
      const names = type.fields.map(({ name }) => quoted(name));
      const texts = children!.map(textOf);
      return (row) => `{${names.map((name, i) => `${name}:${texts[i]!(row)}`).join(",")}}`;
    }
  }
}

function timeText(micros: bigint): string {
  const isDate = -MAX_DATE_MICROS <= micros && micros <= MAX_DATE_MICROS;
  return isDate ? `"${timestampText(micros)}"` : String(micros);
}

function stringsOf({ codes, offsets, bytes }: Vector): TextAt {
  const start = offsets![0]!;
  const all = bytes!.subarray(start, offsets!.at(-1));
  const text = decoder.decode(all);
  // As many characters as bytes: each byte is one, and one decoding serves all rows.
  const textAt: TextAt = text.length === all.length
    ? (at) => text.slice(offsets![at]! - start, offsets![at + 1]! - start)
    : (at) => decoder.decode(bytes!.subarray(offsets![at]!, offsets![at + 1]!));
  return codes === undefined ? textAt : (row) => textAt(codes[row]!);
}
