import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { concatVectors, nullVector } from "../../src/columns/concat.ts";
import { takeVector } from "../../src/columns/take_vector.ts";
import { arbitraryType, arbitraryValue, makeVector, vectorValues } from "./random_tables.ts";

const TYPED_VALUES = arbitraryType(2).chain((type) =>
  fc.record({
    type: fc.constant(type),
    parts: fc.array(fc.array(arbitraryValue(type), { maxLength: 12 }), { maxLength: 4 }),
  })
);

test("vectors end to end hold the values of all, in order", () => {
  fc.assert(
    fc.property(TYPED_VALUES, ({ type, parts }) => {
      const values = parts.flat();
      const all = concatVectors(type, parts.map((part) => makeVector(type, part)));
      assert.deepEqual(vectorValues(all), values);
      assert.equal(all.length, values.length);
      assert.equal(all.nullCount, values.filter((value) => value === null).length);
      assert.equal(all.validity === undefined, all.nullCount === 0);
      if (all.offsets !== undefined) {
        assert.equal(all.offsets[0], 0);
        const end = all.bytes?.length ?? all.children![0]!.length;
        assert.equal(all.offsets.at(-1), end);
      }
    }),
    { numRuns: 200 },
  );
});

test("strings in the middle of a buffer are joined without the rest of it", () => {
  const type = { kind: "string" } as const;
  const bytes = new TextEncoder().encode("xxabyy");
  const middle = { type, length: 2, nullCount: 0, offsets: Int32Array.of(2, 3, 4), bytes };
  const all = concatVectors(type, [middle, middle]);
  assert.deepEqual(vectorValues(all), ["a", "b", "a", "b"]);
  assert.equal(all.bytes!.length, 4);
});

test("rows are taken in any order, any number of times, and none as null", () => {
  fc.assert(
    fc.property(TYPED_VALUES, fc.array(fc.integer({ min: -1, max: 50 })), (typed, wanted) => {
      const values = typed.parts.flat();
      const vector = makeVector(typed.type, values);
      const rows = Int32Array.from(wanted.filter((row) => row < values.length));
      const taken = takeVector(vector, rows);
      const expected = Array.from(rows, (row) => row < 0 ? null : values[row]!);
      assert.deepEqual(vectorValues(taken), expected);
      assert.equal(taken.nullCount, expected.filter((value) => value === null).length);
    }),
    { numRuns: 200 },
  );
});

test("nulls of any type are null", () => {
  fc.assert(fc.property(arbitraryType(2), fc.nat(20), (type, length) => {
    const vector = nullVector(type, length);
    assert.deepEqual(vectorValues(vector), Array(length).fill(null));
    assert.equal(vector.nullCount, length);
    assert.deepEqual(vector, concatVectors(type, [nullVector(type, 0), nullVector(type, length)]));
  }));
});
