// Tables through the kernel: what readers find, and that the same table is the same bytes.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parquetMetadata } from "hyparquet";
import { withCodes } from "../../src/columns/distinct_strings.ts";
import type { DataType } from "../../src/columns/schema.ts";
import { type Table, type Vector, withoutCodes } from "../../src/columns/vector.ts";
import { encodeParquet } from "../../src/parquet/encode.ts";
import { encodeByParquetWasm } from "../../src/parquet/encode_by_parquet_wasm.ts";
import { setParquetKernel } from "../../src/parquet/given_kernel.ts";
import { parquetKernelFor } from "../../src/parquet/kernel_module.ts";
import { readParquetTable } from "../../src/parquet/read.ts";
import { tableOfLines } from "../columns/column_helpers.ts";
import {
  ARBITRARY_TABLE,
  arbitraryType,
  arbitraryValue,
  makeTable,
  tableValues,
  type Value,
} from "../columns/random_tables.ts";
import { readParquet } from "../columns/read_parquet.ts";
import { floats, ints, lists, strings, structs, tableOf } from "./big_vectors.ts";
import { assertFileHolds, COMPRESSIONS, encode } from "./file_helpers.ts";

/** Tables in which values come again, so that they have dictionaries and runs. */
const REPETITIVE_TABLE: fc.Arbitrary<Table> = fc
  .array(arbitraryType(2), { minLength: 1, maxLength: 3 })
  .chain((types) =>
    fc.tuple(
      ...types.map((type) =>
        fc.array(arbitraryValue(type), { minLength: 1, maxLength: 3 }).chain((values) =>
          fc.array(fc.tuple(fc.constantFrom(...values), fc.integer({ min: 1, max: 12 })), {
            minLength: 1,
            maxLength: 8,
          })
        )
      ),
    ).map((columns) => {
      const values = columns.map((runs) =>
        runs.flatMap(([value, count]) => new Array<Value>(count).fill(value))
      );
      const rows = Math.min(...values.map((column) => column.length));
      return makeTable(
        types.map((type, i) => ({ name: `c${i}`, type })),
        Array.from({ length: rows }, (_, row) => values.map((column) => column[row]!)),
      );
    })
  );

for (
  const [what, tables] of [["any", ARBITRARY_TABLE], ["repetitive", REPETITIVE_TABLE]] as const
) {
  test(`encode: ${what} tables are what they are by parquet-wasm`, async () => {
    await fc.assert(
      fc.asyncProperty(tables, fc.constantFrom(...COMPRESSIONS), async (table, compression) => {
        const [ours, theirs] = [
          encode(table, compression),
          await encodeByParquetWasm(table, compression),
        ];
        await assertFileHolds(ours, table);
        const [found, expected] = [await readParquetTable(ours), await readParquetTable(theirs)];
        assert.deepEqual(found.fields, expected.fields);
        assert.deepEqual(tableValues(found), tableValues(expected));
        const [ourRead, theirRead] = [await readParquet(ours), await readParquet(theirs)];
        assert.deepEqual(ourRead, theirRead);
        assert.deepEqual(schemaOf(ours), schemaOf(theirs));
      }),
      { numRuns: 60 },
    );
  });
}

/** The schema in the footer, without what it calls the root. */
function schemaOf(bytes: Uint8Array): unknown {
  const [root, ...others] = parquetMetadata(new Uint8Array(bytes).buffer).schema;
  return [root!.num_children, ...others];
}

test("encode: the kernel has two compressions, parquet-wasm the others", async () => {
  const table = makeTable([{ name: "a", type: { kind: "int64" } }], [[1n], [2n], [null]]);
  for (const compression of COMPRESSIONS) {
    const ours = await encodeParquet(table, { compression });
    assert.deepEqual(ours, encode(table, compression));
    const theirs = await encodeByParquetWasm(table, compression);
    assert.notDeepEqual(ours, theirs);
    setParquetKernel(null);
    try {
      assert.deepEqual(await encodeParquet(table, { compression }), theirs);
    } finally {
      setParquetKernel(undefined);
    }
  }
  for (const compression of ["zstd", "gzip", "lz4"] as const) {
    assert.equal(parquetKernelFor(compression), null);
    const bytes = await encodeParquet(table, { compression });
    assert.deepEqual(bytes, await encodeByParquetWasm(table, compression));
  }
});

