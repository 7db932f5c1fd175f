// Tables that a kernel gathers of rows it holds, and those that are gathered of columns.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ColumnHolder } from "../../src/columns/column_rows.ts";
import type { RowHolder, RowRun } from "../../src/columns/held_rows.ts";
import { gatherInKernel } from "../../src/columns/kernel_table.ts";
import type { Field } from "../../src/columns/schema.ts";
import { type GatheredTable, gatherTable } from "../../src/columns/table.ts";
import { extendSchema, holdsAll, RESCUED_DATA } from "../../src/columns/table_schema.ts";
import { parseType, type TypeName } from "../../src/columns/type_name.ts";
import { encodePart } from "../../src/parquet/encode_part.ts";
import { encodeTable } from "../../src/parquet/encode_table.ts";
import { rowHolderFor } from "../../src/parquet/row_holder.ts";
import { decodeAll } from "../decode/decode_helpers.ts";
import { COMPRESSIONS } from "../parquet/file_helpers.ts";
import { Batches } from "../window/window_helpers.ts";
import { seenIn } from "./column_helpers.ts";
import { batchesOfEvents, type EventBatch, TYPED_EVENTS } from "./random_events.ts";
import { tableValues } from "./random_tables.ts";

/** Rows of a batch that are held, and which of those are gathered. */
interface Stretch {
  /** In the order in which they are held; all by default. */
  readonly rows?: readonly number[];
  readonly start?: number;
  readonly end?: number;
}

/** Runs of the same rows: as columns, and in a kernel. */
function bothRuns(
  batches: readonly EventBatch[],
  stretchesOf: (batch: number) => readonly Stretch[] = () => [{}],
): readonly [columns: RowRun[], kernel: RowRun[]] {
  const runsIn = (holder: RowHolder) =>
    batches.flatMap(({ columns, rows: count }, i) => {
      const loaded = holder.load(columns, count);
      return stretchesOf(i).map(({ rows = [...Array(count).keys()], start = 0, end }): RowRun => ({
        held: loaded.hold(Uint32Array.from(rows)),
        start,
        end: end ?? rows.length,
      }));
    });
  return [runsIn(new ColumnHolder()), runsIn(rowHolderFor("snappy"))];
}

/** Columns of the given types. */
function declare(types: Readonly<Record<string, TypeName>>): Field[] {
  return Object.entries(types).map(([name, type]) => ({ name, type: parseType(type, name) }));
}

/** What a table is, in words that do not depend on where its arrays are. */
function shapeOf(table: GatheredTable): unknown {
  const { rows, fields, vectors, rescued } = table;
  return {
    rows,
    fields,
    rescued,
    vectors: vectors.map(({ type, length, nullCount, validity }) => (
      { type, length, nullCount, hasValidity: validity !== undefined }
    )),
    values: tableValues(table),
  };
}

/** That the kernel's table is that of columns, as it is and in files, which it may make by itself. */
async function assertSameTables(
  [columnRuns, kernelRuns]: readonly [columns: RowRun[], kernel: RowRun[]],
  schema: readonly Field[] = extendSchema([], seenIn(columnRuns), []),
): Promise<void> {
  assert.ok(holdsAll(schema, seenIn(columnRuns), new Set()), "the columns hold all");
  const expected = gatherTable(columnRuns, schema, new Set());
  const table = gatherInKernel(kernelRuns, schema);
  assert.ok(table !== undefined, "the kernel gathers the rows");
  assert.deepEqual(shapeOf(table), shapeOf(expected));
  for (const compression of COMPRESSIONS) {
    const { bytes, stats } = await encodeTable(expected, { compression });
    const gathered = await encodeTable(gatherInKernel(kernelRuns, schema)!, { compression });
    assert.deepEqual(gathered.stats, stats);
    assert.ok(equalBytes(gathered.bytes, bytes), `the file of a table: ${compression}`);
    const content = { ...NO_PATH, schema, isWhole: true, runs: kernelRuns.map(copyOf) };
    const part = await encodePart(content, { compression });
    assert.deepEqual(part.stats, stats);
    assert.equal(part.rescued, 0);
    assert.ok(equalBytes(part.bytes, bytes), `the file of a part: ${compression}`);
  }
}

