// What the footer of a file says, held against its pages and its values.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ColumnMetaData, type FileMetaData, parquetMetadata } from "hyparquet";
import { tableStats } from "../../src/columns/stats.ts";
import type { DataType } from "../../src/columns/schema.ts";
import { withCodes } from "../../src/columns/distinct_strings.ts";
import type { Table, Vector } from "../../src/columns/vector.ts";
import {
  ARBITRARY_TABLE,
  arbitraryType,
  arbitraryValue,
  makeTable,
  tableValues,
  type Value,
} from "../columns/random_tables.ts";
import {
  bools,
  floats,
  ints,
  lists,
  strings,
  structs,
  tableOf,
  timestamps,
} from "./big_vectors.ts";
import { COMPRESSIONS, encode, pagesOf } from "./file_helpers.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What hyparquet finds in a footer, times in microseconds. */
function metadataOf(bytes: Uint8Array): FileMetaData {
  return parquetMetadata(new Uint8Array(bytes).buffer, {
    parsers: {
      timestampFromMicroseconds: (micros: bigint) => micros as never,
      stringFromBytes: (text: Uint8Array | undefined) => text && decoder.decode(text),
    },
  });
}

function columnsOf(bytes: Uint8Array): ColumnMetaData[] {
  return metadataOf(bytes).row_groups.flatMap(({ columns }) =>
    columns.map(({ meta_data }) => meta_data!)
  );
}

type Scalar = boolean | bigint | number | string;

/** The values of each leaf of a type, and `null` for each place that has none. */
function* leaves(
  path: readonly string[],
  type: DataType,
  values: readonly Value[],
): Iterable<{ path: string; kind: DataType["kind"]; entries: (Scalar | null)[] }> {
  if (type.kind === "struct") {
    for (const [i, { name, type: member }] of type.fields.entries()) {
      const members = values.map((value) => value === null ? null : (value as Value[])[i]!);
      yield* leaves([...path, name], member, members);
    }
  } else if (type.kind === "list") {
    const items = values.flatMap((value) =>
      value === null || (value as Value[]).length === 0 ? [null] : value as Value[]
    );
    yield* leaves([...path, "list", "element"], type.item, items);
  } else yield { path: path.join("."), kind: type.kind, entries: values as (Scalar | null)[] };
}

function leavesOf(table: Table): ReturnType<typeof leaves> extends Iterable<infer L> ? L[] : never {
  const columns = tableValues(table);
  return table.fields.flatMap(({ name, type }, i) => [...leaves([name], type, columns[i]!)]);
}

/** The order of bytes, which is that of code points; the zeros are equal. */
function compare(a: Scalar, b: Scalar): number {
  if (typeof a !== "string") return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [[...a], [...b as string]].map((chars) => chars.map((c) => c.codePointAt(0)!));
  for (let i = 0; i < Math.min(x!.length, y!.length); i++) {
    if (x![i] !== y![i]) return x![i]! - y![i]!;
  }
  return x!.length - y!.length;
}

function assertFooter(bytes: Uint8Array, table: Table): void {
  const found = columnsOf(bytes);
  const expected = leavesOf(table);
  assert.deepEqual(
    found.map(({ path_in_schema }) => path_in_schema.join(".")),
    table.rows === 0 ? [] : expected.map(({ path }) => path),
  );
  for (const [i, { num_values, statistics }] of found.entries()) {
    const { path, kind, entries } = expected[i]!;
    const values = entries.filter((value) => value !== null);
    assert.equal(num_values, BigInt(entries.length), path);
    const { null_count, min_value: min, max_value: max, ...others } = statistics!;
    assert.equal(null_count, BigInt(entries.length - values.length), path);
    assert.deepEqual(
      [others.min, others.max],
      [undefined, undefined],
      "bounds of old, which have another order",
    );
    if (values.length === 0 || kind === "json" || values.some(Number.isNaN)) {
      assert.deepEqual([min, max], [undefined, undefined], path);
      continue;
    }
    const sorted = values.toSorted(compare);
    const { is_min_value_exact: minIsExact, is_max_value_exact: maxIsExact } = others;
    assertBound(min as Scalar, sorted[0]!, { path, sign: -1, isExact: minIsExact! });
    assertBound(max as Scalar, sorted.at(-1)!, { path, sign: 1, isExact: maxIsExact! });
  }
}

