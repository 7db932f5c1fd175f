import assert from "node:assert/strict";
import { test } from "node:test";
import type { DataType, Field } from "../../src/columns/schema.ts";
import { TableMismatchError, UnsupportedTableError } from "../../src/commit_log/errors.ts";
import { assertAppendable, mergeSchema, parseSchema } from "../../src/commit_log/schema.ts";

const long: DataType = { kind: "int64" };
const text: DataType = { kind: "string" };
const json: DataType = { kind: "json" };
const list = (item: DataType): DataType => ({ kind: "list", item });
const struct = (...fields: Field[]): DataType => ({ kind: "struct", fields });
const field = (name: string, type: DataType): Field => ({ name, type });

test("every type comes back, json among them", () => {
  const columns = [
    field("b", { kind: "bool" }),
    field("l", long),
    field("d", { kind: "float64" }),
    field("s", text),
    field("t", { kind: "timestamp" }),
    field("j", json),
    field("lj", list(list(json))),
    field("ls", list(struct(field("x", json), field("y", text)))),
    field("__proto__", struct(field("constructor", list(long)))),
  ];
  const schemaString = mergeSchema(undefined, columns);
  assert.deepEqual(parseSchema(schemaString), columns);
  assert.equal(mergeSchema(schemaString, columns), schemaString);
  assert.equal(mergeSchema(schemaString, []), schemaString);
});

test("the schema is Spark's JSON", () => {
  assert.deepEqual(
    JSON.parse(mergeSchema(undefined, [field("a", list(struct(field("b", long))))])),
    {
      type: "struct",
      fields: [{
        name: "a",
        type: {
          type: "array",
          elementType: {
            type: "struct",
            fields: [{ name: "b", type: "long", nullable: true, metadata: {} }],
          },
          containsNull: true,
        },
        nullable: true,
        metadata: {},
      }],
    },
  );
});

const FOREIGN = JSON.stringify({
  type: "struct",
  extra: 1,
  fields: [
    { name: "i", type: "integer", nullable: true, metadata: { comment: "kept" } },
    {
      name: "m",
      type: { type: "map", keyType: "string", valueType: "long", valueContainsNull: true },
    },
    { name: "d", type: "decimal(10,2)", nullable: true, metadata: {} },
    {
      name: "s",
      type: {
        type: "struct",
        fields: [{ name: "day", type: "date", nullable: true, metadata: {} }],
      },
      nullable: true,
      metadata: {},
    },
  ],
});

test("types of other engines are told as they are, and left as they are", () => {
  const columns = parseSchema(FOREIGN);
  assert.deepEqual(columns.map(({ name, type }) => [name, type.kind]), [
    ["i", "other"],
    ["m", "other"],
    ["d", "other"],
    ["s", "other"],
  ]);
  assert.deepEqual(columns[0]?.type, { kind: "other", delta: "integer" });

  const merged = mergeSchema(FOREIGN, [field("s", struct(field("new", text))), field("n", long)]);
  const before = (JSON.parse(FOREIGN) as { fields: unknown[] }).fields;
  const after = (JSON.parse(merged) as { fields: unknown[] }).fields;
  assert.deepEqual(after.slice(0, 3), before.slice(0, 3));
  assert.equal(after.length, 5);
  assert.match(merged, /"name":"day","type":"date".*"name":"new","type":"string"/);
});

test("a column keeps its type", () => {
  const schemaString = mergeSchema(undefined, [
    field("a", long),
    field("l", list(struct(field("x", text)))),
    field("j", json),
  ]);
  for (
    const [column, path] of [
      [field("a", text), "a"],
      [field("a", list(long)), "a"],
      [field("l", list(struct(field("x", long)))), "l[].x"],
      [field("l", struct()), "l"],
      [field("j", text), "j"],
    ] as const
  ) {
    assert.throws(() => mergeSchema(schemaString, [column]), (error: unknown) => {
      assert.ok(error instanceof TableMismatchError);
      assert.ok(error.message.includes(JSON.stringify(path)), error.message);
      assert.notEqual(error.expected, error.actual);
      return true;
    });
  }
  assert.throws(() => mergeSchema(FOREIGN, [field("i", long)]), TableMismatchError);
});

test("names differ by more than case", () => {
  const schemaString = mergeSchema(undefined, [field("userId", long)]);
  assert.throws(() => mergeSchema(schemaString, [field("userid", long)]), /the table has "userId"/);
  assert.throws(
    () => mergeSchema(undefined, [field("s", struct(field("a", long), field("A", long)))]),
    /the table has "s.a", current value is "s.A"/,
  );
});

test("columns with constraints that are not checked are not appended to", () => {
  const constrained = (member: object) =>
    JSON.stringify({
      type: "struct",
      fields: [{ name: "c", type: "long", nullable: true, ...member }],
    });
  assertAppendable(constrained({}));
  for (
    const [member, problem] of [
      [{ nullable: false }, /"c" is NOT NULL/],
      [{ metadata: { "delta.invariants": "{}" } }, /"c" has an invariant/],
      [{ type: { type: "array", elementType: "long", containsNull: false } }, /"c" holds no nulls/],
      [
        {
          type: {
            type: "array",
            elementType: { type: "struct", fields: [{ name: "x", type: "long", nullable: false }] },
            containsNull: true,
          },
        },
        /"c.x" is NOT NULL/,
      ],
    ] as const
  ) {
    assert.throws(() => assertAppendable(constrained(member)), (error: unknown) => {
      assert.ok(error instanceof UnsupportedTableError);
      assert.match(error.message, problem);
      return true;
    });
  }
});
