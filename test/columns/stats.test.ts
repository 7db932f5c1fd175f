import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ColumnStats, tableStats } from "../../src/columns/stats.ts";
import { parseType, type TypeName } from "../../src/columns/type_name.ts";
import { tableOfLines } from "./column_helpers.ts";

function statsOf(values: readonly string[], declared?: TypeName): ColumnStats | undefined {
  const lines = values.map((value) => `{"a":${value}}`);
  const pinned = declared === undefined ? [] : [{ name: "a", type: parseType(declared, "a") }];
  return tableStats(tableOfLines(lines, { pinned }))["a"];
}

test("statistics: the least and the greatest of each type", () => {
  assert.deepEqual(statsOf(["true", "false", "null"]), { nullCount: 1, min: false, max: true });
  assert.deepEqual(statsOf(["9007199254740993", "-5", "9007199254740992"]), {
    nullCount: 0,
    min: -5n,
    max: 9007199254740993n,
  });
  assert.deepEqual(statsOf(["1.5", "-1e300", "7"]), { nullCount: 0, min: -1e300, max: 7 });
  assert.deepEqual(statsOf(['"b"', "null", '"a"']), { nullCount: 1, min: "a", max: "b" });
  assert.deepEqual(statsOf(['"2022-06-01T00:15:00.000001Z"', "0"], "timestamp"), {
    nullCount: 0,
    min: "1970-01-01T00:00:00.000000Z",
    max: "2022-06-01T00:15:00.000001Z",
  });
});

test("statistics: only counts where values have no order, or there are none", () => {
  assert.deepEqual(statsOf(["[1]", "null"]), { nullCount: 1 });
  assert.deepEqual(statsOf(["1", '"x"', "null"]), { nullCount: 1 });
  assert.deepEqual(statsOf(["null", "null"], "int64"), { nullCount: 2 });
  assert.deepEqual(statsOf(["null", "null"], "string"), { nullCount: 2 });
  assert.deepEqual(statsOf(["null"], "timestamp"), { nullCount: 1 });
});

test("statistics: a struct has those of its members", () => {
  const stats = statsOf(['{"x":1,"y":{"z":"s"}}', "null", '{"x":3,"y":null}']);
  assert.deepEqual(
    JSON.parse(JSON.stringify(stats, (_, v) => typeof v === "bigint" ? Number(v) : v)),
    {
      nullCount: 1,
      fields: {
        x: { nullCount: 1, min: 1, max: 3 },
        y: { nullCount: 2, fields: { z: { nullCount: 2, min: "s", max: "s" } } },
      },
    },
  );
});

test("statistics: of the first 32 columns, whatever they are called", () => {
  const names = ["__proto__", "constructor", ...Array.from({ length: 38 }, (_, i) => `c${i}`)];
  const line = `{${names.map((name, i) => `"${name}":${i}`).join(",")}}`;
  const stats = tableStats(tableOfLines([line]));
  assert.deepEqual(Object.keys(stats), names.slice(0, 32));
  assert.deepEqual(stats["__proto__"], { nullCount: 0, min: 0n, max: 0n });
});

/** The order of UTF-8, which is that of code points. */
function compare(a: string, b: string): number {
  const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    if (x[i] !== y[i]) return x[i]! - y[i]!;
  }
  return x.length - y.length;
}

test("statistics: bounds of strings are bounds in the order of code points, and short", () => {
  const long = fc.string({
    unit: fc.constantFrom("a", "é", "\uFEFF", "\uFFFD", "\u{10000}", "\u{10FFFF}"),
    minLength: 25,
    maxLength: 40,
  });
  const text = fc.oneof(fc.string({ unit: "binary" }), long).map((value) => value.toWellFormed());
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (values) => {
      const { min, max } = statsOf(values.map((value) => JSON.stringify(value)))!;
      assert.ok(typeof min === "string" && typeof max === "string");
      const sorted = values.toSorted(compare);
      const [least, greatest] = [sorted[0]!, sorted.at(-1)!];
      assert.ok(compare(min, least) <= 0 && least.startsWith(min));
      assert.ok(compare(max, greatest) >= 0);
      assert.equal([...min].length, Math.min(32, [...least].length));
      if ([...greatest].length <= 32) assert.equal(max, greatest);
      else assert.ok(max.startsWith([...greatest].slice(0, 32).join("")));
    }),
    { numRuns: 300 },
  );
});