/** That a bound is an extreme, or is beyond it and says so. */
function assertBound(
  bound: Scalar,
  extreme: Scalar,
  { path, sign, isExact }: {
    readonly path: string;
    readonly sign: 1 | -1;
    readonly isExact: boolean;
  },
): void {
  const order = compare(bound, extreme);
  assert.ok(order * sign >= 0, `${path}: ${String(bound)} is no bound of ${String(extreme)}`);
  assert.equal(isExact, order === 0, `${path}: whether ${String(bound)} is ${String(extreme)}`);
  if (typeof extreme !== "string") assert.equal(isExact, true, path);
  // Readers may tell the zeros apart.
  if (bound === 0) assert.ok(Object.is(bound, sign < 0 ? -0 : 0), path);
}

test("footer: statistics are true of any table", () => {
  fc.assert(fc.property(ARBITRARY_TABLE, (table) => assertFooter(encode(table), table)), {
    numRuns: 100,
  });
});

const ODD_FLOATS = fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 5e-324, 1.5);
/** On both sides of where a half of the bits begins or ends. */
const ODD_INTS = fc.constantFrom(
  ...[0n, 1n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n - 1n],
  ...[-1n, -(2n ** 31n), -(2n ** 31n) - 1n, -(2n ** 32n), -(2n ** 63n)],
);
/** Of code points of one to four bytes, around the length at which bounds are cut. */
const LONG_TEXTS = fc.string({
  unit: fc.constantFrom("a", "é", "\uFFFF", "\u{10000}", "\u{10FFFF}"),
  minLength: 29,
  maxLength: 36,
});

test("footer: statistics of odd numbers and of strings that are cut", () => {
  const columns = [
    { name: "f", type: { kind: "float64" } },
    { name: "n", type: { kind: "int64" } },
    { name: "s", type: { kind: "string" } },
    { name: "l", type: { kind: "list", item: { kind: "float64" } } },
  ] as const;
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.option(ODD_FLOATS),
          fc.option(ODD_INTS),
          fc.option(LONG_TEXTS),
          fc.option(fc.array(ODD_FLOATS, { maxLength: 1 })),
        ),
        { minLength: 1, maxLength: 4 },
      ),
      (rows) => {
        const table = makeTable(columns, rows);
        assertFooter(encode(table), table);
      },
    ),
    { numRuns: 200 },
  );
});

test("footer: a greatest string that was cut is not exact, though it is as long as before", () => {
  const text = `${"a".repeat(32)}bbbb`;
  const table = makeTable([{ name: "s", type: { kind: "string" } }], [[text]]);
  const [{ statistics }] = columnsOf(encode(table)) as [ColumnMetaData];
  assert.notEqual(statistics!.max_value, text);
  assert.equal(statistics!.is_max_value_exact, false);
});

test("footer: bounds are exact of what there is, and not of members of structs that are null", () => {
  const isNullAt = (row: number) => row === 0;
  const members = {
    n: ints(3, (row) => [-9, 1, 2][row]!),
    spelt: strings(3, (row) => ["A", "b", "c"][row]!),
  };
  const coded: Vector = { ...members.spelt, ...withCodes(members.spelt) };
  const table = tableOf({ c: structs({ ...members, coded }, isNullAt) });
  const found = columnsOf(encode(table)).map(({ statistics }) => [
    statistics!.min_value,
    statistics!.is_min_value_exact,
    statistics!.max_value,
  ]);
  assert.deepEqual(found, [[1n, true, 2n], ["b", true, "c"], ["b", true, "c"]]);
});

test("footer: a column with a number that is none has no bounds", () => {
  const isNan = (row: number) => row === 25_000;
  const values = (row: number) => isNan(row) ? NaN : row;
  const table = tableOf({
    f: floats(30_000, values),
    "null instead": floats(30_000, values, isNan),
    list: lists(new Uint8Array(30_000).fill(1), (length) => floats(length, values)),
  });
  const [f, instead, list] = columnsOf(encode(table)).map(({ statistics }) => statistics!);
  for (const { min_value, max_value, null_count } of [f!, list!]) {
    assert.deepEqual([min_value, max_value, null_count], [undefined, undefined, 0n]);
  }
  assert.deepEqual([instead!.min_value, instead!.max_value], [-0, 29_999]);
  assert.equal(instead!.null_count, 1n);
});

test("footer: statistics are those of the log", () => {
  const isNullAt = (row: number) => row % 3 === 0;
  const table = tableOf({
    n: ints(100, (row) => row * 3 - 7, isNullAt),
    f: floats(100, (row) => row / 7, isNullAt),
    b: bools(100, (row) => row > 50, isNullAt),
    s: strings(100, (row) => `${row}`.padEnd(40, "x"), isNullAt),
  });
  const stats = tableStats(table);
  for (const { path_in_schema: [name], statistics } of columnsOf(encode(table))) {
    const { nullCount, min, max } = stats[name!]!;
    assert.deepEqual(
      [statistics!.null_count, statistics!.min_value, statistics!.max_value],
      [BigInt(nullCount), min, max],
    );
  }
});

