import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jsonRows } from "../../src/columns/json_rows.ts";
import type { DataType } from "../../src/columns/schema.ts";
import { ARBITRARY_TABLE, makeTable, tableValues, type Value } from "./random_tables.ts";

function rowsOf(type: DataType, ...values: Value[]): string[] {
  const table = makeTable([{ name: "v", type }], values.map((value) => [value]));
  return [...jsonRows(table)].map((row) => row.slice('{"v":'.length, -1));
}

test("int64 has all its digits", () => {
  const type = { kind: "int64" } as const;
  const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n];
  assert.deepEqual(rowsOf(type, least, null, most), [String(least), "null", String(most)]);
});

test("float64 reads back as a float64, or is null where JSON has no word for it", () => {
  const values = [1, -0, 0.1, 1e21, 5e-324, NaN, Infinity];
  const texts = ["1.0", "-0.0", "0.1", "1e+21", "5e-324", "null", "null"];
  assert.deepEqual(rowsOf({ kind: "float64" }, ...values), texts);
});

test("timestamps are ISO 8601, or microseconds beyond its years", () => {
  const type = { kind: "timestamp" } as const;
  assert.deepEqual(rowsOf(type, 1n, -1n, null, 2n ** 63n - 1n), [
    '"1970-01-01T00:00:00.000001Z"',
    '"1969-12-31T23:59:59.999999Z"',
    "null",
    "9223372036854775807",
  ]);
});

test("strings are quoted whatever they hold, and JSON text is not", () => {
  const strings = ['"\\\n', "é\u{1F600}", "\uFEFFa", ""];
  assert.deepEqual(
    rowsOf({ kind: "string" }, ...strings),
    strings.map((text) => JSON.stringify(text)),
  );
  assert.deepEqual(rowsOf({ kind: "json" }, '{"a":[1]}', null), ['{"a":[1]}', "null"]);
});

test("fields are in the order of the columns, nested ones too, with nulls", () => {
  const item = { kind: "int64" } as const;
  const type = {
    kind: "struct",
    fields: [{ name: "z", type: { kind: "list", item } }, { name: 'a"', type: item }],
  } as const;
  const table = makeTable([{ name: "s", type }, { name: "1", type: { kind: "bool" } }], [
    [[[1n, null], 2n], true],
    [[null, null], null],
    [null, false],
  ]);
  assert.deepEqual([...jsonRows(table)], [
    '{"s":{"z":[1,null],"a\\"":2},"1":true}',
    '{"s":{"z":null,"a\\"":null},"1":null}',
    '{"s":null,"1":false}',
  ]);
});

test("a table without columns has empty rows", () => {
  assert.deepEqual([...jsonRows({ rows: 2, fields: [], vectors: [] })], ["{}", "{}"]);
});

test("rows are one line of JSON each, with as many members as there are columns", () => {
  fc.assert(
    fc.property(ARBITRARY_TABLE, (table) => {
      const rows = [...jsonRows(table)];
      assert.equal(rows.length, table.rows);
      const isNull = tableValues(table).map((column) => column.map((value) => value === null));
      for (const [row, text] of rows.entries()) {
        assert.ok(!text.includes("\n"));
        const values = Object.values(JSON.parse(text) as object);
        assert.equal(values.length, table.fields.length);
        for (const [i, value] of values.entries()) {
          if (table.fields[i]!.type.kind !== "float64") {
            assert.equal(value === null, isNull[i]![row]);
          }
        }
      }
    }),
    { numRuns: 50 },
  );
});