/** The same rows, which may be released. */
function copyOf({ held, start, end }: RowRun): RowRun {
  return { held: held.take(Uint32Array.from({ length: held.rows }, (_, row) => row)), start, end };
}

const NO_PATH = {
  partition: { values: [], path: "" },
  partitionBy: [],
  keepPartitionColumns: false,
} as const;

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The batches of lines: one for each list, of one decoder. */
function batchesOf(...lists: readonly (readonly string[])[]): EventBatch[] {
  const source = new Batches({ time: "" });
  return lists.map((lines) => source.next(...lines));
}

const STRETCH = fc.record({
  numbers: fc.array(fc.nat(1000), { maxLength: 20 }),
  edges: fc.tuple(fc.nat(1000), fc.nat(1000)),
});

test("kernel tables: any stretches of rows of any batches, in any order", async () => {
  await fc.assert(
    fc.asyncProperty(
      TYPED_EVENTS,
      fc.array(fc.array(STRETCH, { maxLength: 3 }), { minLength: 1, maxLength: 4 }),
      async (events, wanted) => {
        const batches = batchesOfEvents(events);
        const last = batches.length - 1;
        const runs = bothRuns(batches, (i) => {
          const { rows: count } = batches[i]!;
          const stretches = wanted[i % wanted.length]!.map(({ numbers, edges }): Stretch => {
            const rows = numbers.slice(0, count).map((number) => number % count);
            const [start, end] = edges.map((edge) => edge % (rows.length + 1)).sort((a, b) =>
              a - b
            );
            return { rows, start: start!, end: end! };
          });
          // The last events say what types the columns have.
          return i >= last - 1 ? [...stretches, {}] : stretches;
        });
        await assertSameTables(runs);
      },
    ),
    { numRuns: 80 },
  );
});

test("kernel tables: the same kernel makes one after the other, of rows that others are of too", async () => {
  await fc.assert(
    fc.asyncProperty(
      TYPED_EVENTS,
      fc.array(fc.nat(1000), { maxLength: 4 }),
      async (events, cuts) => {
        const [columnRuns, kernelRuns] = bothRuns(batchesOfEvents(events));
        const schema = extendSchema([], seenIn(columnRuns), []);
        for (const cut of cuts) {
          const half = (runs: readonly RowRun[], isFirst: boolean) =>
            runs.map(({ held, end }): RowRun => {
              const middle = cut % (end + 1);
              return isFirst ? { held, start: 0, end: middle } : { held, start: middle, end };
            });
          await assertSameTables([half(columnRuns, true), half(kernelRuns, true)], schema);
          await assertSameTables(
            [half(columnRuns, false).toReversed(), half(kernelRuns, false).toReversed()],
            schema,
          );
        }
      },
    ),
    { numRuns: 30 },
  );
});

/** Events in batches, by what is particular about them, and the types of columns if they are settled. */
const CASES: Readonly<
  Record<
    string,
    readonly [
      batches: readonly (readonly string[])[],
      types?: Readonly<Record<string, TypeName>>,
    ]
  >
