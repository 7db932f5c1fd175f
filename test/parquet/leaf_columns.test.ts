// Levels, worked out by hand. All that is optional in a type counts, and everything is: a list adds
// two levels of definition, a struct or a value one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { nullVector } from "../../src/columns/concat.ts";
import type { DataType } from "../../src/columns/schema.ts";
import { parseType, type TypeName } from "../../src/columns/type_name.ts";
import { isNull, type Table, type Vector } from "../../src/columns/vector.ts";
import {
  type ParquetKernel,
  parquetKernelFor,
  useParquetKernel,
} from "../../src/parquet/kernel_module.ts";
import { entriesAt, type LeafColumn, leafColumns } from "../../src/parquet/leaf_columns.ts";
import { makeTable, type Value, valueAt } from "../columns/random_tables.ts";
import { ints, lists, structs, tableOf } from "./big_vectors.ts";

/** Repetition and definition of each entry, and its value. */
type Entry = readonly [repetition: number, definition: number, value?: Value];

/** What is expected of a column, by its path. */
type Expected = Readonly<
  Record<string, {
    readonly max: readonly [repetition: number, definition: number];
    readonly entries: readonly Entry[];
  }>
>;

/** A table of one column, `c`. */
function tableOfColumn(type: TypeName, values: readonly Value[]): Table {
  const field = { name: "c", type: parseType(type, "type") };
  return makeTable([field], values.map((value) => [value]));
}

function assertLevels(table: Table, expected: Expected): void {
  const paths = Object.keys(expected);
  withLeaves(table, ({ vector, depth }, kernel) => {
    const path = paths.shift()!;
    const { max, entries } = expected[path]!;
    assert.ok(depth !== undefined, "it is nested");
    const { definitions, repetitions, values, present } = entriesAt(kernel, depth);
    const found = Array.from(definitions, (definition, i): Entry => {
      const levels = [repetitions?.[i] ?? 0, definition] as const;
      return values[i]! < 0 ? levels : [...levels, valueAt(vector, values[i]!)];
    });
    assert.deepEqual(found, entries, path);
    assert.equal(depth, max[1], path);
    assert.equal(repetitions === undefined, max[0] === 0, "there are lists");
    // Only what an entry stands for is there, and in order.
    const ofEntries = [...values].filter((value) => value >= 0);
    const rows = Array.from({ length: vector.length }, (_, row) => row);
    assert.deepEqual(ofEntries, rows.filter((row) => !isNull(vector, row)), path);
    assert.equal(present, ofEntries.length);
    assert.equal(vector.nullCount, vector.length - present);
  });
  assert.deepEqual(paths, []);
}

/** Calls back for each column, while the kernel has its levels. */
function withLeaves(
  table: Table,
  visit: (leaf: LeafColumn, kernel: ParquetKernel) => void,
): void {
  useParquetKernel(parquetKernelFor("none")!, (kernel) => {
    for (const leaf of leafColumns(kernel, table)) visit(leaf, kernel);
  });
}

test("leaf columns: those that are not nested have no levels", () => {
  const table = makeTable([
    { name: "a", type: { kind: "int64" } },
    { name: "b", type: { kind: "string" } },
  ], [[1n, null], [null, "x"]]);
  const leaves: LeafColumn[] = [];
  withLeaves(table, (leaf) => leaves.push(leaf));
  assert.deepEqual(leaves, table.vectors.map((vector) => ({ vector, depth: undefined })));
});

test("leaf columns: the documents of the Dremel paper", () => {
  const links = parseType({ Backward: ["int64"], Forward: ["int64"] }, "Links");
  const name = parseType(
    [{ Language: [{ Code: "string", Country: "string" }], Url: "string" }],
    "Name",
  );
  const table = makeTable([{ name: "Links", type: links }, { name: "Name", type: name }], [
    [
      [[], [20n, 40n, 60n]],
      [
        [[["en-us", "us"], ["en", null]], "http://A"],
        [[], "http://B"],
        [[["en-gb", "gb"]], null],
      ],
    ],
    [[[10n, 30n], [80n]], [[[], "http://C"]]],
  ]);
  assertLevels(table, {
    "Links.Backward.list.element": { max: [1, 4], entries: [[0, 2], [0, 4, 10n], [1, 4, 30n]] },
    "Links.Forward.list.element": {
      max: [1, 4],
      entries: [[0, 4, 20n], [1, 4, 40n], [1, 4, 60n], [0, 4, 80n]],
    },
    "Name.list.element.Language.list.element.Code": {
      max: [2, 7],
      entries: [[0, 7, "en-us"], [2, 7, "en"], [1, 4], [1, 7, "en-gb"], [0, 4]],
    },
    "Name.list.element.Language.list.element.Country": {
      max: [2, 7],
      entries: [[0, 7, "us"], [2, 6], [1, 4], [1, 7, "gb"], [0, 4]],
    },
    "Name.list.element.Url": {
      max: [1, 4],
      entries: [[0, 4, "http://A"], [1, 4, "http://B"], [1, 3], [0, 4, "http://C"]],
    },
  });
});

