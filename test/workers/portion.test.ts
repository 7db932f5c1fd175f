// Rows that go from one worker to another, and what becomes of them there.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ColumnHolder } from "../../src/columns/column_rows.ts";
import type { LocalRows, RowHolder, RowRun } from "../../src/columns/held_rows.ts";
import { KernelHolder } from "../../src/columns/kernel_rows.ts";
import type { Field } from "../../src/columns/schema.ts";
import { extendSchema, holdsAll, RESCUED_DATA } from "../../src/columns/table_schema.ts";
import { parseType, type TypeName } from "../../src/columns/type_name.ts";
import { type EncodedPart, encodePart } from "../../src/parquet/encode_part.ts";
import { encodeTable } from "../../src/parquet/encode_table.ts";
import { rowHolderFor } from "../../src/parquet/row_holder.ts";
import { type PartContent, partTable } from "../../src/window/part_table.ts";
import {
  buffersOfPortion,
  type Portion,
  PortionReader,
  toPortion,
} from "../../src/workers/portion.ts";
import { seenIn } from "../columns/column_helpers.ts";
import {
  batchesOfEvents,
  type EventBatch,
  type EventLines,
  MIXED_EVENTS,
  TYPED_EVENTS,
} from "../columns/random_events.ts";

/** What a file is made of, but for the rows. */
type FileOptions = Omit<PartContent, "runs" | "isWhole">;

/** A run of a batch's rows, and whether another worker holds them. */
interface OwnRun {
  readonly batch: EventBatch;
  readonly start: number;
  readonly end: number;
  readonly isElsewhere: boolean;
}

/** What holds rows in the worker that makes the file, and in another. */
interface Workers {
  readonly here: RowHolder;
  readonly elsewhere: RowHolder;
}

/** Each run's rows: held by the one or the other, more of them than are in it. */
function holdRuns(runs: readonly OwnRun[], { here, elsewhere }: Workers): LocalRows[] {
  return runs.map(({ batch: { columns, rows }, isElsewhere }) => {
    const loaded = (isElsewhere ? elsewhere : here).load(columns, rows);
    return loaded.hold(Uint32Array.from({ length: rows }, (_, row) => row));
  });
}

/** A message to another worker, whose buffers are handed over. */
function sent(portion: Portion): Portion {
  return structuredClone(portion, { transfer: buffersOfPortion(portion) });
}

/** The file of rows, of which some were elsewhere. */
async function fileOf(
  content: PartContent,
  runs: readonly OwnRun[],
  here: RowHolder,
): Promise<EncodedPart> {
  const given = content.runs.filter((_, i) => runs[i]!.isElsewhere);
  const portion = sent(toPortion({ ...content, runs: given }));
  const reader = new PortionReader(portion, here);
  const all = content.runs.map((run, i) =>
    runs[i]!.isElsewhere ? reader.take(run.end - run.start) : run
  );
  return await encodePart({ ...content, runs: all }, { compression: "snappy" });
}

/** The file of a table, which is made of columns. */
async function fileOfTable(content: PartContent): Promise<EncodedPart> {
  const table = partTable(content);
  return { ...await encodeTable(table, { compression: "snappy" }), rescued: table.rescued };
}

function inRuns(runs: readonly OwnRun[], held: readonly LocalRows[]): RowRun[] {
  return runs.map(({ start, end }, i) => ({ held: held[i]!, start, end }));
}