> = {
  "a column that some batches have not": [[
    ['{"a":1}', '{"a":2}'],
    ['{"b":"x"}', '{"b":"y"}'],
    ['{"a":3,"b":"x"}'],
    ['{"c":{"d":[true]}}'],
    ['{"a":4}'],
  ]],
  "columns of nulls alone, of each type": [
    [['{"x":1}', '{"a":null}'], ['{"a":null,"b":null,"c":null,"d":null}'], ['{"e":null}']],
    {
      a: "bool",
      b: "int64",
      c: "float64",
      d: "string",
      e: "timestamp",
      f: "json",
      g: ["int64"],
      h: { i: "string", j: ["float64"] },
      x: "int64",
    },
  ],
  "bools, with and without nulls, over more than a byte": [[
    Array.from(
      { length: 21 },
      (_, i) => `{"a":${i % 3 === 0},"b":${i % 4 === 0 ? null : i % 2 === 0}}`,
    ),
    ['{"a":true}', '{"b":true}'],
    Array.from({ length: 5 }, () => '{"a":false,"b":true}'),
  ]],
  "integers that become floats": [[
    ['{"a":1}', '{"a":9007199254740993}', '{"a":-9223372036854775808}'],
    ['{"a":1.5}', '{"a":-0.0}', '{"a":null}'],
    ['{"a":2,"l":[1,2.5,null]}', '{"a":0.1}', "{}", '{"a":9223372036854775807}'],
    ['{"l":[3]}', '{"l":[]}'],
  ]],
  "integers in a column of floats": [[['{"a":1}', '{"a":2}'], ['{"a":3}']], { a: "float64" }],
  "both zeros": [[['{"a":-0.0}', '{"a":0.0}'], ['{"a":0.0}', '{"a":-0.0}', '{"a":-0}']]],
  "strings that are empty, long and odd": [[
    ['{"a":""}', `{"a":"${"x".repeat(5000)}"}`, '{"a":"\\u0000"}', '{"a":"\u{1F600}\uFEFF"}'],
    ['{"a":"\\ud800"}', '{"a":"\uFFFD"}', `{"a":"${"x".repeat(4999)}"}`, '{"a":""}', '{"a":"é"}'],
  ]],
  "columns of JSON texts, beside others": [[
    ['{"a":1,"b":"s","c":{"d":1}}', '{"a":"x","b":"t","c":{"d":[1,{"z":1,"y":2}]}}'],
    ['{"a":{"k":[1.5,null]},"b":"s"}', '{"a":null}', '{"a":[],"c":{"d":"text","e":2}}'],
  ]],
  "lists of JSON texts": [[
    ['{"a":[1,"x",null]}', '{"a":[]}', '{"b":[[1,true],[]]}'],
    ['{"a":[{"b":1}]}', '{"a":null}', '{"b":[["x"],null]}'],
  ]],
  "lists of lists, empty ones too": [[
    ['{"a":[[1,2],[],null,[null]]}', '{"a":[]}', '{"a":null}', "{}"],
    ['{"a":[[]]}', '{"a":[[3]]}'],
    ["{}", "{}"],
    ['{"a":[]}', '{"a":[[],[4,5,6],[7]]}'],
  ]],
  "structs, in which members come and go": [[
    ['{"s":{"a":1}}', '{"s":{}}', '{"s":null}', "{}"],
    ['{"s":{"b":{"c":"x"}}}', '{"s":{"a":2,"b":{}}}', '{"s":{"b":null}}'],
    ['{"t":1}'],
    ['{"s":{"l":[{"m":true},{"n":1.5},null,{}]}}', '{"s":{"l":[]}}'],
  ]],
  "structs whose members stand in another order": [[
    ['{"s":{"a":1,"b":"x","c":true},"t":1}'],
    ['{"t":2,"s":{"c":false,"b":"y","a":2}}'],
    ['{"s":{"b":"x"}}'],
    ['{"s":{"c":true,"a":3}}'],
  ]],
  "columns that the table has, and these events have not": [
    [['{"a":1}'], ['{"a":2}']],
    { z: "string", a: "int64", y: { x: ["bool"] } },
  ],
};

for (const [name, [lists, types]] of Object.entries(CASES)) {
  test(`kernel tables: ${name}`, async () => {
    const runs = bothRuns(batchesOf(...lists));
    await assertSameTables(runs, types && declare(types));
    const whole = { ...types, _rescued_data: "json" } as const;
    await assertSameTables(runs, extendSchema(declare(whole), seenIn(runs[0]), []));
  });
}

test("kernel tables: timestamps, and those that are strings in the table", async () => {
  const timed = new Batches({ time: "at" });
  const text = new Batches({ time: "" });
  const at = (minutes: number) => ({ t: 0, id: 1, at: new Date(minutes * 60_000).toISOString() });
  const timestamps = [timed.next(at(1), at(2)), timed.next(at(2), at(1), at(-5))];
  await assertSameTables(bothRuns(timestamps));
  const strings = text.next('{"at":"x"}', '{"at":"1970-01-01T00:01:00.000000Z"}', '{"at":null}');
  await assertSameTables(
    bothRuns([timestamps[0]!, strings]),
    declare({ at: "string" }).concat(
      declare({ t: "int64", id: "int64" }),
    ),
  );
});

