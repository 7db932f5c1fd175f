// Files of several pages, as the readers that most people have read them.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { DataType } from "../../src/columns/schema.ts";
import type { Table } from "../../src/columns/vector.ts";
import { type Value, valueAt } from "../columns/random_tables.ts";
import {
  bools,
  floats,
  ints,
  lists,
  strings,
  structs,
  tableOf,
  timestamps,
} from "../parquet/big_vectors.ts";
import { COMPRESSIONS, encode, pagesOf } from "../parquet/file_helpers.ts";
import { type Cell, float, int, type Row, sorted, text, time, typeText } from "./cells.ts";
import { literal, openDuckDB, query } from "./duckdb.ts";
import { python, pythonIsMissing, type ReadResult } from "./python.ts";

const scratch = mkdtempSync(join(tmpdir(), "sluice-pages-"));
after(() => rmSync(scratch, { recursive: true }));

const ROWS = 21_500;

function mixed(row: number): number {
  const x = Math.imul(row ^ 0x9e3779b9, 0x85ebca6b);
  return (x ^ (x >>> 15)) >>> 0;
}

/** Two pages of each column, or more. */
function tableFrom(first: number): Table {
  const at = (row: number) => first + row;
  const rare = (row: number) => mixed(row) % 9 === 0;
  return tableOf({
    id: ints(ROWS, at),
    code: ints(ROWS, (row) => mixed(row) % 300, rare),
    real: floats(ROWS, (row) => at(row) / 8 - 1000, rare),
    few: floats(ROWS, (row) => (mixed(row) % 5) / 4),
    at: timestamps(ROWS, (row) => 1_654_041_600_000_000n + 1001n * BigInt(at(row)), rare),
    flag: bools(ROWS, (row) => mixed(row) % 3 === 0, rare),
    word: strings(ROWS, (row) => `wörd ${mixed(row) % 700}`, rare),
    name: strings(ROWS, (row) => `${at(row)}`.padStart(12, "0")),
    long: strings(ROWS, (row) => `${"a".repeat(32)}${`${at(row) % 5000}`.padStart(4, "0")}`),
    list: lists(
      Uint32Array.from({ length: ROWS }, (_, row) => mixed(row) % 3),
      (length) =>
        structs({
          n: ints(length, (i) => mixed(i) % 50, (i) => mixed(i) % 4 === 0),
          texts: lists(
            Uint32Array.from({ length }, (_, i) => mixed(i) % 2),
            (inner) => strings(inner, (i) => `text ${i}`),
            (i) => mixed(i) % 5 === 0,
          ),
        }, (i) => mixed(i) % 7 === 0),
      (row) => mixed(row) % 11 === 0,
    ),
    none: strings(ROWS, () => "", () => true),
  });
}

function cellOf(type: DataType, value: Value): Cell {
  if (value === null) return null;
  switch (type.kind) {
    case "bool":
      return value as boolean;
    case "int64":
      return int(value as bigint);
    case "float64":
      return float(value as number);
    case "timestamp":
      return time(value as bigint);
    case "list":
      return (value as readonly Value[]).map((item) => cellOf(type.item, item));
    case "struct":
      return Object.fromEntries(
        type.fields.map((field, i) => [
          field.name,
          cellOf(field.type, (value as readonly Value[])[i]!),
        ]),
      );
    default:
      return text(value as string);
  }
}

function rowsOf({ rows, fields, vectors }: Table): Row[] {
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      fields.map(({ name, type }, i) => [name, cellOf(type, valueAt(vectors[i]!, row))]),
    ));
}

const TABLE = tableFrom(0);
const EXPECTED = sorted(rowsOf(TABLE)).map((row) => JSON.stringify(row));
const TYPES = Object.fromEntries(TABLE.fields.map(({ name, type }) => [name, typeText(type)]));

/** A directory with the table's file, for each compression. */
const directories = COMPRESSIONS.map((compression) => {
  const directory = join(scratch, compression);
  mkdirSync(directory);
  const bytes = encode(TABLE, compression);
  assert.ok(pagesOf(bytes).every(({ pages }) => pages.length > 1));
  writeFileSync(join(directory, "table.parquet"), bytes);
  return directory;
});

