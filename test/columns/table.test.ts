import assert from "node:assert/strict";
import { test } from "node:test";
import type { Field } from "../../src/columns/schema.ts";
import {
  equalSchemas,
  extendSchema,
  holdsAll,
  MAX_TABLE_COLUMNS,
  RESCUED_DATA,
} from "../../src/columns/table_schema.ts";
import { parseType, type TypeName } from "../../src/columns/type_name.ts";
import { encodeParquet } from "../../src/parquet/encode.ts";
import { decodeOne } from "../decode/decode_helpers.ts";
import { allRows, seenIn, tableOfLines, toTable } from "./column_helpers.ts";
import { type Cell, readParquet, rowObjects } from "./read_parquet.ts";

/** Columns of the given types. */
function declare(types: Readonly<Record<string, TypeName>>): Field[] {
  return Object.entries(types).map(([name, type]) => ({ name, type: parseType(type, name) }));
}

/** What the file of a window with these values of one field has in it. */
async function columnOf(
  values: readonly string[],
  declared?: TypeName,
): Promise<{ type: string | undefined; values: readonly Cell[]; rescued: readonly Cell[] }> {
  const lines = values.map((value) => value === "" ? "{}" : `{"a":${value}}`);
  const pinned = declared === undefined ? [] : declare({ a: declared });
  const table = tableOfLines(lines, { pinned });
  const read = await readParquet(await encodeParquet(table, { compression: "snappy" }));
  const column = (name: string) => read.columns.findIndex(([own]) => own === name);
  const at = (name: string) => column(name) < 0 ? [] : read.rows.map((row) => row[column(name)]!);
  return { type: read.columns[column("a")]?.[1], values: at("a"), rescued: at(RESCUED_DATA) };
}

/** Values of a field in one window, and what becomes of them. */
const PROMOTIONS: readonly (readonly [values: readonly string[], type: string, cells: Cell[]])[] = [
  [["true", "false", "null", ""], "bool", [true, false, null, null]],
  [["1", "-9223372036854775808", "null"], "int64", [1n, -(2n ** 63n), null]],
  [["1.0", "2.5", "-0.0"], "float64", [1, 2.5, -0]],
  [["1", "2.5", "null"], "float64", [1, 2.5, null]],
  [["1", "1e2"], "float64", [1, 100]],
  [["1", "9223372036854775808"], "float64", [1, 2 ** 63]],
  [['"x"', '"\uFEFFä😀"', '""', "null"], "string", ["x", "\uFEFFä😀", "", null]],
  [["1", '"x"', "null"], "string", ["1", '"x"', null]],
  [["1", "1.0", '"1"'], "string", ["1", "1.0", '"1"']],
  [["true", "1"], "string", ["true", "1"]],
  [["true", "1.5"], "string", ["true", "1.5"]],
  [['"x"', "true"], "string", ['"x"', "true"]],
  [['"x"', "[1]", '{"b":1,"a":[]}'], "string", ['"x"', "[1]", '{"a":[],"b":1}']],
  [["[1]", '{"a":1}'], "string", ["[1]", '{"a":1}']],
  [["1", "[1]"], "string", ["1", "[1]"]],
  [["[1,2]", "[]", "null", "", "[null]"], "int64[]", [[1n, 2n], [], null, null, [null]]],
  [["[1]", "[2.5,null]"], "float64[]", [[1], [2.5, null]]],
  [['["a"]', "[1]"], "string[]", [['"a"'], ["1"]]],
  [["[[1],[]]", "[null,[2]]"], "int64[][]", [[[1n], []], [null, [2n]]]],
  [['[{"a":[1]},{"b":2}]', "[{}]"], "{a:int64[],b:int64}[]", [
    [{ a: [1n], b: null }, { a: null, b: 2n }],
    [{ a: null, b: null }],
  ]],
  [['{"x":1}', '{"y":"s"}', "{}", "null"], "{x:int64,y:string}", [
    { x: 1n, y: null },
    { x: null, y: "s" },
    { x: null, y: null },
    null,
  ]],
  [['{"x":{"y":{"z":1.5}}}', '{"x":{"y":null}}'], "{x:{y:{z:float64}}}", [
    { x: { y: { z: 1.5 } } },
    { x: { y: null } },
  ]],
  [['{"x":[{"y":[[true]]}]}'], "{x:{y:bool[][]}[]}", [{ x: [{ y: [[true]] }] }]],
];

