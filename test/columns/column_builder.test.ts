import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Column, jsonText } from "../../src/columns/column.ts";
import { ColumnBuilder } from "../../src/columns/column_builder.ts";
import { Interner } from "../../src/columns/interner.ts";
import { canonicalJson, JsonFloat, type JsonValue } from "../../src/columns/json_value.ts";
import {
  BOOL,
  FLOAT64,
  INT64,
  LIST,
  MISSING,
  NULL,
  STRING,
  STRUCT,
  TIMESTAMP,
} from "../../src/columns/kind.ts";
import { StringPool } from "../../src/columns/string_pool.ts";
import { takeColumns } from "../../src/columns/take.ts";
import { emptySummary, summarise } from "../../src/columns/type_summary.ts";

const STRING_VALUE = fc.oneof(
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.constantFrom("", "a", "b", "\uFEFF", "\ud800"),
);

const { value: VALUE } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => new JsonFloat(n)),
    STRING_VALUE,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom("a", "b", "c d", "ä"), tie("value"), { maxKeys: 3 }),
  ),
}));

/** Values of rows; where there is none, the row is missing. */
const ROWS = fc.array(fc.option(VALUE, { nil: undefined, freq: 5 }), { maxLength: 90 });

function fill(builder: ColumnBuilder, rows: readonly (JsonValue | undefined)[]): Column {
  for (const [row, value] of rows.entries()) if (value !== undefined) builder.set(row, value);
  return builder.finish(rows.length);
}

function textsOf(column: Column, rows: number): (string | undefined)[] {
  return Array.from({ length: rows }, (_, row) => jsonText(column, row));
}

test("column builder: the values of each batch come out as they went in", () => {
  fc.assert(
    fc.property(fc.array(ROWS, { maxLength: 4 }), (batches) => {
      const builder = new ColumnBuilder();
      const columns = batches.map((rows) => fill(builder, rows));
      // Read last: what comes later must not change a batch that is done.
      for (const [i, rows] of batches.entries()) {
        assert.deepEqual(
          textsOf(columns[i]!, rows.length),
          rows.map((value) => value === undefined ? undefined : canonicalJson(value)),
        );
      }
    }),
  );
});

test("column builder: kinds of values", () => {
  const builder = new ColumnBuilder();
  const values: readonly JsonValue[] = [null, true, 1, 2n, 1.5, new JsonFloat(1), "a", [], {}];
  fill(builder, []);
  for (const [row, value] of values.entries()) builder.set(row, value);
  builder.setTimestamp(values.length, 5);
  const { kinds } = builder.finish(values.length + 2);
  assert.deepEqual(Array.from(kinds.subarray(0, values.length + 2)), [
    NULL,
    BOOL,
    INT64,
    INT64,
    FLOAT64,
    FLOAT64,
    STRING,
    LIST,
    STRUCT,
    TIMESTAMP,
    MISSING,
  ]);
});

test("taken rows are those of the column, and nothing else", () => {
  fc.assert(
    fc.property(ROWS.filter(({ length }) => length > 0), fc.array(fc.nat(1000)), (rows, picks) => {
      const column = fill(new ColumnBuilder(), rows);
      const taken = picks.map((pick) => pick % rows.length);
      const copy = takeRows(column, Uint32Array.from(taken));
      const expected = taken.map((row) => jsonText(column, row));
      assert.deepEqual(textsOf(copy, taken.length), expected);
      assert.equal(copy.kinds.length, taken.length);
      const [seenThere, seenHere] = [emptySummary(), emptySummary()];
      summarise(seenThere, fill(new ColumnBuilder(), taken.map((row) => rows[row]!)));
      summarise(seenHere, copy);
      assert.deepEqual(plainSummary(seenHere), plainSummary(seenThere));
      // And again, of the copy.
      const every = Uint32Array.from(taken, (_, i) => i).reverse();
      assert.deepEqual(textsOf(takeRows(copy, every), taken.length), expected.toReversed());
    }),
  );
});

function takeRows(column: Column, rows: Uint32Array): Column {
  return takeColumns(new Map([["c", column]]), rows).get("c")!;
}