test("kernel tables: strings of several pools, and of none", async () => {
  const lines = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => `{"s":"s${from + i}","l":["t${i % 3}","s${i}"]}`);
  const source = new Batches({ time: "" });
  const ids = [source.next(...lines(0, 1100)), source.next(...lines(1000, 300))];
  const batches = [
    ...batchesOf(lines(0, 5), lines(3, 5)),
    ...ids,
    ...batchesOf(lines(4, 5)),
    ...decodeAll('{"s":"s1"}\n{"s":"other"}\n{"s":"s4"}\n'),
    ...batchesOf(['{"s":null}'], ["{}"]),
  ];
  const pools = batches.map(({ columns }) => columns.get("s")?.pool);
  assert.deepEqual(pools.slice(0, 4).map((pool) => pool!.interned), [true, true, true, false]);
  const runs = bothRuns(batches);
  await assertSameTables(runs);
  for (const i of [0, 3]) await assertSameTables([[runs[0][i]!], [runs[1][i]!]]);
  await assertSameTables([runs[0].toReversed(), runs[1].toReversed()]);
});

test("kernel tables: more distinct strings than a table of them begins with", async () => {
  const lines = (from: number) =>
    Array.from({ length: 3000 }, (_, i) => `{"a":"${from + i * 7919 % 2500}"}`);
  const [one, other] = [batchesOf(lines(0), lines(0)), batchesOf(lines(500))];
  await assertSameTables(bothRuns(one));
  await assertSameTables(bothRuns([...one, ...other]));
});

test("kernel tables: of no rows", async () => {
  const batches = batchesOf(['{"a":1,"s":"x","l":[{"b":true}]}'], ['{"a":2}']);
  await assertSameTables(bothRuns(batches, () => [{ start: 0, end: 0 }]));
  await assertSameTables(bothRuns(batches, () => [{ start: 1, end: 1 }, { start: 0, end: 0 }]));
});

test("kernel tables: only rows that one kernel holds are for it", () => {
  const batches = batchesOf(['{"a":1}'], ['{"a":2}']);
  const [columns, kernel] = bothRuns(batches);
  const [, other] = bothRuns(batches);
  const schema = declare({ a: "int64" });
  assert.equal(gatherInKernel(kernel, schema)!.rows, 2);
  assert.equal(gatherInKernel([], schema), undefined);
  assert.equal(gatherInKernel(columns, schema), undefined);
  assert.equal(gatherInKernel([kernel[0]!, columns[1]!], schema), undefined);
  assert.equal(gatherInKernel([columns[0]!, kernel[1]!], schema), undefined);
  assert.equal(gatherInKernel([kernel[0]!, other[1]!], schema), undefined);
  assert.equal(gatherInKernel(kernel, []), undefined, "there is no file without columns");
  assert.equal(gatherInKernel(kernel, declare({ [RESCUED_DATA]: "json" })), undefined);
});

test("kernel tables: a value that does not fit its column is no value", () => {
  const [, kernel] = bothRuns(batchesOf(['{"a":1}', '{"a":"x"}']));
  assert.throws(() => gatherInKernel(kernel, declare({ a: "int64" })), {
    message: 'Cannot gather column "a": a value does not fit',
  });
});

test("kernel tables: what a kernel holds can be gathered as columns, with what does not fit", () => {
  fc.assert(
    fc.property(TYPED_EVENTS, TYPED_EVENTS, (events, others) => {
      const runs = bothRuns([...batchesOfEvents(events), ...batchesOfEvents(others)]);
      const [first] = bothRuns(batchesOfEvents(events));
      const schema = extendSchema([], seenIn(first), []);
      const [expected, actual] = runs.map((own) =>
        shapeOf(gatherTable(own, schema, new Set(["at"])))
      );
      assert.deepEqual(actual, expected);
    }),
    { numRuns: 60 },
  );
});