for (const [values, type, cells] of PROMOTIONS) {
  test(`type of ${values.join("  ")}`, async () => {
    const found = await columnOf(values);
    assert.equal(found.type, type);
    assert.deepEqual(bare(found.values), bare(cells));
    assert.deepEqual(found.rescued, []);
  });
}

/** Objects without their prototypes. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  return Object.assign(
    Object.create(null),
    Object.fromEntries(Object.entries(value).map(([name, member]) => [name, bare(member)])),
  );
}

test("values that do not say their type are kept aside", async () => {
  assert.deepEqual(await columnOf(["null", ""]), {
    type: undefined,
    values: [],
    rescued: [null, null],
  });
  assert.deepEqual(await columnOf(["[]", "{}", "[[]]", "null"]), {
    type: "string",
    values: ["[]", "{}", "[[]]", null],
    rescued: [],
  });
  assert.deepEqual((await columnOf(["[]", "[null]", "null"])).rescued, [
    '{"a":[]}',
    '{"a":[null]}',
    null,
  ]);
  assert.deepEqual((await columnOf(["{}", '{"x":null}'])).rescued, [
    '{"a":{}}',
    '{"a":{"x":null}}',
  ]);
});

/** Values in a column whose type is settled: the cell, and what is rescued. */
const DECLARED:
  readonly (readonly [TypeName, value: string, cell: Cell, rescued: string | null])[] = [
    ["bool", "true", true, null],
    ["bool", "1", null, '{"a":1}'],
    ["bool", '"true"', null, '{"a":"true"}'],
    ["int64", "9007199254740993", 9007199254740993n, null],
    ["int64", "2.0", 2n, null],
    ["int64", "1e3", 1000n, null],
    ["int64", "2.5", null, '{"a":2.5}'],
    ["int64", "9223372036854775808", null, '{"a":9223372036854776000.0}'],
    ["int64", "-9223372036854775808.0", -(2n ** 63n), null],
    ["int64", '"5"', null, '{"a":"5"}'],
    ["int64", "true", null, '{"a":true}'],
    ["float64", "1", 1, null],
    ["float64", "1.5", 1.5, null],
    ["float64", '"1.5"', null, '{"a":"1.5"}'],
    ["string", '"x"', "x", null],
    ["string", "1", null, '{"a":1}'],
    ["string", '{"b":1}', null, '{"a":{"b":1}}'],
    ["json", '{"b":1,"a":2.0}', '{"a":2.0,"b":1}', null],
    ["json", '"x"', '"x"', null],
    ["json", "null", null, null],
    ["timestamp", '"2022-06-01T00:15:00.5Z"', { micros: 1654042500500000n }, null],
    ["timestamp", '"2022-06-01 02:15:00+02:00"', { micros: 1654042500000000n }, null],
    ["timestamp", "1654042500500", { micros: 1654042500500000n }, null],
    ["timestamp", "1654042500500.25", { micros: 1654042500500250n }, null],
    ["timestamp", "1.6540425e12", { micros: 1654042500000000n }, null],
    ["timestamp", "-1", { micros: -1000n }, null],
    ["timestamp", '"yesterday"', null, '{"a":"yesterday"}'],
    ["timestamp", "9007199254740991", null, '{"a":9007199254740991}'],
    ["timestamp", "9223372036854775807", null, '{"a":9223372036854775807}'],
    ["timestamp", "1e300", null, '{"a":1e+300}'],
    ["timestamp", "true", null, '{"a":true}'],
    [["int64"], "[1,2]", [1n, 2n], null],
    [["int64"], '[1,"x",null]', [1n, null, null], '{"a":[1,"x",null]}'],
    [["int64"], "1", null, '{"a":1}'],
    [[["int64"]], "[[1],[2,true]]", [[1n], [2n, null]], '{"a":[[1],[2,true]]}'],
    [{ x: "int64" }, '{"x":1}', { x: 1n }, null],
    [{ x: "int64" }, '{"x":"s"}', { x: null }, '{"a":{"x":"s"}}'],
    [{ x: "int64" }, "{}", { x: null }, null],
    [{ x: "int64" }, "[]", null, '{"a":[]}'],
    [
      [{ x: "timestamp" }],
      '[{"x":0},{"x":""}]',
      [{ x: { micros: 0n } }, { x: null }],
      '{"a":[{"x":0},{"x":""}]}',
    ],
  ];

