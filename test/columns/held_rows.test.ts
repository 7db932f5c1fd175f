// What holds rows: as columns, which is how it is defined, and in the memory of a kernel.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Column, jsonText } from "../../src/columns/column.ts";
import { ColumnHolder } from "../../src/columns/column_rows.ts";
import type { LocalRows, RowHolder } from "../../src/columns/held_rows.ts";
import { KernelHolder } from "../../src/columns/kernel_rows.ts";
import { JSON_TEXT } from "../../src/columns/kind.ts";
import type { StringPool } from "../../src/columns/string_pool.ts";
import type { Columns } from "../../src/columns/take.ts";
import type { TypeSummary } from "../../src/columns/type_summary.ts";
import { newDecoder } from "../../src/decode/new_decoder.ts";
import { rowHolderFor } from "../../src/parquet/row_holder.ts";
import { addSeen } from "./column_helpers.ts";
import {
  batchesOfEvents,
  DECODING,
  type EventBatch,
  type EventLines,
  linesOfEvents,
  MIXED_EVENTS,
} from "./random_events.ts";

/** Something that holds rows, and the batches of events as they come to it. */
interface Holding<H = RowHolder> {
  readonly holder: H;
  batchesOf(events: EventLines): Iterable<ComingBatch>;
}

/** A batch, and its columns where they are until the next one comes, if they are not to be copied. */
type ComingBatch = EventBatch & { readonly lent?: Columns };

function kernelHolder(): KernelHolder {
  const holder = rowHolderFor("snappy");
  assert.ok(holder instanceof KernelHolder, "there is a kernel");
  return holder;
}

/** One whose kernel decodes as well. */
function decodingHolder(): Holding<KernelHolder> {
  const holder = kernelHolder();
  const decoder = newDecoder({ ...DECODING, isLent: true }, holder.kernel);
  return {
    holder,
    *batchesOf(events) {
      const expected = batchesOfEvents(events);
      for (const [i, lines] of linesOfEvents(events).entries()) {
        yield { ...expected[i]!, lent: decoder.decode(lines).columns };
      }
    },
  };
}

const KERNELS: readonly (readonly [name: string, start: () => Holding<KernelHolder>])[] = [
  ["by a kernel", () => ({ holder: kernelHolder(), batchesOf: batchesOfEvents })],
  ["by a kernel that decodes", decodingHolder],
];

const HOLDINGS: readonly (readonly [name: string, start: () => Holding])[] = [
  ["as columns", () => ({ holder: new ColumnHolder(), batchesOf: batchesOfEvents })],
  ...KERNELS,
];

/** Some rows of a batch that are held, and which they are. */
interface Taken {
  readonly batch: EventBatch;
  readonly rows: Uint32Array;
  readonly held: LocalRows;
}

/** Has some rows of each batch held, time and again. */
function holdSome(
  holder: RowHolder,
  batches: Iterable<ComingBatch>,
  wanted: readonly (readonly number[])[],
): Taken[] {
  const taken: Taken[] = [];
  for (const batch of batches) {
    const loaded = holder.load(batch.lent ?? batch.columns, batch.rows);
    for (const numbers of wanted) {
      const rows = rowsOf(numbers, batch.rows);
      taken.push({ batch, rows, held: loaded.hold(rows) });
    }
  }
  return taken;
}

/** Row numbers, of rows that there are. */
function rowsOf(numbers: readonly number[], rows: number): Uint32Array {
  return Uint32Array.from(rows === 0 ? [] : numbers, (number) => number % rows);
}

function everyRow({ rows }: { readonly rows: number }): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, row) => row);
}

/** The values of a field in some rows, as canonical JSON; missing ones are `undefined`. */
function textsOf(column: Column | undefined, rows: Uint32Array): (string | undefined)[] {
  return Array.from(rows, (row) => column && jsonText(column, row));
}

/** That held rows are those of a batch. */
function assertHeld(held: LocalRows, columns: Columns, rows: Uint32Array): void {
  assert.equal(held.rows, rows.length);
  assert.deepEqual([...held.columns.keys()], [...columns.keys()]);
  const all = everyRow(held);
  for (const [name, column] of columns) {
    const expected = textsOf(column, rows);
    assert.deepEqual(textsOf(held.column(name), all), expected, name);
    assert.deepEqual(textsOf(held.columns.get(name), all), expected, name);
  }
  assert.equal(held.column("no such field"), undefined);
}

