import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parsePartKey, partKey } from "../../src/partition/part_key.ts";

test("part keys are made of the window, the writer and a number", () => {
  const start = Date.UTC(2022, 5, 1, 0, 15);
  const key = (more: object = {}) =>
    partKey({
      window: { start, end: start + 900_000 },
      path: "page=%2Fhome",
      writer: "main",
      commitNumber: 0,
      part: 0,
      ...more,
    });
  assert.equal(key(), "page=%2Fhome/20220601T001500Z-15m-main-0.parquet");
  assert.equal(key({ path: "" }), "20220601T001500Z-15m-main-0.parquet");
  assert.equal(
    key({ commitNumber: 17, part: 3 }),
    "page=%2Fhome/20220601T001500Z-15m-main-17-3.parquet",
  );
  assert.equal(
    key({ window: { start: start + 250, end: start + 500 }, writer: "w_2" }),
    "page=%2Fhome/20220601T001500_250Z-250ms-w_2-0.parquet",
  );
  assert.equal(
    key({ window: { start: -86_400_000, end: 0 } }),
    "page=%2Fhome/19691231T000000Z-1d-main-0.parquet",
  );
});

test("part keys read back, and are different where what they are made of is", () => {
  const name = fc.record({
    start: fc.integer({ min: -9_007_199_254_740, max: 9_007_199_254_740 }),
    lengthMs: fc.oneof(fc.integer({ min: 1, max: 1e9 }), fc.constantFrom(900_000, 86_400_000)),
    path: fc.constantFrom("", "a=b", "a=20220601T001500Z-15m-x-0.parquet"),
    writer: fc.stringMatching(/^[A-Za-z0-9_]{1,8}$/),
    commitNumber: fc.nat(),
    part: fc.nat(20),
  });
  fc.assert(
    fc.property(name, name, (a, b) => {
      const [keyA, keyB] = [a, b].map(({ start, lengthMs, ...rest }) =>
        partKey({ window: { start, end: start + lengthMs }, ...rest })
      );
      assert.deepEqual(parsePartKey(keyA!), {
        window: { start: a.start, end: a.start + a.lengthMs },
        writer: a.writer,
        commitNumber: a.commitNumber,
      });
      assert.match(keyA!, /(^|\/)[A-Za-z0-9_-]+\.parquet$/);
      assert.equal(keyA === keyB, JSON.stringify(a) === JSON.stringify(b));
    }),
  );
});

test("other files have no part keys", () => {
  for (
    const key of [
      "",
      "_delta_log/00000000000000000000.json",
      "page=x/part-0.parquet",
      "20220601T001500Z-15m-main-0.parquet.tmp",
      "20220601T001500Z-15m-main.parquet",
      "20220601T001500Z-soon-main-0.parquet",
    ]
  ) assert.equal(parsePartKey(key), undefined, key);
});