for (const [type, value, cell, rescued] of DECLARED) {
  test(`${JSON.stringify(type)} column: ${value}`, async () => {
    const found = await columnOf([value], type);
    assert.deepEqual(bare(found.values), bare([cell]));
    assert.deepEqual(
      found.rescued.filter((text) => text !== null),
      rescued === null ? [] : [rescued],
    );
  });
}

test("a struct gets the members it lacks, and keeps the types of those it has", async () => {
  const pinned = declare({ a: { x: "int64", list: [{ y: "string" }] } });
  const table = tableOfLines(
    ['{"a":{"x":1.5,"new":true,"list":[{"z":1}],"X":2}}', '{"a":{"x":2,"none":null}}'],
    { pinned },
  );
  const read = await readParquet(await encodeParquet(table, { compression: "zstd" }));
  assert.deepEqual(read.columns, [
    ["a", "{x:int64,list:{y:string,z:int64}[],new:bool}"],
    [RESCUED_DATA, "string"],
  ]);
  assert.deepEqual(
    bare(rowObjects(read)),
    bare([
      {
        a: { x: null, list: [{ y: null, z: 1n }], new: true },
        [RESCUED_DATA]: '{"a":{"X":2,"list":[{"z":1}],"new":true,"x":1.5}}',
      },
      { a: { x: 2n, list: null, new: null }, [RESCUED_DATA]: null },
    ]),
  );
});

test("fields whose names are the same but for case share no column: the second is rescued", async () => {
  const lines = ['{"Id":1,"ID":2}', '{"ID":"x"}', '{"id":null}'];
  const first = tableOfLines(lines);
  assert.deepEqual(first.fields.map(({ name }) => name), ["Id", RESCUED_DATA]);
  const read = await readParquet(await encodeParquet(first, { compression: "none" }));
  assert.deepEqual(read.rows, [[1n, '{"ID":2}'], [null, '{"ID":"x"}'], [null, null]]);
  const later = tableOfLines(lines, { pinned: declare({ ID: "int64" }) });
  assert.deepEqual(later.fields.map(({ name }) => name), ["ID", RESCUED_DATA]);
  assert.equal(later.rescued, 2);
});

test("a field with the name of a partition column is in the path, in other letters it is rescued", async () => {
  const { columns, rows } = await readParquet(
    await encodeParquet(
      toTable([allRows(decodeOne('{"page":"/","Page":1,"year":5,"a":1}\n'))], {
        inPath: ["page", "year"],
      }),
      { compression: "none" },
    ),
  );
  assert.deepEqual(columns.map(([name]) => name), ["a", RESCUED_DATA]);
  assert.deepEqual(rows, [[1n, '{"Page":1}']]);
});

test("a field with the name of the rescued data is rescued itself", async () => {
  const table = tableOfLines([`{"${RESCUED_DATA}":"x","a":1}`, `{"_Rescued_Data":2}`]);
  const { rows } = await readParquet(await encodeParquet(table, { compression: "none" }));
  assert.deepEqual(rows, [[1n, `{"${RESCUED_DATA}":"x"}`], [null, '{"_Rescued_Data":2}']]);
});

