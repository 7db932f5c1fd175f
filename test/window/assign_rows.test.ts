// Which window and partition each row of a batch is in, whatever holds the batch.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ColumnBatch } from "../../src/columns/column_batch.ts";
import { jsonText } from "../../src/columns/column.ts";
import { ColumnHolder } from "../../src/columns/column_rows.ts";
import { newDecoder } from "../../src/decode/new_decoder.ts";
import { type DecoderOptions, ReferenceDecoder } from "../../src/decode/reference_decoder.ts";
import { rowHolderFor } from "../../src/parquet/row_holder.ts";
import { hiveSegment } from "../../src/partition/hive.ts";
import { day, hour, type PartitionColumn, year } from "../../src/partition/partition_column.ts";
import {
  type AssignedRows,
  type AssignmentRules,
  assignRows,
} from "../../src/window/assign_rows.ts";
import { batchesOf, utf8 } from "../decode/decode_helpers.ts";

const HOUR = 3_600_000;
const DECODING: DecoderOptions = {
  time: { field: "t", unit: "us" },
  maxEventBytes: 1 << 20,
  now: () => 0,
  firstLine: 1,
};

interface Case {
  readonly lines: readonly string[];
  readonly partitionBy: readonly PartitionColumn[];
  readonly rules: AssignmentRules;
}

/** As it is said in words: row by row. */
function assignEach(batch: ColumnBatch, { partitionBy, rules }: Case): AssignedRows {
  const { windows, window, earliest = -Infinity, latest = Infinity } = rules;
  const found = new Map<number, Map<string, { readonly values: unknown; rows: number[] }>>();
  const refused: AssignedRows["refused"][number][] = [];
  let maxTime = -Infinity;
  for (const [row, time] of batch.times.entries()) {
    const date = new Date(Math.floor(time / 1000));
    const values = partitionBy.map((column) => {
      if (typeof column === "string") return valueOf(batch, column, row);
      const parts = {
        year: date.getUTCFullYear(),
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
        hour: date.getUTCHours(),
      };
      return String(parts[column.part]);
    });
    const segments = partitionBy.map((column, i) =>
      hiveSegment(typeof column === "string" ? column : column.name, values[i]!)
    );
    if (time > latest) refused.push({ row, reason: "future-time" });
    else if (segments.includes(undefined)) {
      refused.push({ row, reason: "partition-value-too-long" });
    } else {
      maxTime = Math.max(maxTime, time);
      if (time < earliest) continue;
      const { lengthMs, offsetMs } = windows;
      const index = Math.floor((Math.floor(time / 1000) - offsetMs) / lengthMs);
      const start = window?.start ?? index * lengthMs + offsetMs;
      if (!found.has(start)) found.set(start, new Map());
      const path = segments.join("/");
      const own = found.get(start)!;
      if (!own.has(path)) own.set(path, { values, rows: [] });
      own.get(path)!.rows.push(row);
    }
  }
  return {
    windows: Array.from(found, ([start, own]) => {
      let end = 0;
      return {
        start,
        partitions: Array.from(own, ([path, { values }]) => ({ values, path })),
        rows: Uint32Array.from([...own.values()].flatMap(({ rows }) => rows)),
        ends: Uint32Array.from(own.values(), ({ rows }) => end += rows.length),
      } as AssignedRows["windows"][number];
    }),
    refused,
    maxTime,
  };
}

function valueOf(batch: ColumnBatch, name: string, row: number): string | null {
  const column = batch.columns.get(name);
  const json = column === undefined ? undefined : jsonText(column, row);
  if (json === undefined || json === "null") return null;
  return json.startsWith('"') ? JSON.parse(json) : json;
}

/** That it is the same for rows that are held as columns, by a kernel, and by one that decodes. */
function assertAssigned(events: Case): AssignedRows {
  const bytes = utf8(events.lines.map((line) => `${line}\n`).join(""));
  const options = { batchBytes: bytes.length + 1, maxEventBytes: 1 << 20 };
  const [lines] = batchesOf(bytes, options);
  const batch = new ReferenceDecoder(DECODING).decode(lines!);
  assert.equal(batch.rows, events.lines.length);
  const expected = assignEach(batch, events);
  const decoding = rowHolderFor("snappy");
  const lent = newDecoder({ ...DECODING, isLent: true }, decoding.kernel).decode(lines!);
  for (
    const [holder, own] of [
      [new ColumnHolder(), batch],
      [rowHolderFor("snappy"), batch],
      [decoding, lent],
    ] as const
  ) {
    const loaded = holder.load(own.columns, own.rows);
    assert.deepEqual(assignRows(own, loaded, events), expected);
  }
  return expected;
}

const TIMES = fc.oneof(
  fc.integer({ min: -3 * HOUR * 1000, max: 3 * HOUR * 1000 }),
  fc.integer({ min: -2, max: 2 }).map((n) => n * HOUR * 1000),
  fc.integer({ min: -2, max: 2 }).map((n) => 1_654_041_600_000_000 + n),
);
const TEXTS = fc.constantFrom('"/a"', '"/b"', '""', '"1"', '"true"', '"é"', "null");
const VALUES = fc.oneof(
  { weight: 3, arbitrary: TEXTS },
  fc.constantFrom("1", "2", "1.0", "0.0", "-0.0", "true", "false", "9007199254740993"),
  fc.constantFrom("[]", "[1]", "{}", '{"a":1}', undefined, `"${"x".repeat(300)}"`),
);

const CASES: fc.Arbitrary<Case> = fc.record({
  lines: fc.array(fc.record({ t: TIMES, p: TEXTS, v: VALUES }), { minLength: 1, maxLength: 40 })
    .map((rows) =>
      rows.map(({ t, p, v }) => `{"t":${t},"p":${p}${v === undefined ? "" : `,"v":${v}`}}`)
    ),
  partitionBy: fc.subarray<PartitionColumn>(["p", year(), "v", day(), "none", hour()]),
  rules: fc.record({
    windows: fc.constantFrom(
      { lengthMs: HOUR, offsetMs: 0 },
      { lengthMs: 900_000, offsetMs: 1000 },
      { lengthMs: 7, offsetMs: 3 },
    ),
    window: fc.oneof(fc.constant(undefined), fc.constant({ start: 0, end: HOUR })),
    earliest: fc.oneof(fc.constant(-Infinity), TIMES),
    latest: fc.oneof(fc.constant(Infinity), TIMES),
  }),
});

test("rows of a batch are in the windows and partitions of their times and values", () => {
  fc.assert(fc.property(CASES, (events) => void assertAssigned(events)), { numRuns: 300 });
});

test("rows of a batch: very many windows and partitions", () => {
  const lines = Array.from(
    { length: 5000 },
    (_, i) => `{"t":${i * 977_000},"v":${i % 3 === 0 ? i % 700 : `"${i % 800}"`}}`,
  );
  for (const partitionBy of [[], ["v"], ["v", hour()]]) {
    const { windows } = assertAssigned({
      lines,
      partitionBy,
      rules: { windows: { lengthMs: 10_000, offsetMs: 0 } },
    });
    assert.equal(windows.length, 489);
  }
});

test("rows of a batch: a column of ids, which no dictionary has", () => {
  const lines = Array.from({ length: 3000 }, (_, i) => `{"t":${i},"v":"id ${i}"}`);
  const { windows } = assertAssigned({
    lines,
    partitionBy: ["v"],
    rules: { windows: { lengthMs: HOUR, offsetMs: 0 }, latest: 2500 },
  });
  assert.equal(windows[0]!.partitions.length, 2501);
});
