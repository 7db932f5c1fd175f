import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DataType, Field } from "../../src/columns/schema.ts";
import { holdsAll, RESCUED_DATA } from "../../src/columns/table_schema.ts";
import { encodeParquet } from "../../src/parquet/encode.ts";
import { decodeAll } from "../decode/decode_helpers.ts";
import { allRows, seenIn, toTable } from "./column_helpers.ts";
import { readParquet, rowObjects } from "./read_parquet.ts";
import {
  type Fields,
  fieldsOf,
  type Members,
  parquetType,
  tableOf,
  toJson,
  type Type,
  type Value,
} from "./type_oracle.ts";

/** Few names, so that they meet; some are the same but for case. */
const NAME = fc.constantFrom("a", "b", "A", "ä", "a.b", "with space", "constructor", "", "n\0l");

const STRING = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom("", "\uFEFFx", "\0", "😀", "null", "1", '{"a":1}', "x".repeat(70)),
).map((value): Value => ({ kind: "string", value: value.toWellFormed() }));

const INTEGER = fc.oneof(
  fc.bigInt({ min: -5n, max: 5n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
).map((value): Value => ({ kind: "int64", value }));

const FLOAT = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => ({
    value,
    text: Number.isInteger(value) && !/e/.test(String(value)) ? `${value}.0` : String(value),
  })),
  fc.constantFrom("1.0", "-0.0", "1e3", "5E-1", "9223372036854775808", "123456789012345678901")
    .map((text) => ({ value: Number(text), text })),
).map(({ value, text }): Value => ({
  kind: "float64",
  value,
  text: Object.is(value, -0) ? "-0.0" : text,
}));

const { value: VALUE } = fc.letrec<{ value: Value; members: Members }>((tie) => ({
  members: fc.uniqueArray(fc.tuple(NAME, tie("value")), {
    maxLength: 4,
    selector: ([name]) => name,
  }),
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant<Value>({ kind: "null" }),
    fc.boolean().map((value): Value => ({ kind: "bool", value })),
    INTEGER,
    FLOAT,
    STRING,
    fc.array(tie("value"), { maxLength: 3 }).map((items): Value => ({ kind: "list", items })),
    tie("members").map((members): Value => ({ kind: "struct", members })),
  ),
}));

/** Rows whose fields mostly keep to one kind of value, as real ones do. */
const ROWS: fc.Arbitrary<readonly Members[]> = fc
  .uniqueArray(
    fc.tuple(
      NAME,
      fc.constantFrom<fc.Arbitrary<Value>>(
        VALUE,
        VALUE,
        INTEGER,
        FLOAT,
        STRING,
        fc.oneof(INTEGER, FLOAT),
        fc.array(fc.oneof(INTEGER, fc.constant<Value>({ kind: "null" })), { maxLength: 4 })
          .map((items): Value => ({ kind: "list", items })),
        fc.uniqueArray(fc.tuple(NAME, INTEGER), { maxLength: 3, selector: ([name]) => name })
          .map((members): Value => ({ kind: "struct", members })),
      ),
    ),
    { maxLength: 5, selector: ([name]) => name },
  )
  .chain((fields) =>
    fc.array(
      fc.tuple(...fields.map(([name, value]) => fc.option(value).map((v) => [name, v] as const)))
        .map((members) => members.flatMap(([name, v]) => v === null ? [] : [[name, v] as const])),
      { minLength: 1, maxLength: 12 },
    )
  );

function line(members: Members): string {
  return toJson({ kind: "struct", members });
}

/** Decodes rows, in batches of about `batchBytes`. */
function runsOf(rows: readonly Members[], batchBytes: number) {
  return decodeAll(rows.map((row) => `${line(row)}\n`).join(""), { batchBytes }).map((batch) => {
    assert.deepEqual(batch.deadLetters, []);
    return allRows(batch);
  });
}

function toFields(fields: Fields): Field[] {
  return fields.map(([name, type]) => ({ name, type: toDataType(type) }));
}

function toDataType(type: Type): DataType {
  if (type.kind === "list") return { kind: "list", item: toDataType(type.item) };
  if (type.kind === "struct") return { kind: "struct", fields: toFields(type.fields) };
  return { kind: type.kind };
}

/** The paths of columns in a Parquet file, as hyparquet has them: with dots between names. */
function dottedPaths(fields: Fields): string[] {
  return fields.flatMap(([name, type]) => typePaths(type).map((path) => `${name}${path}`));
}

function typePaths(type: Type): string[] {
  if (type.kind === "list") return typePaths(type.item).map((path) => `.list.element${path}`);
  return type.kind === "struct" ? dottedPaths(type.fields).map((path) => `.${path}`) : [""];
}

async function assertTable(
  rows: readonly Members[],
  { batchBytes, pinned }: { readonly batchBytes: number; readonly pinned: Fields },
): Promise<Fields> {
  const runs = runsOf(rows, batchBytes);
  const fields = fieldsOf(rows, pinned);
  // Two columns whose dotted paths are the same are one to hyparquet, though not to others.
  const paths = dottedPaths(fields);
  fc.pre(new Set(paths).size === paths.length);
  const expected = tableOf(rows, fields);
  const table = toTable(runs, { pinned: toFields(pinned) });
  assert.equal(table.rows, rows.length);
  assert.equal(table.rescued, expected.rescued);
  // Whoever makes the schema knows before anything is gathered that something may not fit.
  const schema = toFields(fields);
  if (expected.rescued > 0) assert.equal(holdsAll(schema, seenIn(runs), new Set()), false);

  const read = await readParquet(await encodeParquet(table, { compression: "none" }));
  const hasRescued = expected.rescued > 0 || fields.length === 0;
  assert.deepEqual(read.columns, [
    ...fields.map(([name, type]) => [name, parquetType(type)]),
    ...(hasRescued ? [[RESCUED_DATA, "string"]] : []),
  ]);
  if (!hasRescued) { for (const row of expected.rows) delete row[RESCUED_DATA]; }
  assert.deepEqual(rowObjects(read), expected.rows);
  return fields;
}

test("JSON to Parquet: what an independent reader finds is what the type rules say", async () => {
  await fc.assert(
    fc.asyncProperty(ROWS, fc.integer({ min: 1, max: 400 }), async (rows, batchBytes) => {
      await assertTable(rows, { batchBytes, pinned: [] });
    }),
    { numRuns: 150 },
  );
});

test("JSON to Parquet: columns keep the type they were first given, and nothing is lost", async () => {
  await fc.assert(
    fc.asyncProperty(
      ROWS,
      ROWS,
      fc.integer({ min: 1, max: 400 }),
      async (first, then, batchBytes) => {
        const pinned = await assertTable(first, { batchBytes, pinned: [] });
        await assertTable(then, { batchBytes, pinned });
      },
    ),
    { numRuns: 75 },
  );
});
