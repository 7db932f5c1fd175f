import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  assertPartitionColumns,
  day,
  hour,
  month,
  type PartitionColumn,
  year,
} from "../../src/partition/partition_column.ts";
import { parseHiveSegment } from "../../src/partition/hive.ts";
import { Partitioner } from "../../src/partition/partitioner.ts";
import { decodeAll, type DecodeAllOptions, decodeOne } from "../decode/decode_helpers.ts";

/** The path of each row; `undefined` where a value is too long. */
function pathsOf(
  source: string,
  columns: readonly PartitionColumn[],
  options: DecodeAllOptions = {},
): (string | undefined)[] {
  return decodeAll(source, options).flatMap((batch) => {
    const partitioner = new Partitioner(batch, columns);
    return Array.from({ length: batch.rows }, (_, row) => partitioner.partitionOf(row)?.path);
  });
}

test("partitions: the text of values of every type", () => {
  const values = [
    '"x"',
    "1",
    "9007199254740993",
    "1.0",
    "1.5",
    "true",
    "null",
    "[1, 2]",
    '{"b":1,"a":"x"}',
    '""',
  ];
  assert.deepEqual(pathsOf(values.map((v) => `{"a":${v}}\n`).join("") + "{}\n", ["a"]), [
    "a=x",
    "a=1",
    "a=9007199254740993",
    "a=1.0",
    "a=1.5",
    "a=true",
    "a=__HIVE_DEFAULT_PARTITION__",
    "a=%5B1%2C2%5D",
    "a=%7B%22a%22%3A%22x%22%2C%22b%22%3A1%7D",
    "a=",
    "a=__HIVE_DEFAULT_PARTITION__",
  ]);
});

test("partitions: parts of the event time, in UTC", () => {
  const columns = [year(), month("m"), day(), hour()];
  const options: DecodeAllOptions = { time: { field: "t", unit: "ms" } };
  const times = ["2022-06-01T23:59:59.999999Z", "2022-06-02", "1969-12-31T23:00Z", "1700-02-28"];
  const source = times.map((time) => `{"t":"${time}"}\n`).join("");
  assert.deepEqual(pathsOf(source, columns, options), [
    "year=2022/m=6/day=1/hour=23",
    "year=2022/m=6/day=2/hour=0",
    "year=1969/m=12/day=31/hour=23",
    "year=1700/m=2/day=28/hour=0",
  ]);
  assert.deepEqual(pathsOf('{"t":"2022-06-01T23:59:59.5Z"}\n', ["t"], options), [
    "t=2022-06-01T23%3A59%3A59.500000Z",
  ]);
});

test("partitions: values with one text are in one directory, whatever they are", () => {
  const values = ['"1"', "1", "null", '"true"', "true", undefined, "1", '"1"'];
  const source = values.map((value) => value === undefined ? "{}\n" : `{"a":${value}}\n`).join("");
  const partitioner = new Partitioner(decodeOne(source), ["a"]);
  const partitions = values.map((_, row) => partitioner.partitionOf(row)!);
  const places = partitions.map((partition) => partitions.indexOf(partition));
  assert.deepEqual(places, [0, 0, 2, 3, 3, 2, 0, 0]);
  assert.deepEqual([0, 2, 3].map((row) => partitions[row]!.values), [["1"], [null], ["true"]]);
});

test("partitions: none without columns, and events of other fields", () => {
  assert.deepEqual(pathsOf('{"a":1}\n{"a":2}\n', []), ["", ""]);
  assert.deepEqual(pathsOf('{"a":1}\n', ["b", "c"]), [
    "b=__HIVE_DEFAULT_PARTITION__/c=__HIVE_DEFAULT_PARTITION__",
  ]);
});

test("partitions: strings that differ in whatever way have directories of their own", () => {
  const values = ["a", "A", "\uFEFFa", "a ", "a\0", "ä", "a\u0308", "", " ", "\uFFFD"];
  const source = values.map((value) => `${JSON.stringify({ a: value })}\n`).join("");
  const paths = pathsOf(source, ["a"]);
  assert.equal(new Set(paths).size, values.length);
  assert.deepEqual(paths.map((path) => parseHiveSegment(path!)![1]), values);
  // A lone surrogate is valid Unicode only as U+FFFD.
  assert.deepEqual(pathsOf('{"a":"\\ud800"}\n{"a":"\\ufffd"}\n', ["a"]), [
    "a=%EF%BF%BD",
    "a=%EF%BF%BD",
  ]);
});

const VALUE = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("/", "x", "", "..", "日本", "a=b/c=d", "%") },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, undefined) },
).map((value) => value?.toWellFormed() ?? value);

test("partitions: every row is in the directory of its values", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ a: VALUE, b: VALUE, c: fc.nat(3) }), { minLength: 1, maxLength: 40 }),
      (rows) => {
        const source = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
        const batch = decodeOne(source, { now: () => Date.UTC(2022, 5, 1) });
        const partitioner = new Partitioner(batch, ["b", year(), "c", "a"]);
        for (const [row, { a, b, c }] of rows.entries()) {
          const { values, path } = partitioner.partitionOf(row)!;
          assert.deepEqual(values, [b ?? null, "2022", String(c), a ?? null]);
          assert.deepEqual(
            path.split("/").map((segment) => parseHiveSegment(segment)),
            ["b", "year", "c", "a"].map((name, i) => [name, values[i]]),
          );
        }
      },
    ),
  );
});

test("partitions: a value too long for a directory's name has none, the others have", () => {
  const source = ["x", "y".repeat(10_000), "z"].map((a) => `${JSON.stringify({ a })}\n`).join("");
  assert.deepEqual(pathsOf(source, ["a"]), ["a=x", undefined, "a=z"]);
  assert.deepEqual(pathsOf(source, ["b", "a"])[1], undefined);
});

test("partitions: ten thousand of them, whose values are looked up or not", () => {
  const source = Array.from(
    { length: 20_000 },
    (_, i) => `{"a":"/page/${i % 10_000}","b":${i % 2}}\n`,
  );
  const paths = pathsOf(source.join(""), ["a", "b"], { batchBytes: 100_000 });
  assert.equal(new Set(paths).size, 10_000);
  for (const [i, path] of paths.entries()) {
    assert.equal(path, `a=%2Fpage%2F${i % 10_000}/b=${i % 2}`);
  }
});

test("partition columns that cannot be are refused", () => {
  const bad: readonly (readonly [columns: unknown, message: RegExp])[] = [
    [
      [""],
      /^Cannot use option "partitionBy": a column must be a name of 1 to 64 characters, or a part of the time with such a name: current value is ""$/,
    ],
    [["x".repeat(65)], /current value is "x{65}"$/],
    [[5], /current value is 5$/],
    [[{ part: "year" }], /current value is {"part":"year"}$/],
    [
      ["a", "b", "A"],
      /^Cannot use option "partitionBy": columns must have different names: current value has "A" twice$/,
    ],
    [["year", year()], /different names/],
    [
      "page",
      /^Cannot use option "partitionBy": it must be a list of columns: current value is "page"$/,
    ],
    [[{ name: "x", part: "minute" }], /current value is {"name":"x","part":"minute"}$/],
    [[null], /current value is null$/],
  ];
  for (const [columns, message] of bad) {
    assert.throws(
      () => assertPartitionColumns(columns as readonly PartitionColumn[]),
      (error: unknown) => error instanceof TypeError && message.test(error.message),
      JSON.stringify(columns),
    );
  }
  assertPartitionColumns(["a", year(), month(), day(), hour(), "x".repeat(64)]);
});