/** A summary as it can be compared, with its fields in their order. What is empty is as good as none. */
function plainSummary({ kinds, fields, items }: TypeSummary): unknown {
  const plainItems = items && plainSummary(items);
  return {
    kinds,
    fields: Array.from(fields, ([name, field]) => [name, plainSummary(field)]),
    items: isEmpty(items) ? undefined : plainItems,
  };
}

function isEmpty(summary: TypeSummary | undefined): boolean {
  return summary === undefined ||
    (summary.kinds === 0 && summary.fields.size === 0 && isEmpty(summary.items));
}

function plainSummaries(seen: ReadonlyMap<string, TypeSummary>): unknown {
  return Array.from(seen, ([name, summary]) => [name, plainSummary(summary)]);
}

/** That memory is used again: it does not grow any more after a few rounds. */
function assertReused({ memory }: KernelHolder["kernel"], round: (n: number) => void): void {
  for (let n = 0; n < 6; n++) round(n);
  const bytes = memory.buffer.byteLength;
  for (let n = 6; n < 40; n++) round(n);
  assert.equal(memory.buffer.byteLength, bytes);
}

/** Numbers that stand for rows of a batch. */
const NUMBERS = fc.array(fc.nat(1000), { maxLength: 30 });
const WANTED = fc.array(NUMBERS, { minLength: 1, maxLength: 3 });