function assertRead({ rows, types }: ReadResult): void {
  assert.deepEqual({ ...types }, TYPES);
  const found = sorted(rows);
  assert.equal(found.length, EXPECTED.length);
  for (const [i, row] of found.entries()) {
    if (JSON.stringify(row) === EXPECTED[i]) continue;
    assert.deepEqual(row, JSON.parse(EXPECTED[i]!));
  }
}

for (const reader of ["pyarrow_dataset", "polars_scan_parquet"]) {
  test(`several pages: ${reader}`, { skip: pythonIsMissing ?? false }, async () => {
    assertRead(await python({ do: reader, directory: directories[0] }));
  });
}

test("several pages: DuckDB", async () => {
  const db = await openDuckDB();
  for (const directory of directories) {
    assertRead(await query(db, `FROM read_parquet(${literal(join(directory, "*.parquet"))})`));
  }
});

/** Values at which files begin and end, and beside them. */
const EDGES: Readonly<Record<string, readonly (bigint | number | string)[]>> = {
  id: [-1n, 0n, 1n, BigInt(ROWS) - 1n, BigInt(ROWS), 30_000n, 3n * BigInt(ROWS) - 1n, 99_999n],
  real: [-1001, -1000, -999.875, ROWS / 8 - 1000, 0, 7062.375, 7062.5],
  name: ["", "000000000000", `${ROWS - 1}`.padStart(12, "0"), `${ROWS}`.padStart(12, "0"), "1"],
  long: [
    "a".repeat(32),
    `${"a".repeat(32)}0000`,
    `${"a".repeat(32)}4999`,
    `${"a".repeat(32)}5000`,
    "b",
  ],
  word: ["wörd 0", "wörd 699", "wörd 99", "x"],
};

test("several pages: what DuckDB leaves out by statistics", async () => {
  const directory = join(scratch, "files");
  mkdirSync(directory);
  const tables = [0, 1, 2].map((i) => tableFrom(i * ROWS));
  for (const [i, table] of tables.entries()) {
    writeFileSync(join(directory, `${i}.parquet`), encode(table));
  }
  const db = await openDuckDB();
  const from = `FROM read_parquet(${literal(join(directory, "*.parquet"))})`;
  /** The number that a query of one value gives. */
  const only = async (sql: string): Promise<Cell> => {
    const { rows: [row] } = await query(db, sql);
    return Object.values(row!)[0]!;
  };
  for (const [name, edges] of Object.entries(EDGES)) {
    const column = tables.flatMap(({ fields, vectors }) => {
      const vector = vectors[fields.findIndex((field) => field.name === name)]!;
      return Array.from({ length: ROWS }, (_, row) => valueAt(vector, row));
    });
    const values = column.filter((value) => value !== null) as (bigint | number | string)[];
    const count = async (
      condition: string,
      holds: (value: bigint | number | string) => boolean,
    ) => {
      const found = await only(`SELECT count(*) ${from} WHERE ${condition}`);
      assert.equal(found, int(values.filter(holds).length), condition);
    };
    for (const edge of edges) {
      const sql = typeof edge === "string" ? literal(edge) : `${edge}`;
      await count(`${name} = ${sql}`, (value) => value === edge);
      await count(`${name} < ${sql}`, (value) => value < edge);
      await count(`${name} > ${sql}`, (value) => value > edge);
      await count(`${name} >= ${sql}`, (value) => value >= edge);
      const low = typeof edge === "string" ? literal(edges[0] as string) : `${edges[0]}`;
      await count(
        `${name} BETWEEN ${low} AND ${sql}`,
        (value) => value >= edges[0]! && value <= edge,
      );
    }
    const found = await query(db, `SELECT min(${name}) AS a, max(${name}) AS b ${from}`);
    const order = values.toSorted((a, b) => a < b ? -1 : a > b ? 1 : 0);
    const type = tables[0]!.fields.find((field) => field.name === name)!.type;
    assert.deepEqual(found.rows, [{ a: cellOf(type, order[0]!), b: cellOf(type, order.at(-1)!) }]);
    const nulls = await only(`SELECT count(*) ${from} WHERE ${name} IS NULL`);
    assert.equal(nulls, int(column.length - values.length), name);
  }
  assert.equal(await only(`SELECT count(*) ${from} WHERE none IS NOT NULL`), int(0));
  assert.equal(await only(`SELECT count(*) ${from} WHERE none = ''`), int(0));
});