test("encode: no rows, and one", async () => {
  const fields = ["bool", "int64", "float64", "string", "timestamp", "json"].map((kind) => ({
    name: kind,
    type: { kind } as DataType,
  }));
  const nested = { kind: "struct", fields } as const;
  const all = [
    ...fields,
    { name: "struct", type: nested },
    { name: "list", type: { kind: "list", item: nested } },
  ] as const;
  const values: Value[] = [true, -1n, 0.5, "é", 1n, '{"a":1}'];
  const nulls = fields.map(() => null);
  for (
    const row of [
      undefined,
      [...values, values, [values, null, nulls]],
      [...nulls, nulls, []],
      all.map(() => null),
    ]
  ) {
    const table = makeTable(all, row === undefined ? [] : [row]);
    for (const compression of COMPRESSIONS) {
      const bytes = encode(table, compression);
      await assertFileHolds(bytes, table);
      assert.deepEqual(schemaOf(bytes), schemaOf(await encodeByParquetWasm(table, compression)));
    }
  }
});

test("encode: columns of any name", async () => {
  const names = [
    ...["", " ", ".", "a.b", "a\0b", '"', "'", "`", "\\", "/", "\n", "é", "\u{1F600}", "a\uFEFF"],
    ...["list", "element", "schema", "key_value", "__proto__", "constructor", "n".repeat(5000)],
  ];
  const inner = names.map((name) => ({ name, type: { kind: "int64" } as const }));
  const table = makeTable(
    [...inner, { name: "all", type: { kind: "struct", fields: inner } }],
    [[...names.map((_, i) => BigInt(i)), names.map((_, i) => BigInt(-i))]],
  );
  const bytes = encode(table);
  const back = await readParquetTable(bytes);
  assert.deepEqual(back.fields, table.fields);
  assert.deepEqual(tableValues(back), tableValues(table));
  assert.deepEqual(schemaOf(bytes), schemaOf(await encodeByParquetWasm(table, "snappy")));
  const { row_groups } = parquetMetadata(new Uint8Array(bytes).buffer);
  assert.deepEqual(
    row_groups[0]!.columns.map(({ meta_data }) => meta_data!.path_in_schema),
    [...names.map((name) => [name]), ...names.map((name) => ["all", name])],
  );
});

test("encode: many columns", async () => {
  const columns = Array.from({ length: 200 }, (_, i): [string, Vector] => [
    `c${i}`,
    i % 2 === 0 ? ints(100, (row) => row * i) : strings(100, (row) => `${row % (i + 1)}`),
  ]);
  const table = tableOf(Object.fromEntries(columns));
  await assertFileHolds(encode(table), table);
});

test("encode: lists in structs in lists, ten deep", async () => {
  let type: DataType = { kind: "string" };
  let value: Value = "deep";
  let values: Value[] = [value, null];
  for (let depth = 0; depth < 10; depth++) {
    if (depth % 2 === 0) {
      type = { kind: "list", item: type };
      values = [values, [], [value], null];
      value = [value];
    } else {
      type = { kind: "struct", fields: [{ name: `f${depth}`, type }] };
      values = [...values.map((inner) => [inner]), null];
      value = [value];
    }
  }
  const table = makeTable([{ name: "c", type }], values.map((inner) => [inner]));
  for (const compression of COMPRESSIONS) await assertFileHolds(encode(table, compression), table);
});

test("encode: lists sixty deep", async () => {
  let type: DataType = { kind: "int64" };
  let value: Value = 7n;
  for (let depth = 0; depth < 60; depth++) {
    type = { kind: "list", item: type };
    value = [value, null];
  }
  const table = makeTable([{ name: "c", type }], [[value], [null], [[]], [value]]);
  await assertFileHolds(encode(table), table);
});

/** The same strings, each distinct one once. */
function coded(vector: Vector): Vector {
  const { children, type } = vector;
  if (children !== undefined) return { ...vector, children: children.map(coded) };
  const isText = type.kind === "string" || type.kind === "json";
  return isText ? { ...vector, ...withCodes(vector) } : vector;
}

function spelt(vector: Vector): Vector {
  const { children } = vector;
  if (children !== undefined) return { ...vector, children: children.map(spelt) };
  return withoutCodes(vector);
}

test("encode: strings are the same bytes with codes and without", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(ARBITRARY_TABLE, REPETITIVE_TABLE), async (table) => {
      const withThem = { ...table, vectors: table.vectors.map(coded) };
      const without = { ...table, vectors: withThem.vectors.map(spelt) };
      const bytes = encode(withThem);
      assert.deepEqual(bytes, encode(table));
      assert.deepEqual(bytes, encode(without));
      await assertFileHolds(bytes, withThem);
    }),
    { numRuns: 40 },
  );
  const large = strings(30_000, (row) => `text ${(row * 7) % 9000}`, (row) => row % 5 === 0);
  assert.deepEqual(encode(tableOf({ s: coded(large) })), encode(tableOf({ s: large })));
  const plain = strings(30_000, (row) => `text ${(row * 7) % 20_000}`, (row) => row % 5 === 0);
  assert.deepEqual(encode(tableOf({ s: coded(plain) })), encode(tableOf({ s: plain })));
});