for (const [name, start] of HOLDINGS) {
  test(`rows held ${name}: they are those of their batches, in any order`, () => {
    fc.assert(
      fc.property(MIXED_EVENTS, WANTED, (events, wanted) => {
        const { holder, batchesOf } = start();
        const taken = holdSome(holder, batchesOf(events), wanted);
        for (const { held, batch, rows } of taken) assertHeld(held, batch.columns, rows);
      }),
      { numRuns: 60 },
    );
  });

  test(`rows held ${name}: some of them can be taken, and from those again`, () => {
    fc.assert(
      fc.property(MIXED_EVENTS, WANTED, NUMBERS, NUMBERS, (events, wanted, some, fewer) => {
        const { holder, batchesOf } = start();
        for (const { held, batch, rows } of holdSome(holder, batchesOf(events), wanted)) {
          const own = rowsOf(some, held.rows);
          const ownOfBatch = own.map((row) => rows[row]!);
          const copy = held.take(own);
          const last = rowsOf(fewer, copy.rows);
          const copyOfCopy = copy.take(last);
          assertHeld(copy, batch.columns, ownOfBatch);
          assertHeld(held, batch.columns, rows);
          held.release(held.rows);
          copy.release(copy.rows);
          assertHeld(copyOfCopy, batch.columns, last.map((row) => ownOfBatch[row]!));
        }
      }),
      { numRuns: 60 },
    );
  });

  test(`rows held ${name}: they can be released bit by bit, and others stay as they are`, () => {
    fc.assert(
      fc.property(MIXED_EVENTS, WANTED, fc.integer({ min: 1, max: 5 }), (events, wanted, step) => {
        const { holder, batchesOf } = start();
        const taken = holdSome(holder, batchesOf(events), wanted);
        const [gone, stay] = [0, 1].map((odd) => taken.filter((_, i) => i % 2 === odd));
        for (const { held } of gone!) {
          assert.equal(held.rowsLeft, held.rows);
          for (let left = held.rows; left > 0;) {
            const released = Math.min(step, left);
            held.release(released);
            left -= released;
            assert.equal(held.rowsLeft, left);
          }
        }
        const more = holdSome(holder, batchesOf(events), wanted);
        for (const { held, batch, rows } of [...stay!, ...more]) {
          assertHeld(held, batch.columns, rows);
        }
      }),
      { numRuns: 60 },
    );
  });

  test(`rows held ${name}: a row may be wanted more often than there are rows`, () => {
    const { holder, batchesOf } = start();
    const lines = ['{"a":1,"s":"x","l":[1,2]}', '{"a":2,"s":"y","l":[3]}'];
    const often = Array.from({ length: 1000 }, (_, i) => i % 2);
    const taken = holdSome(holder, batchesOf({ lines, batchBytes: 1000 }), [often, [1, 0], often]);
    for (const { held, batch, rows } of taken) {
      assertHeld(held, batch.columns, rows);
      const again = rowsOf([...often, 1], held.rows);
      assertHeld(held.take(again), batch.columns, again.map((row) => rows[row]!));
    }
  });

  test(`rows held ${name}: strings of pools that batches share, and of others`, () => {
    const { holder, batchesOf } = start();
    const lines = Array.from({ length: 60 }, (_, i) => `{"a":"s${i % 7}","b":{"c":["t${i % 5}"]}}`);
    const taken = holdSome(holder, batchesOf({ lines, batchBytes: 300 }), [[0, 1, 2], [2, 2, 0]]);
    assert.equal(new Set(taken.map(({ batch }) => batch.columns.get("a")!.pool)).size, 1);
    const odd = ['{"a":"t1"}', '{"a":"x","a":"y"}', '{"b":"s1"}', '{"a":"s1"}'];
    const more = [{ lines: odd, batchBytes: 40 }, { lines, batchBytes: 1000 }]
      .flatMap((events) => holdSome(holder, batchesOfEvents(events), [[0, 1, 2]]));
    const last = holdSome(holder, batchesOf({ lines, batchBytes: 500 }), [[5, 4]]);
    for (const { held, batch, rows } of [...taken, ...more, ...last]) {
      assertHeld(held, batch.columns, rows);
    }
  });

  test(`rows held ${name}: fields whose names are array indices, which objects have first`, () => {
    const { holder, batchesOf } = start();
    const lines = Array.from(
      { length: 20 },
      (_, i) => `{"b":"s${i % 3}","0":{"c":[${i}],"7":"x"}}`,
    );
    const taken = holdSome(holder, batchesOf({ lines, batchBytes: 200 }), [[2, 1, 0], [1]]);
    for (const { held, batch, rows } of taken) assertHeld(held, batch.columns, rows);
  });

  test(`rows held ${name}: a struct of too many fields is a text`, () => {
    const { holder, batchesOf } = start();
    const wide = (from: number) =>
      `{${Array.from({ length: 600 }, (_, i) => `"f${from + i}":${i}`).join(",")}}`;
    const structs = [wide(0), wide(600), '{"f1":1}', '"x"', "null"];
    const events = { lines: structs.map((struct) => `{"a":${struct}}`), batchBytes: 1 << 20 };
    const [taken] = holdSome(holder, batchesOf(events), [[3, 2, 4, 1, 0]]);
    const { held, batch, rows } = taken!;
    assert.ok(batch.columns.get("a")!.kinds.includes(JSON_TEXT));
    assertHeld(held, batch.columns, rows);
  });

  test(`rows held ${name}: a pool that is full is left for a new one`, () => {
    const { holder, batchesOf } = start();
    const taken = holdSome(holder, batchesOf(manyStrings()), [[1, 70, 0], [3]]);
    const pools = new Set(taken.map(({ batch }) => poolOfItems(batch)));
    assert.deepEqual(Array.from(pools, ({ interned }) => interned), [true, true]);
    for (const { held, batch, rows } of taken) assertHeld(held, batch.columns, rows);
  });

  test(`rows held ${name}: ids, of which each is another`, () => {
    const { holder, batchesOf } = start();
    const some = Array.from({ length: 1500 }, (_, i) => i * 7919);
    const taken = holdSome(holder, batchesOf(ids()), [some, [3, 2, 2, 1], []]);
    const pools = new Set(taken.map(({ batch }) => batch.columns.get("id")!.pool!));
    assert.deepEqual(Array.from(pools, ({ interned }) => interned).slice(0, 3), [
      true,
      false,
      false,
    ]);
    for (const { held, batch, rows } of taken) assertHeld(held, batch.columns, rows);
  });
}

/** Events with 70,000 strings in their lists, each of them three times or more, and their pools. */
function manyStrings(): EventLines {
  const strings = (from: number, count: number) =>
    Array.from({ length: count / 50 }, (_, event) => {
      const own = Array.from({ length: 50 }, (_, i) => `"string ${from + 50 * event + i}"`);
      return `{"l":[${[...own, ...own, ...own]}]}`;
    });
  return { lines: [...strings(0, 70_000), ...strings(0, 9000)], batchBytes: 1 << 19 };
}

function poolOfItems({ columns }: EventBatch): StringPool {
  return columns.get("l")!.items!.pool!;
}