const TABLES: Readonly<Record<string, Table>> = {
  small: makeTable([{ name: "a", type: { kind: "bool" } }], [[true]]),
  nulls: makeTable([{ name: "a", type: { kind: "int64" } }], [[null], [null]]),
  "of several pages": tableOf({
    few: strings(25_000, (row) => `text ${row % 100}`),
    many: strings(25_000, (row) => `text ${row}`),
    numbers: ints(25_000, (row) => row % 500, (row) => row % 7 === 0),
    times: timestamps(25_000, (row) => row),
    bools: bools(25_000, (row) => row % 5 === 0),
    struct: structs({
      a: ints(25_000, (row) => row % 3),
      l: lists(
        Uint32Array.from({ length: 25_000 }, (_, row) => row % 3),
        (length) => floats(length, (i) => i),
      ),
    }),
  }),
};

const ENCODINGS = new Map([["PLAIN", 0], ["RLE", 3], ["RLE_DICTIONARY", 8]]);

for (const [what, table] of Object.entries(TABLES)) {
  for (const compression of COMPRESSIONS) {
    test(`footer: places and sizes of pages, ${what}, ${compression}`, () => {
      const bytes = encode(table, compression);
      const { row_groups: [group], num_rows, metadata_length } = metadataOf(bytes);
      assert.equal(num_rows, BigInt(table.rows));
      assert.equal(group!.num_rows, BigInt(table.rows));
      let at = 4n;
      let uncompressed = 0n;
      const layout = pagesOf(bytes);
      for (const [i, column] of columnsOf(bytes).entries()) {
        const { path, pages } = layout[i]!;
        assert.equal(column.codec, compression === "none" ? "UNCOMPRESSED" : "SNAPPY");
        const [first, second] = pages;
        assert.equal(BigInt(first!.start), at, path);
        if (first!.isDictionary) {
          assert.equal(column.dictionary_page_offset, at, path);
          assert.equal(column.data_page_offset, BigInt(second!.start), path);
        } else {
          assert.equal(column.dictionary_page_offset, undefined, path);
          assert.equal(column.data_page_offset, at, path);
        }
        assert.ok(pages.slice(1).every(({ isDictionary }) => !isDictionary), path);
        const sum = pages.reduce((sum, { uncompressedBytes }) => sum + uncompressedBytes, 0);
        assert.equal(column.total_uncompressed_size, BigInt(sum), path);
        if (compression === "none") {
          assert.equal(column.total_uncompressed_size, column.total_compressed_size, path);
        }
        const data = pages.filter(({ isDictionary }) => !isDictionary);
        const entries = data.reduce((sum, { entries }) => sum + entries, 0);
        assert.equal(column.num_values, BigInt(entries), path);
        const encodings = column.encodings.map((encoding) => ENCODINGS.get(encoding));
        for (const { encoding } of pages) assert.ok(encodings.includes(encoding), path);
        assert.ok(encodings.includes(3), "levels are runs");
        at += column.total_compressed_size;
        uncompressed += column.total_uncompressed_size;
      }
      assert.equal(group!.total_compressed_size, at - 4n);
      assert.equal(group!.total_byte_size, uncompressed);
      assert.equal(BigInt(bytes.length), at + BigInt(metadata_length) + 8n);
      const magic = new TextEncoder().encode("PAR1");
      assert.deepEqual(bytes.slice(0, 4), magic);
      assert.deepEqual(bytes.slice(-4), magic);
    });
  }
}

test("footer: a file without rows is whole", () => {
  const bytes = encode(tableOf({ a: ints(0, () => 0), b: strings(0, () => "") }));
  const { row_groups, num_rows, schema, metadata_length } = metadataOf(bytes);
  assert.deepEqual(row_groups, []);
  assert.equal(num_rows, 0n);
  assert.deepEqual(schema.slice(1).map(({ name }) => name), ["a", "b"]);
  assert.equal(bytes.length, 4 + metadata_length + 8);
});

test("footer: types that are nested have the bounds of all their values", () => {
  fc.assert(
    fc.property(
      arbitraryType(1).chain((item) =>
        fc.array(arbitraryValue({ kind: "list", item }), { minLength: 1, maxLength: 12 })
          .map((values) =>
            makeTable([{ name: "l", type: { kind: "list", item } }], values.map((value) => [value]))
          )
      ),
      (table) => assertFooter(encode(table), table),
    ),
    { numRuns: 50 },
  );
});