/** A summary without the fields of which nothing was seen. */
function plainSummary(summary: ReturnType<typeof emptySummary>): unknown {
  const { kinds, fields, items } = summary;
  const here = kinds & ~(1 << MISSING);
  return {
    here,
    fields: (here & 1 << STRUCT) === 0
      ? {}
      : Object.fromEntries(Array.from(fields, ([name, field]) => [name, plainSummary(field)])),
    items: items === undefined || items.kinds === 0 ? undefined : plainSummary(items),
  };
}

test("taken rows keep nothing of a pool that is not shared", () => {
  const builder = new ColumnBuilder();
  // Ids: the builder stops looking them up after the first batch.
  const ids = (batch: number) => Array.from({ length: 3000 }, (_, i) => `${batch}-${i}`);
  const first = fill(builder, ids(0));
  const second = fill(builder, ids(1));
  assert.deepEqual([first.pool!.interned, second.pool!.interned], [true, false]);
  const rows = Uint32Array.of(5, 7);
  assert.equal(takeRows(first, rows).pool, first.pool);
  const taken = takeRows(second, rows);
  assert.equal(taken.pool!.length, 2);
  assert.deepEqual(textsOf(taken, 2), ['"1-5"', '"1-7"']);
});

test("string pool: strings come back as valid Unicode, in any number", () => {
  fc.assert(
    fc.property(fc.array(STRING_VALUE, { maxLength: 300 }), (strings) => {
      const pool = new StringPool({ interned: false });
      const codes = strings.map((value, i) =>
        i % 2 === 0 ? pool.add(value) : pool.addBytes(new TextEncoder().encode(value))
      );
      assert.deepEqual(codes, strings.map((_, i) => i));
      assert.deepEqual(codes.map((code) => pool.get(code)), strings.map((s) => s.toWellFormed()));
      assert.equal(
        pool.byteLength,
        new TextEncoder().encode(strings.join("\n")).length -
          Math.max(0, strings.length - 1),
      );
    }),
  );
});

test("interner: equal strings have equal codes, across batches", () => {
  const interner = new Interner();
  const a = interner.code("a");
  const b = interner.code("b");
  assert.notEqual(a, b);
  interner.startBatch();
  assert.equal(interner.code("a"), a);
  assert.equal(interner.code("\ud800"), interner.code("\ufffd"));
  assert.equal(interner.code("\udfff"), interner.code("\ufffd"));
  assert.equal(interner.pool.length, 3);
  assert.equal(interner.pool.interned, true);
});

test("interner: a column of ids stops being looked up, between batches only", () => {
  const interner = new Interner();
  for (let i = 0; i < 5000; i++) interner.code(`id ${i}`);
  const first = interner.pool;
  assert.equal(interner.code("id 7"), 7);
  interner.startBatch();
  assert.notEqual(interner.pool, first);
  assert.equal(interner.pool.interned, false);
  assert.deepEqual([interner.code("x"), interner.code("x")], [0, 1]);
  const second = interner.pool;
  interner.startBatch();
  assert.notEqual(interner.pool, second);
  assert.equal(first.get(7), "id 7");
  assert.equal(second.get(1), "x");
});

test("interner: a pool that has grown large is left for a new one, between batches only", () => {
  const interner = new Interner();
  const page = (i: number) => `/page/${i}`;
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 70_000; i++) assert.equal(interner.code(page(i)), i);
  }
  const first = interner.pool;
  interner.startBatch();
  assert.notEqual(interner.pool, first);
  assert.equal(interner.pool.interned, true);
  assert.equal(interner.code(page(69_999)), 0);
  assert.equal(first.get(69_999), page(69_999));

  const wide = new Interner();
  const text = "x".repeat(1 << 20);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 5; i++) wide.code(text + i);
  }
  const old = wide.pool;
  wide.startBatch();
  assert.notEqual(wide.pool, old);
});

test("canonical JSON reads back as the same value", () => {
  fc.assert(
    fc.property(VALUE, (value) => {
      const text = canonicalJson(value);
      assert.ok(text.isWellFormed());
      assert.equal(JSON.stringify(JSON.parse(text)), JSON.stringify(plainJson(value)));
    }),
  );
});

function plainJson(value: JsonValue): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof JsonFloat) return value.value;
  if (Array.isArray(value)) return value.map(plainJson);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, plainJson(member)]));
}
