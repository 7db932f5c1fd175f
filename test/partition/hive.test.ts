import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HIVE_NULL, hiveSegment, parseHiveSegment } from "../../src/partition/hive.ts";
import { assertStoreKey } from "../../src/stores/store.ts";

/** Values as pyarrow writes and reads them, and those no file system may trip over. */
const SEGMENTS: readonly (readonly [value: string | null, encoded: string])[] = [
  ["/home", "%2Fhome"],
  ["home", "home"],
  ["a b", "a%20b"],
  ["a+b", "a%2Bb"],
  ["a-b_c.d~e", "a-b_c.d~e"],
  ["x=y", "x%3Dy"],
  ["100%", "100%25"],
  ["%2F", "%252F"],
  ["2022-06-01 00:15:00", "2022-06-01%2000%3A15%3A00"],
  ["é", "%C3%A9"],
  ["日本", "%E6%97%A5%E6%9C%AC"],
  ["😀", "%F0%9F%98%80"],
  ["C:\\dir", "C%3A%5Cdir"],
  ["../../etc/passwd", "..%2F..%2Fetc%2Fpasswd"],
  ["\0\n\r\t", "%00%0A%0D%09"],
  ["*?\"<>|#&'`", "%2A%3F%22%3C%3E%7C%23%26%27%60"],
  ["", ""],
  [".", "%2E"],
  ["..", ".%2E"],
  ["a.", "a%2E"],
  ["CON", "CON"],
  [null, "__HIVE_DEFAULT_PARTITION__"],
  ["__HIVE_DEFAULT_PARTITION__", "%5F_HIVE_DEFAULT_PARTITION__"],
  ["null", "%6Eull"],
  ["NULL", "%4EULL"],
  ["nullable", "nullable"],
];

for (const [value, encoded] of SEGMENTS) {
  test(`hive segment of ${JSON.stringify(value)}`, () => {
    assert.equal(hiveSegment("page", value), `page=${encoded}`);
    assert.deepEqual(parseHiveSegment(`page=${encoded}`), ["page", value]);
  });
}

const VALUE = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: fc.constantFrom("/", "\\", ".", "%", "=", "_", "a", "\0"), maxLength: 20 }),
  fc.constantFrom("", HIVE_NULL, HIVE_NULL.toLowerCase(), "null", "..", "%2E"),
  fc.constant(null),
).map((value) => value?.toWellFormed() ?? null);

const COLUMN = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 12 }),
  fc.constantFrom("page", "a=b", "a/b", "..", "ä", "%"),
).map((name) => name.toWellFormed());

test("hive segments read back as what they were made of", () => {
  fc.assert(
    fc.property(COLUMN, VALUE, (column, value) => {
      const segment = hiveSegment(column, value);
      if (segment !== undefined) assert.deepEqual(parseHiveSegment(segment), [column, value]);
      else assert.ok(encodeURIComponent(value!).length + column.length > 60);
    }),
    { numRuns: 500 },
  );
});

test("hive segments of different columns or values are different", () => {
  fc.assert(
    fc.property(COLUMN, VALUE, COLUMN, VALUE, (columnA, valueA, columnB, valueB) => {
      const a = hiveSegment(columnA, valueA);
      const b = hiveSegment(columnB, valueB);
      if (a === undefined || b === undefined) return;
      assert.equal(a === b, columnA === columnB && valueA === valueB);
    }),
    { numRuns: 500 },
  );
});

test("hive segments are one directory, on every system", () => {
  fc.assert(
    fc.property(COLUMN, VALUE, (column, value) => {
      const segment = hiveSegment(column, value);
      if (segment === undefined) return;
      assertStoreKey(`${segment}/file.parquet`);
      assert.equal(segment.split("/").length, 1);
      assert.match(segment, /=/);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(segment, /[\0-\x1f\x7f"*:<>?|\\/]|[. ]$/);
      assert.ok(new TextEncoder().encode(segment).length <= 255);
    }),
    { numRuns: 500 },
  );
});

test("hive segments of more than 255 bytes there are none", () => {
  assert.equal(hiveSegment("page", "x".repeat(250))?.length, 255);
  assert.equal(hiveSegment("page", "x".repeat(251)), undefined);
  assert.equal(hiveSegment("page", "ä".repeat(41))?.length, 251);
  assert.equal(hiveSegment("page", "ä".repeat(42)), undefined);
  assert.equal(hiveSegment("ä", "x".repeat(252)), `ä=${"x".repeat(252)}`);
  assert.equal(hiveSegment("ä", "x".repeat(253)), undefined);
  assert.equal(hiveSegment("page", "x".repeat(10_000)), undefined);
});

test("other directories are no hive segments", () => {
  for (const segment of ["", "page", "=x", "page=%", "page=%ff", "%=x"]) {
    assert.equal(parseHiveSegment(segment), undefined, segment);
  }
});
