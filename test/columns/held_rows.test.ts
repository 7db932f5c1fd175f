// What holds rows: as columns, which is how it is defined, and in the memory of a kernel.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ColumnBatch } from "../../src/columns/column_batch.ts";
import { type Column, jsonText } from "../../src/columns/column.ts";
import { ColumnHolder } from "../../src/columns/column_rows.ts";
import type { LocalRows, RowHolder } from "../../src/columns/held_rows.ts";
import { KernelHolder } from "../../src/columns/kernel_rows.ts";
import { JSON_TEXT } from "../../src/columns/kind.ts";
import type { Columns } from "../../src/columns/take.ts";
import type { TypeSummary } from "../../src/columns/type_summary.ts";
import { rowHolderFor } from "../../src/parquet/row_holder.ts";
import { decodeAll, decodeOne } from "../decode/decode_helpers.ts";
import { Batches } from "../window/window_helpers.ts";
import { batchesOfEvents, type EventBatch, MIXED_EVENTS, withoutRoom } from "./random_events.ts";

/** One that has a kernel. */
function kernelHolder(): KernelHolder {
  const holder = rowHolderFor("snappy");
  assert.ok(holder instanceof KernelHolder, "there is a kernel");
  return holder;
}

const HOLDERS: readonly (readonly [name: string, make: () => RowHolder])[] = [
  ["columns", () => new ColumnHolder()],
  ["kernel", kernelHolder],
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
  batches: readonly EventBatch[],
  wanted: readonly (readonly number[])[],
): Taken[] {
  return batches.flatMap((batch) => {
    const hold = holder.load(batch.columns, batch.rows);
    return wanted.map((numbers) => {
      const rows = rowsOf(numbers, batch.rows).slice(0, batch.rows);
      return { batch, rows, held: hold(rows) };
    });
  });
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

function memoryOf(holder: KernelHolder): number {
  return holder.kernel.memory.buffer.byteLength;
}

/** That memory is used again: it does not grow any more after a few rounds. */
function assertReused(holder: KernelHolder, round: (n: number) => void): void {
  for (let n = 0; n < 6; n++) round(n);
  const bytes = memoryOf(holder);
  for (let n = 6; n < 60; n++) round(n);
  assert.equal(memoryOf(holder), bytes);
}

/** Numbers that stand for rows of a batch. */
const NUMBERS = fc.array(fc.nat(1000), { maxLength: 30 });
const WANTED = fc.array(NUMBERS, { minLength: 1, maxLength: 3 });

for (const [name, makeHolder] of HOLDERS) {
  test(`rows held as ${name}: they are those of their batches, in any order`, () => {
    fc.assert(
      fc.property(MIXED_EVENTS, WANTED, (events, wanted) => {
        const taken = holdSome(makeHolder(), batchesOfEvents(events), wanted);
        for (const { held, batch, rows } of taken) assertHeld(held, batch.columns, rows);
      }),
      { numRuns: 60 },
    );
  });

  test(`rows held as ${name}: some of them can be taken, and from those again`, () => {
    fc.assert(
      fc.property(MIXED_EVENTS, WANTED, NUMBERS, NUMBERS, (events, wanted, some, fewer) => {
        const taken = holdSome(makeHolder(), batchesOfEvents(events), wanted);
        for (const { held, batch, rows } of taken) {
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

  test(`rows held as ${name}: they can be released bit by bit, and others stay as they are`, () => {
    fc.assert(
      fc.property(MIXED_EVENTS, WANTED, fc.integer({ min: 1, max: 5 }), (events, wanted, step) => {
        const holder = makeHolder();
        const batches = batchesOfEvents(events);
        const taken = holdSome(holder, batches, wanted);
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
        const more = holdSome(holder, batches, wanted);
        for (const { held, batch, rows } of [...stay!, ...more]) {
          assertHeld(held, batch.columns, rows);
        }
      }),
      { numRuns: 60 },
    );
  });

  test(`rows held as ${name}: a row may be wanted more often than there are rows`, () => {
    const batch = decodeOne('{"a":1,"s":"x","l":[1,2]}\n{"a":2,"s":"y","l":[3]}\n');
    const rows = Uint32Array.from({ length: 1000 }, (_, i) => i % 2);
    const hold = makeHolder().load(batch.columns, batch.rows);
    const held = hold(rows);
    assertHeld(held, batch.columns, rows);
    assertHeld(hold(Uint32Array.of(1, 0)), batch.columns, Uint32Array.of(1, 0));
    assertHeld(held.take(rows), batch.columns, rows);
  });

  test(`rows held as ${name}: strings of pools that batches share, and of others`, () => {
    const lines = Array.from(
      { length: 60 },
      (_, i) => `{"a":"s${i % 7}","b":{"c":["t${i % 5}"]}}\n`,
    );
    const batches = decodeAll(lines.join(""), { batchBytes: 300 });
    const others = decodeAll('{"a":"t1"}\n{"a":"x"}\n{"a":"s1"}\n');
    const poolsOf = (all: readonly EventBatch[]) =>
      new Set(all.map(({ columns }) => columns.get("a")!.pool));
    assert.deepEqual([poolsOf(batches).size, poolsOf([...batches, ...others]).size], [1, 2]);
    const [first, ...more] = batches;
    const holder = makeHolder();
    const taken = holdSome(holder, [first!, ...others, ...more, ...others], [[0, 1, 2], [2, 2, 0]]);
    for (const { held, batch, rows } of taken) assertHeld(held, batch.columns, rows);
  });

  test(`rows held as ${name}: a struct of too many fields is a text`, () => {
    const wide = (from: number) =>
      `{${Array.from({ length: 600 }, (_, i) => `"f${from + i}":${i}`).join(",")}}`;
    const batch = decodeOne(
      `{"a":${wide(0)}}\n{"a":${wide(600)}}\n{"a":{"f1":1}}\n{"a":"x"}\n{}\n`,
    );
    assert.ok(batch.columns.get("a")!.kinds.includes(JSON_TEXT));
    const rows = Uint32Array.of(3, 2, 4, 1, 0);
    assertHeld(makeHolder().load(batch.columns, batch.rows)(rows), batch.columns, rows);
  });

  test(`rows held as ${name}: a pool that is full is left for a new one`, () => {
    const batches = batchesOfManyStrings();
    const holder = makeHolder();
    const some = batches.map(({ rows }) =>
      Uint32Array.from({ length: 900 }, (_, i) => i * 7919 % rows)
    );
    const taken = batches.map((batch, i): Taken => (
      { batch, rows: some[i]!, held: holder.load(batch.columns, batch.rows)(some[i]!) }
    ));
    for (const { held, batch, rows } of taken) assertHeld(held, batch.columns, rows);
  });

  test(`rows held as ${name}: ids, of which each is another`, () => {
    const batches = batchesOfIds();
    const taken = holdSome(makeHolder(), batches, [
      Array.from({ length: 1500 }, (_, i) => i * 7919),
      [3, 2, 2, 1],
      [],
    ]);
    for (const { held, batch, rows } of taken) assertHeld(held, batch.columns, rows);
  });
}

/** Batches with a column of 70,000 strings, each of them twice or more. */
function batchesOfManyStrings(): readonly ColumnBatch[] {
  const source = new Batches({ time: "" });
  const lines = (from: number, count: number) =>
    Array.from({ length: 2 * count }, (_, i) => `{"s":"string ${from + i % count}"}`);
  const batches = [lines(0, 40_000), lines(30_000, 40_000), lines(0, 2000), lines(1000, 2000)]
    .map((own) => source.next(...own));
  const pools = batches.map(({ columns }) => columns.get("s")!.pool!);
  assert.equal(new Set(pools).size, 2);
  assert.equal(pools[0], pools[1]);
  assert.ok(pools.every(({ interned }) => interned));
  return batches;
}

/** Batches with a column whose strings nobody looks for any more. */
function batchesOfIds(): readonly ColumnBatch[] {
  const source = new Batches({ time: "" });
  const batches = [0, 1, 2].map((n) =>
    source.next(...Array.from({ length: 1500 }, (_, i) => `{"id":"id ${n} ${i}","n":${i}}`))
  );
  assert.deepEqual(batches.map(({ columns }) => columns.get("id")!.pool!.interned), [
    true,
    false,
    false,
  ]);
  return batches;
}

test("held rows: the kernel tells the kinds of values that columns tell", () => {
  fc.assert(
    fc.property(MIXED_EVENTS, WANTED, NUMBERS, (events, wanted, some) => {
      const batches = batchesOfEvents(events);
      const [expected, actual] = [new ColumnHolder(), kernelHolder()].map((holder) => {
        const seen = new Map<string, TypeSummary>();
        const all: unknown[] = [];
        for (const { held } of holdSome(holder, batches, wanted)) {
          for (const rows of [held, held.take(rowsOf(some, held.rows))]) {
            if (rows.rows === 0) continue; // nobody asks
            const own = new Map<string, TypeSummary>();
            rows.addTo(own);
            rows.addTo(seen);
            all.push(plainSummaries(own), rows.bytes);
          }
        }
        return [...all, plainSummaries(seen)];
      });
      assert.deepEqual(actual, expected);
    }),
    { numRuns: 100 },
  );
});

test("held rows: lists that are empty say nothing of what others in their batch have", () => {
  const batch = withoutRoom(decodeOne('{"a":[1],"b":[{"c":"x"}]}\n{"a":[],"b":[]}\n'));
  const [expected, actual] = [new ColumnHolder(), kernelHolder()].map((holder) => {
    const seen = new Map<string, TypeSummary>();
    holder.load(batch.columns, batch.rows)(Uint32Array.of(1)).addTo(seen);
    return plainSummaries(seen);
  });
  assert.deepEqual(actual, expected);
});

test("rows that a kernel held: their memory is used again", () => {
  const random = [3, 0, 2, 1, 1, 0];
  const text = Array.from(
    { length: 400 },
    (_, i) =>
      `{"a":${i},"s":"s${i % 9}","id":"${i}","f":${i % 3 === 0 ? "1.5" : "null"},` +
      `"l":[${Array(i % 5).fill(`{"x":"${i % 4}","y":[${i}]}`).join(",")}],"t":{"u":{"v":true}}}\n`,
  ).join("");
  const batches = decodeAll(text, { batchBytes: 4000 });
  const holder = kernelHolder();
  assertReused(holder, (n) => {
    const taken = holdSome(holder, batches, [[...everyRow(batches[0]!)], [1, 5, 3], [], [7, 7]]);
    const copies = taken.map(({ held, rows }) => held.take(rowsOf([n, 2, 8], rows.length)));
    const all = [...taken.map(({ held }) => held), ...copies];
    const place = (i: number) => (i + n) % all.length * random.length + random[i % random.length]!;
    for (const held of all.toSorted((a, b) => place(all.indexOf(a)) - place(all.indexOf(b)))) {
      held.release(held.rows);
    }
    assert.ok(all.every(({ rowsLeft }) => rowsLeft === 0));
  });
});

test("rows that a kernel held: pools that nothing uses are gone, and come back", () => {
  const [first, second, third] = batchesOfManyStrings();
  const others = decodeAll('{"s":"x"}\n');
  const holder = kernelHolder();
  assertReused(holder, (n) => {
    for (const batch of n % 2 === 0 ? [first!, third!, others[0]!] : [third!, second!]) {
      const rows = Uint32Array.of(0, batch.rows - 1);
      const held = holder.load(batch.columns, batch.rows)(rows);
      assertHeld(held, batch.columns, rows);
      held.release(held.rows);
    }
  });
});

test("rows that a kernel held: so is the memory of ids", () => {
  const batches = batchesOfIds();
  const holder = kernelHolder();
  assertReused(holder, () => {
    const taken = holdSome(holder, batches, [[...everyRow(batches[0]!)], [1, 2, 3]]);
    for (const { held } of taken) held.release(held.rows);
  });
});