/** Events with a field whose strings nobody looks for any more, after some batches. */
function ids(): EventLines {
  const lines = Array.from({ length: 6000 }, (_, i) => `{"id":"id ${i}","n":${i},"s":"${i % 7}"}`);
  return { lines, batchBytes: 1 << 16 };
}

for (const [name, start] of KERNELS) {
  test(`rows held ${name}: values are of the kinds that columns tell`, () => {
    fc.assert(
      fc.property(MIXED_EVENTS, WANTED, NUMBERS, (events, wanted, some) => {
        const columns = { holder: new ColumnHolder(), batchesOf: batchesOfEvents };
        const [expected, actual] = [columns, start()].map(({ holder, batchesOf }: Holding) => {
          const seen = new Map<string, TypeSummary>();
          const all: unknown[] = [];
          for (const { held } of holdSome(holder, batchesOf(events), wanted)) {
            for (const rows of [held, held.take(rowsOf(some, held.rows))]) {
              if (rows.rows === 0) continue; // nobody asks
              const own = new Map<string, TypeSummary>();
              addSeen(own, rows);
              addSeen(seen, rows);
              all.push(plainSummaries(own));
            }
          }
          return [...all, plainSummaries(seen)];
        });
        assert.deepEqual(actual, expected);
      }),
      { numRuns: 100 },
    );
  });

  test(`rows held ${name}: empty lists say nothing of the items that others have`, () => {
    const events = {
      lines: ['{"n":1}', '{"a":[1],"b":[{"c":"x"}]}', '{"a":[],"b":[]}'],
      batchBytes: 10,
    };
    const last = { ...events, lines: events.lines.slice(1), batchBytes: 1000 };
    const columns = { holder: new ColumnHolder(), batchesOf: batchesOfEvents };
    const [expected, actual] = [columns, start()].map(({ holder, batchesOf }: Holding) => {
      const seen = new Map<string, TypeSummary>();
      addSeen(seen, holdSome(holder, batchesOf(last), [[1]])[0]!.held);
      return plainSummaries(seen);
    });
    assert.deepEqual(actual, expected);
  });

  test(`rows held ${name}: their memory is used again`, () => {
    const { holder, batchesOf } = start();
    const lines = Array.from({ length: 400 }, (_, i) => {
      const items = Array(i % 5).fill(`{"x":"${i % 4}","y":[${i}]}`);
      const f = i % 3 === 0 ? "1.5" : "null";
      return `{"a":${i},"s":"s${i % 9}","id":"${i}","f":${f},"l":[${items}],"t":{"u":{"v":true}}}`;
    });
    const every = [...lines.keys()];
    assertReused(holder.kernel, (n) => {
      const taken = holdSome(holder, batchesOf({ lines, batchBytes: 4000 }), [
        every,
        [1, 5, 3],
        [],
        [7, 7],
      ]);
      const copies = taken.map(({ held, rows }) => held.take(rowsOf([n, 2, 8], rows.length)));
      const all = [...taken.map(({ held }) => held), ...copies];
      const order = all.map((held, i) => ({ held, place: (i + n) % all.length * 7919 % 101 }));
      for (const { held } of order.toSorted((a, b) => a.place - b.place)) held.release(held.rows);
      assert.ok(all.every(({ rows, rowsLeft }) => rowsLeft === 0 || rows === 0));
    });
  });

  test(`rows held ${name}: so is that of ids`, () => {
    const { holder, batchesOf } = start();
    const every = Array.from({ length: 1500 }, (_, i) => i);
    assertReused(holder.kernel, () => {
      for (const { held } of holdSome(holder, batchesOf(ids()), [every, [1, 2, 3]])) {
        held.release(held.rows);
      }
    });
  });
}

test("rows held by a kernel: pools that nothing uses are gone, and come back", () => {
  const holder = kernelHolder();
  const batches = batchesOfEvents(manyStrings());
  const [first, last] = [batches[0]!, batches.at(-1)!];
  assert.notEqual(poolOfItems(first), poolOfItems(last));
  const others = batchesOfEvents({ lines: ['{"s":"x"}'], batchBytes: 100 });
  assertReused(holder.kernel, (n) => {
    const some = n % 2 === 0 ? [first, ...others, last] : [...others, batches[1]!];
    for (const batch of some) {
      const [{ held, rows }] = holdSome(holder, [batch], [[0, batch.rows - 1]]) as [Taken];
      assertHeld(held, batch.columns, rows);
      held.release(held.rows);
    }
  });
});