test("encode: what codes nulls have, and what is beneath them, is not written", async () => {
  const type = { kind: "string" } as const;
  const [offsets, bytes] = [Int32Array.of(0, 1, 2), new TextEncoder().encode("ab")];
  const shape = { type, length: 5, nullCount: 2, validity: Uint8Array.of(0b10101), offsets, bytes };
  const files = [[0, 0, 1, 0, 0], [0, 1, 1, 1, 0]].map((codes) =>
    encode(tableOf({ s: { ...shape, codes: Uint32Array.from(codes) } }))
  );
  assert.deepEqual(files[0], files[1]);
  const values = [["a"], [null], ["b"], [null], ["a"]];
  await assertFileHolds(files[0]!, makeTable([{ name: "s", type }], values));
  const isOdd = (row: number) => row % 2 === 1;
  assert.deepEqual(
    encode(tableOf({ n: ints(9, (row) => row, isOdd), f: floats(9, (row) => row, isOdd) })),
    encode(tableOf({
      n: ints(9, (row) => isOdd(row) ? 77 : row, isOdd),
      f: floats(9, (row) => isOdd(row) ? NaN : row, isOdd),
    })),
  );
});

test("encode: members of structs that are null are not written", async () => {
  const isOdd = (row: number) => row % 2 === 1;
  const sizes = Uint32Array.from({ length: 20 }, (_, row) => row % 3);
  const beneath = tableOf({
    c: structs({
      n: ints(20, (row) => row),
      s: coded(strings(20, (row) => `${row % 4}`)),
      l: lists(sizes, (length) => floats(length, () => 1.5)),
    }, isOdd),
  });
  const rows = Array.from(
    { length: 20 },
    (_, row) => isOdd(row) ? null : [BigInt(row), `${row % 4}`, new Array(row % 3).fill(1.5)],
  );
  const bytes = encode(beneath);
  await assertFileHolds(bytes, makeTable(beneath.fields, rows.map((row) => [row])));
  const { row_groups } = parquetMetadata(new Uint8Array(bytes).buffer);
  const statistics = row_groups[0]!.columns[0]!.meta_data!.statistics!;
  assert.deepEqual([statistics.min_value, statistics.max_value], [0n, 18n]);
});

const SOME = tableOf({
  n: ints(500, (row) => row % 200),
  s: strings(500, (row) => `text ${row % 100}`, (row) => row % 9 === 0),
  l: lists(
    Uint32Array.from({ length: 500 }, (_, row) => row % 4),
    (length) => strings(length, (i) => `${i}`),
  ),
});

test("encode: files do not depend on those before", async () => {
  const first = encode(SOME);
  await assertFileHolds(first, SOME);
  const others: Record<string, Table> = {
    itself: SOME,
    "no rows": tableOf({ n: ints(0, () => 0) }),
    "bools and floats": tableOf({ f: floats(1000, (row) => row / 3) }),
    // More than is kept for the next file.
    "a huge one": tableOf({ f: floats(2_500_000, (row) => row) }),
  };
  for (const [what, other] of Object.entries(others)) {
    encode(other);
    assert.deepEqual(encode(SOME), first, `after ${what}`);
  }
  const uncompressed = encode(SOME, "none");
  assert.notDeepEqual(uncompressed, first);
  assert.deepEqual(encode(SOME), first);
});

test("encode: a file that failed leaves nothing to the next", () => {
  const first = encode(SOME);
  const broken: Vector = { type: { kind: "string" }, length: 3, nullCount: 0 };
  const wild: Vector = {
    ...strings(3, () => "abc"),
    codes: Uint32Array.of(0, 0x30000000, 1), // no memory reaches there
  };
  for (const vector of [broken, wild]) {
    assert.throws(() => encode(tableOf({ n: ints(3, (row) => row), vector })));
    assert.deepEqual(encode(SOME), first);
  }
});

test("encode: a file is in memory of its own", () => {
  const first = encode(SOME);
  const copy = first.slice();
  encode(tableOf({ f: floats(5000, (row) => row) }));
  assert.deepEqual(first, copy);
});

test("encode: strings of several batches have one dictionary", async () => {
  const lines = Array.from(
    { length: 3000 },
    (_, i) => JSON.stringify({ word: `w${i % 40}`, id: `id ${i}`, list: [`w${i % 3}`, null] }),
  );
  const whole = tableOfLines(lines);
  const cut = tableOfLines(lines, { batchBytes: 1000 });
  const bytes = encode(whole);
  assert.deepEqual(encode(cut), bytes);
  await assertFileHolds(bytes, whole);
});