/** That the file is the same as if all rows had been held here as columns, whoever holds them. */
async function assertSameFile(
  runs: readonly OwnRun[],
  optionsFor: (seen: ReturnType<typeof seenIn>) => FileOptions,
): Promise<EncodedPart> {
  const columns = new ColumnHolder();
  const stayed = inRuns(runs, holdRuns(runs, { here: columns, elsewhere: columns }));
  const seen = seenIn(stayed);
  const options = optionsFor(seen);
  const { schema, partitionBy } = options;
  const inPath = new Set(partitionBy.filter((column) => typeof column === "string"));
  const isWhole = schema.length > 0 && holdsAll(schema, seen, inPath);
  const expected = await fileOfTable({ ...options, runs: stayed, isWhole });
  for (const workers of allWorkers()) {
    const held = holdRuns(runs, workers);
    const content = { ...options, runs: inRuns(runs, held), isWhole };
    const found = await fileOf(content, runs, workers.here);
    assert.deepEqual({ ...found, bytes: undefined }, { ...expected, bytes: undefined });
    assert.deepEqual(latin1.decode(found.bytes), latin1.decode(expected.bytes));
    for (const [i, { start, end }] of runs.entries()) {
      assert.equal(held[i]!.rowsLeft, held[i]!.rows - (end - start), "rows that are left");
    }
  }
  return expected;
}

const latin1 = new TextDecoder("latin1");

/** Workers with kernels and without. */
function allWorkers(): Workers[] {
  const kernel = () => rowHolderFor("snappy");
  return [
    { here: kernel(), elsewhere: kernel() },
    { here: new ColumnHolder(), elsewhere: new ColumnHolder() },
    { here: kernel(), elsewhere: new ColumnHolder() }, // as if its kernel were full
  ];
}

const NO_PATH = {
  partition: { values: [], path: "" },
  partitionBy: [],
  keepPartitionColumns: false,
} as const;

/** Columns of the given types. */
function declare(types: Readonly<Record<string, TypeName>>): Field[] {
  return Object.entries(types).map(([name, type]) => ({ name, type: parseType(type, name) }));
}

/** A stretch of each batch, and which of them are elsewhere. */
const PLACES = fc.array(
  fc.record({ isElsewhere: fc.boolean(), edges: fc.tuple(fc.nat(1000), fc.nat(1000)) }),
  { minLength: 1, maxLength: 5 },
);

/** Runs of some rows each: a run has one at least. */
function runsOf(
  events: EventLines,
  places: readonly { readonly isElsewhere: boolean; readonly edges: readonly [number, number] }[],
): OwnRun[] {
  return batchesOfEvents(events).map((batch, i) => {
    const { isElsewhere, edges: [first, length] } = places[i % places.length]!;
    const start = first % batch.rows;
    return { batch, start, end: start + 1 + length % (batch.rows - start), isElsewhere };
  });
}

test("portions: rows that went make the file of those that stayed", async () => {
  await fc.assert(
    fc.asyncProperty(TYPED_EVENTS, PLACES, async (events, places) => {
      const runs = runsOf(events, places);
      await assertSameFile(runs, (seen) => ({ ...NO_PATH, schema: extendSchema([], seen, []) }));
    }),
    { numRuns: 40 },
  );
});

test("portions: so do those of which values may be rescued", async () => {
  await fc.assert(
    fc.asyncProperty(MIXED_EVENTS, MIXED_EVENTS, PLACES, async (events, earlier, places) => {
      const columns = new ColumnHolder();
      const before = runsOf(earlier, places);
      const workers = { here: columns, elsewhere: columns };
      const pinned = extendSchema([], seenIn(inRuns(before, holdRuns(before, workers))), []);
      await assertSameFile(runsOf(events, places), (seen) => ({
        ...NO_PATH,
        schema: [...extendSchema(pinned, seen, []), ...declare({ [RESCUED_DATA]: "json" })],
      }));
    }),
    { numRuns: 40 },
  );
});

test("portions: values that are rescued are those of their rows", async () => {
  const lines = Array.from(
    { length: 40 },
    (_, i) =>
      `{"a":${i % 3 === 0 ? i : `"text ${i % 7}"`},"n":{"x":[${
        i % 2 ? `"${i}"` : i
      }]},"id":"${i}"}`,
  );
  for (const batchBytes of [100, 400, 4000]) {
    const runs = batchesOfEvents({ lines, batchBytes }).map((batch, i): OwnRun => (
      { batch, start: 0, end: batch.rows, isElsewhere: i % 3 !== 1 }
    ));
    const schema = declare({ a: "int64", n: { x: ["int64"] }, at: "timestamp", id: "string" });
    const { rescued } = await assertSameFile(runs, () => ({ ...NO_PATH, schema }));
    assert.equal(rescued, 33);
  }
});