test("fields beyond the most columns a table can have are rescued", () => {
  const pinned = declare(Object.fromEntries(
    Array.from({ length: MAX_TABLE_COLUMNS - 1 }, (_, i): [string, TypeName] => [`c${i}`, "int64"]),
  ));
  const table = tableOfLines(['{"x":1,"y":2}'], { pinned });
  assert.equal(table.fields.length, MAX_TABLE_COLUMNS + 1);
  assert.equal(table.fields.at(-2)!.name, "x");
  assert.equal(table.fields.at(-1)!.name, RESCUED_DATA);
  assert.equal(table.rescued, 1);
});

test("a column that every value fits says so, and one that some may not", () => {
  const seen = seenIn([allRows(decodeOne('{"a":1,"b":{"c":[1]}}\n{"a":null}\n'))]);
  const holds = (types: Readonly<Record<string, TypeName>>, inPath: readonly string[] = []) =>
    holdsAll(declare(types), seen, new Set(inPath));
  assert.equal(holds({ a: "int64", b: { c: ["int64"] } }), true);
  assert.equal(holds({ a: "float64", b: { c: ["float64"] } }), true);
  assert.equal(holds({ a: "json", b: "json" }), true);
  assert.equal(holds({ a: "int64", b: { c: ["string"] } }), false);
  assert.equal(holds({ a: "int64", b: { d: ["int64"] } }), false);
  assert.equal(holds({ a: "int64" }), false);
  assert.equal(holds({ a: "int64" }, ["b"]), true);
  assert.equal(holds({ A: "int64" }, ["b"]), false);
});

test("schemas are the same when columns, order and types are", () => {
  const schema = declare({ a: "int64", b: ["string"] });
  assert.equal(equalSchemas(schema, declare({ a: "int64", b: ["string"] })), true);
  assert.equal(equalSchemas(schema, declare({ b: ["string"], a: "int64" })), false);
  assert.equal(equalSchemas(schema, declare({ a: "int64", b: ["json"] })), false);
  assert.deepEqual(extendSchema(schema, new Map(), []), schema);
});

test("types as people write them, and what is none", () => {
  assert.deepEqual(parseType([{ a: "int64", b: [["json"]] }], "schema.x"), {
    kind: "list",
    item: {
      kind: "struct",
      fields: [
        { name: "a", type: { kind: "int64" } },
        { name: "b", type: { kind: "list", item: { kind: "list", item: { kind: "json" } } } },
      ],
    },
  });
  const bad: readonly (readonly [type: unknown, message: string])[] = [
    [
      "int",
      'Cannot use option "schema.x": it must be one of bool, int64, float64, string, timestamp, json, [type] or { field: type }: current value is "int"',
    ],
    [
      [],
      'Cannot use option "schema.x": it must be one of bool, int64, float64, string, timestamp, json, [type] or { field: type }: current value is []',
    ],
    [
      {},
      'Cannot use option "schema.x": it must be one of bool, int64, float64, string, timestamp, json, [type] or { field: type }: current value is {}',
    ],
    [
      ["int64", "bool"],
      'Cannot use option "schema.x": it must be one of bool, int64, float64, string, timestamp, json, [type] or { field: type }: current value is ["int64","bool"]',
    ],
    [
      { a: null },
      'Cannot use option "schema.x.a": it must be one of bool, int64, float64, string, timestamp, json, [type] or { field: type }: current value is null',
    ],
  ];
  for (const [type, message] of bad) {
    assert.throws(() => parseType(type as TypeName, "schema.x"), { name: "TypeError", message });
  }
  const nested = (depth: number): TypeName => depth === 1 ? "bool" : [nested(depth - 1)];
  assert.equal(parseType(nested(64), "schema.x").kind, "list");
  assert.throws(() => parseType(nested(65), "schema.x"), {
    name: "TypeError",
    message: 'Cannot use option "schema.x": it must nest at most 64 levels deep',
  });
});