test("leaf columns: a struct that is null, and one of nulls", () => {
  assertLevels(tableOfColumn({ a: "int64", b: "bool" }, [null, [null, true], [5n, null]]), {
    "c.a": { max: [0, 2], entries: [[0, 0], [0, 1], [0, 2, 5n]] },
    "c.b": { max: [0, 2], entries: [[0, 0], [0, 2, true], [0, 1]] },
  });
});

test("leaf columns: structs in structs", () => {
  const values = [null, [null], [[null]], [[[null]]], [[["x"]]]];
  assertLevels(tableOfColumn({ a: { b: { d: "string" } } }, values), {
    "c.a.b.d": { max: [0, 4], entries: [[0, 0], [0, 1], [0, 2], [0, 3], [0, 4, "x"]] },
  });
});

test("leaf columns: a list that is null, one that is empty, and one of a null", () => {
  assertLevels(tableOfColumn(["int64"], [null, [], [null], [1n, null, 2n]]), {
    "c.list.element": {
      max: [1, 3],
      entries: [[0, 0], [0, 1], [0, 2], [0, 3, 1n], [1, 2], [1, 3, 2n]],
    },
  });
});

test("leaf columns: lists in lists", () => {
  const values = [
    ...[null, [], [null], [[]], [[null]]],
    [[1n], [2n, 3n]],
    [[], null, [4n, null], []],
  ];
  assertLevels(tableOfColumn([["int64"]], values), {
    "c.list.element.list.element": {
      max: [2, 5],
      entries: [
        ...[[0, 0], [0, 1], [0, 2], [0, 3], [0, 4]] as const,
        ...[[0, 5, 1n], [1, 5, 2n], [2, 5, 3n]] as const,
        ...[[0, 3], [1, 2], [1, 5, 4n], [2, 4], [1, 3]] as const,
      ],
    },
  });
});

test("leaf columns: lists in lists in lists", () => {
  const values = [
    [[[1n, 2n], [3n]], [[4n]]],
    [[[]], [], [[], [5n]]],
  ];
  assertLevels(tableOfColumn([[["int64"]]], values), {
    "c.list.element.list.element.list.element": {
      max: [3, 7],
      entries: [
        ...[[0, 7, 1n], [3, 7, 2n], [2, 7, 3n], [1, 7, 4n]] as const,
        ...[[0, 5], [1, 3], [1, 5], [2, 7, 5n]] as const,
      ],
    },
  });
});

test("leaf columns: lists of structs of lists", () => {
  const values = [
    null,
    [],
    [null, [null, 1n], [[], 2n], [[null, "x"], null]],
    [[["y"], 3n]],
  ];
  assertLevels(tableOfColumn([{ a: ["string"], b: "int64" }], values), {
    "c.list.element.a.list.element": {
      max: [2, 6],
      entries: [
        ...[[0, 0], [0, 1]] as const,
        ...[[0, 2], [1, 3], [1, 4], [1, 5], [2, 6, "x"]] as const,
        ...[[0, 6, "y"]] as const,
      ],
    },
    "c.list.element.b": {
      max: [1, 4],
      entries: [
        ...[[0, 0], [0, 1]] as const,
        ...[[0, 2], [1, 4, 1n], [1, 4, 2n], [1, 3]] as const,
        ...[[0, 4, 3n]] as const,
      ],
    },
  });
});

test("leaf columns: a member that has a value beneath a struct that is null", () => {
  const sizes = [1, 1, 1];
  const members = {
    a: ints(3, (row) => row),
    l: lists(sizes, (length) => ints(length, (i) => 10 + i)),
  };
  assertLevels(tableOf({ c: structs(members, (row) => row === 1) }), {
    "c.a": { max: [0, 2], entries: [[0, 2, 0n], [0, 0], [0, 2, 2n]] },
    "c.l.list.element": { max: [1, 4], entries: [[0, 4, 10n], [0, 0], [0, 4, 12n]] },
  });
});

test("leaf columns: items that no list has, or one that is null", () => {
  const list: Vector = {
    type: { kind: "list", item: { kind: "int64" } },
    length: 3,
    nullCount: 1,
    validity: Uint8Array.of(0b101),
    offsets: Int32Array.of(1, 3, 5, 6),
    children: [ints(8, (i) => i)],
  };
  assertLevels(tableOf({ c: list }), {
    "c.list.element": {
      max: [1, 3],
      entries: [[0, 3, 1n], [1, 3, 2n], [0, 0], [0, 3, 5n]],
    },
  });
});

test("leaf columns: no rows", () => {
  assertLevels(tableOfColumn([{ a: ["string"] }], []), {
    "c.list.element.a.list.element": { max: [2, 6], entries: [] },
  });
});

test("what nests deeper than levels can tell is refused", () => {
  const table = (depth: number) => {
    let type: DataType = { kind: "bool" };
    for (let i = 0; i < depth; i++) type = { kind: "list", item: type };
    return { rows: 0, fields: [{ name: "c", type }], vectors: [nullVector(type, 0)] };
  };
  withLeaves(table(127), ({ depth }) => assert.equal(depth, 255));
  assert.throws(() => withLeaves(table(128), () => {}), {
    name: "RangeError",
    message: "Cannot encode a column that has more than 255 levels",
  });
});
