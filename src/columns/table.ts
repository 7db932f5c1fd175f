import { jsonText } from "./column.ts";
import { gather, type Run } from "./gather.ts";
import { countRows, type RowRun } from "./held_rows.ts";
import { objectText } from "./json_value.ts";
import { NULL } from "./kind.ts";
import type { Field } from "./schema.ts";
import { RESCUED_DATA } from "./table_schema.ts";
import type { Table, Vector } from "./vector.ts";

/** A table, and how many of its rows hold something in `_rescued_data`. */
export interface GatheredTable extends Table {
  readonly rescued: number;
}

/**
 * Gathers rows, from any number of batches, into a table of the given columns. What these cannot
 * hold is put into one more column, `_rescued_data`, as a JSON object.
 *
 * @param inPath Fields that are kept elsewhere (in the path) and need no column.
 */
export function gatherTable(
  runs: readonly RowRun[],
  schema: readonly Field[],
  inPath: ReadonlySet<string>,
): GatheredTable {
  const rows = countRows(runs);
  const rescued = new RescuedRows(runs);
  const known = new Set(inPath);
  const fields = withoutRescued(schema);
  const vectors = fields.map(({ name, type }): Vector => {
    known.add(name);
    const columnRuns = runs.map(({ held, start, end }): Run => (
      { column: held.column(name), start, end }
    ));
    return gather(columnRuns, type, (row) => rescued.add(row, name));
  });
  rescued.addStrangers(known);
  // Parquet has no rows without columns, so events without fields get this one.
  const hasColumn = rescued.count > 0 || fields.length < schema.length || fields.length === 0;
  if (!hasColumn) return { rows, fields, vectors, rescued: 0 };
  return {
    rows,
    fields: [...fields, { name: RESCUED_DATA, type: { kind: "json" } }],
    vectors: [...vectors, rescued.toVector(rows)],
    rescued: rescued.count,
  };
}

/** The same list where there is nothing to leave out: what else is known of it can be kept. */
export function withoutRescued(schema: readonly Field[]): readonly Field[] {
  const isThere = schema.some(({ name }) => name === RESCUED_DATA);
  return isThere ? schema.filter(({ name }) => name !== RESCUED_DATA) : schema;
}

/** Which fields of which rows are to be rescued. */
class RescuedRows {
  readonly #runs: readonly RowRun[];
  readonly #namesOfRow: Map<number, Set<string>> = new Map();

  constructor(runs: readonly RowRun[]) {
    this.#runs = runs;
  }

  get count(): number {
    return this.#namesOfRow.size;
  }

  add(row: number, name: string): void {
    const names = this.#namesOfRow.get(row);
    if (names === undefined) this.#namesOfRow.set(row, new Set([name]));
    else names.add(name);
  }

  /** Adds every value of the fields that have no column. */
  addStrangers(known: ReadonlySet<string>): void {
    let row = 0;
    for (const { held, start, end } of this.#runs) {
      for (const [name, { kinds }] of held.columns) {
        if (known.has(name)) continue;
        for (let at = start; at < end; at++) {
          if (kinds[at]! > NULL) this.add(row + at - start, name);
        }
      }
      row += end - start;
    }
  }

  toVector(length: number): Vector {
    const validity = new Uint8Array(Math.ceil(length / 8));
    const offsets = new Int32Array(length + 1);
    const texts: string[] = [];
    const encoder = new TextEncoder();
    let row = 0;
    let bytes = 0;
    for (const { held, start, end } of this.#runs) {
      for (let at = start; at < end; at++) {
        const names = this.#namesOfRow.get(row);
        if (names !== undefined) {
          const text = objectText(
            Array.from(names, (name) => [name, jsonText(held.column(name)!, at)!]),
          );
          texts.push(text);
          bytes += encoder.encode(text).length;
          validity[row >> 3]! |= 1 << (row & 7);
        }
        offsets[++row] = bytes;
      }
    }
    return {
      type: { kind: "json" },
      length,
      nullCount: length - this.count,
      validity,
      offsets,
      bytes: encoder.encode(texts.join("")),
    };
  }
}