test("portions: a field that the path has is in the file if it is wanted there", async () => {
  const lines = Array.from({ length: 30 }, (_, i) => `{"a":${i},"page":"/home"}`);
  const runs = batchesOfEvents({ lines, batchBytes: 200 }).map((batch, i): OwnRun => (
    { batch, start: 0, end: batch.rows, isElsewhere: i % 2 === 0 }
  ));
  for (const keepPartitionColumns of [true, false]) {
    for (const types of [{ at: "timestamp", a: "int64" }, { a: "int64" }] as const) {
      const { rescued } = await assertSameFile(runs, () => ({
        schema: declare(types),
        partition: { values: ["/home"], path: "page=%2Fhome" },
        partitionBy: ["page"],
        keepPartitionColumns,
      }));
      assert.equal(rescued, "at" in types ? 0 : 30);
    }
  }
});

test("portions: columns of JSON texts, timestamps that are strings, and nothing but nulls", async () => {
  const lines = [
    ['{"j":1,"n":null,"l":[]}', '{"j":{"b":1,"a":[null,"x"]},"l":[[1],null]}'],
    ['{"n":null}', "{}"],
    ['{"j":"text","l":null}', '{"j":[1.0,{}]}', '{"l":[[],[2,null]]}'],
  ].flat();
  const types = { at: "string", j: "json", n: { m: "bool" }, l: [["int64"]] } as const;
  for (const batchBytes of [40, 80, 1000]) {
    for (const odd of [0, 1]) {
      const runs = batchesOfEvents({ lines, batchBytes }).map((batch, i): OwnRun => (
        { batch, start: 0, end: batch.rows, isElsewhere: i % 2 === odd }
      ));
      await assertSameFile(runs, () => ({ ...NO_PATH, schema: declare(types) }));
    }
  }
});

test("portions: ids, of which each is another, and strings that all have", async () => {
  const lines = Array.from({ length: 2500 }, (_, i) => `{"id":"id ${i}","s":"s${i % 20}"}`);
  const runs = batchesOfEvents({ lines, batchBytes: 30_000 }).map((batch, i): OwnRun => (
    { batch, start: i, end: batch.rows - i, isElsewhere: i % 2 === 1 }
  ));
  assert.ok(runs.length > 3);
  await assertSameFile(runs, (seen) => ({ ...NO_PATH, schema: extendSchema([], seen, []) }));
});

test("portions: rows that went are gone, and those that came too once they are in a file", async () => {
  const lines = Array.from(
    { length: 300 },
    (_, i) => `{"a":${i},"s":"s${i % 9}","id":"id ${i}","l":[{"b":"${i % 5}"},{"c":[${i}]}]}`,
  );
  const runs = batchesOfEvents({ lines, batchBytes: 3000 }).map((batch, i): OwnRun => (
    { batch, start: 0, end: batch.rows, isElsewhere: i % 2 === 1 }
  ));
  const [here, elsewhere] = [rowHolderFor("snappy"), rowHolderFor("snappy")];
  assert.ok(here instanceof KernelHolder && elsewhere instanceof KernelHolder, "there are kernels");
  const memories = () => [here, elsewhere].map((holder) => holder.kernel.memory.buffer.byteLength);
  const round = async (isWhole: boolean) => {
    const held = holdRuns(runs, { here, elsewhere });
    const content = inRuns(runs, held);
    const schema = extendSchema(isWhole ? [] : declare({ a: "bool" }), seenIn(content), []);
    await fileOf({ ...NO_PATH, schema, isWhole, runs: content }, runs, here);
    assert.ok(held.every(({ rowsLeft }) => rowsLeft === 0));
  };
  for (let n = 0; n < 6; n++) await round(n % 3 !== 0);
  const bytes = memories();
  for (let n = 6; n < 40; n++) await round(n % 3 !== 0);
  assert.deepEqual(memories(), bytes);
});
