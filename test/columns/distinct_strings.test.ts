// Strings that are kept once each: what `gather` makes of those in pools, and `withCodes` of others.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Column } from "../../src/columns/column.ts";
import { withCodes } from "../../src/columns/distinct_strings.ts";
import { gather, type Run } from "../../src/columns/gather.ts";
import { Interner } from "../../src/columns/interner.ts";
import { BOOL, MISSING, NULL, STRING, TIMESTAMP } from "../../src/columns/kind.ts";
import { StringPool } from "../../src/columns/string_pool.ts";
import { timestampText } from "../../src/columns/time_text.ts";
import { type Vector, withoutCodes } from "../../src/columns/vector.ts";
import { makeVector, type Value, vectorValues } from "./random_tables.ts";

const STRINGS = { kind: "string" } as const;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A string, nothing, a time (which becomes text), or a value that does not fit. */
type Item = string | null | bigint | boolean;

/** Gives a string of a pool its code. */
type Intern = (text: string) => number;

/** The code of a string in a pool; equal strings have equal ones, if the pool is interned. */
function interning(pool: StringPool): Intern {
  const codes = new Map<string, number>();
  return (text) => {
    const known = pool.interned ? codes.get(text) : undefined;
    if (known !== undefined) return known;
    const code = pool.add(text);
    codes.set(text, code);
    return code;
  };
}

/** A run of all rows of a column that holds the items, whose strings are in the pool. */
function runOf(items: readonly Item[], pool: StringPool, codeOf: Intern = interning(pool)): Run {
  const column = new Column(items.length);
  column.pool = pool;
  for (const [row, item] of items.entries()) {
    const kind = kindOf(item);
    column.reserve(kind, items.length);
    column.kinds[row] = kind;
    if (kind === STRING) column.codes[row] = codeOf(item as string);
    if (kind === TIMESTAMP) column.ints[row] = item as bigint;
  }
  return { column, start: 0, end: items.length };
}

function kindOf(item: Item): number {
  if (item === null) return NULL;
  if (typeof item === "string") return STRING;
  return typeof item === "bigint" ? TIMESTAMP : BOOL;
}

/** What is in a file in their place. */
function textOf(item: Item): string | null {
  if (typeof item === "bigint") return timestampText(item);
  return typeof item === "boolean" ? null : item;
}

/** That the strings have codes in the order in which they appear, and there are no others. */
function assertCodes(vector: Vector, expected: readonly (string | null)[]): void {
  const distinct = [...new Set(expected.filter((text) => text !== null))];
  const { codes, offsets, bytes, validity, length, nullCount } = vector;
  assert.equal(length, expected.length);
  assert.equal(nullCount, expected.filter((text) => text === null).length);
  assert.equal(validity === undefined, nullCount === 0);
  assert.equal(codes!.length, length);
  assert.equal(offsets!.length, distinct.length + 1);
  assert.equal(offsets![0], 0);
  assert.equal(offsets!.at(-1), bytes!.length);
  const found = distinct.map((_, i) =>
    decoder.decode(bytes!.subarray(offsets![i], offsets![i + 1]))
  );
  assert.deepEqual(found, distinct);
  const codeOf = new Map(distinct.map((text, code) => [text, code]));
  for (const [row, text] of expected.entries()) {
    if (text !== null) assert.equal(codes![row], codeOf.get(text), `row ${row}`);
  }
  assert.deepEqual(vectorValues(vector), expected);
}

/** The strings of runs, of which some values may not fit. */
function gathered(runs: readonly Run[]): Vector {
  return gather(runs, STRINGS, () => {});
}

const WORDS = ["b", "", "a", "b", "a long one, which takes more than a few words", "é", "a"];

test("distinct strings: of one pool", () => {
  for (const interned of [true, false]) {
    const pool = new StringPool({ interned });
    for (const text of ["no row has this", "nor this"]) pool.add(text);
    assertCodes(gathered([runOf(WORDS, pool)]), WORDS);
  }
});

test("distinct strings: codes are those of the column, not of the pool", () => {
  const pool = new StringPool({ interned: true });
  const codeOf = interning(pool);
  const runs = [["x", "y"], ["z", "y", "x"], ["y"]].map((texts) => runOf(texts, pool, codeOf));
  assertCodes(gathered(runs), ["x", "y", "z", "y", "x", "y"]);
  // One column after another, of the same pool, which has grown in between.
  assertCodes(gathered(runs.slice(1)), ["z", "y", "x", "y"]);
  assertCodes(gathered([runOf(["w", "y"], pool, codeOf), runs[0]!]), ["w", "y", "x", "y"]);
  const many = Array.from({ length: 3000 }, (_, i) => `${i}`);
  assertCodes(gathered([runOf(many, pool, codeOf), runs[0]!]), [...many, "x", "y"]);
  assertCodes(gathered([runs[2]!]), ["y"]);
});

test("distinct strings: of several pools, some of them interned", () => {
  const runs = [true, false, true, false].map((interned) =>
    runOf(WORDS.toReversed(), new StringPool({ interned }))
  );
  assertCodes(gathered(runs), runs.flatMap(() => WORDS.toReversed()));
  assertCodes(gathered(runs.toReversed()), runs.flatMap(() => WORDS.toReversed()));
});

test("distinct strings: parts of a column, in any order, and more than once", () => {
  const { column } = runOf(WORDS, new StringPool({ interned: true }));
  const stretches = [[5, 7], [5, 6], [0, 0], [3, 7], [0, 4], [2, 3]] as const;
  assertCodes(
    gathered(stretches.map(([start, end]) => ({ column, start, end }))),
    stretches.flatMap(([start, end]) => WORDS.slice(start, end)),
  );
});

test("distinct strings: times that became text are the same as text", () => {
  const time = 1_654_041_600_000_000n;
  const text = timestampText(time);
  const misfits: number[] = [];
  const items: Item[] = ["a", text, time, null, "a", true, time + 1n, timestampText(time + 1n)];
  const runs = [
    runOf(items, new StringPool({ interned: true })),
    { column: undefined, start: 0, end: 2 },
    runOf([time, text, "a"], new StringPool({ interned: true })),
  ];
  const vector = gather(runs, STRINGS, (row) => misfits.push(row));
  assertCodes(vector, [...items.map(textOf), null, null, text, text, "a"]);
  assert.deepEqual(misfits, [5]);
});

test("distinct strings: no string at all", () => {
  assertCodes(gathered([]), []);
  assertCodes(gathered([runOf([null, null], new StringPool({ interned: true }))]), [null, null]);
  const column = new Column(3);
  assert.equal(column.kinds[0], MISSING);
  assertCodes(gathered([{ column, start: 0, end: 3 }]), [null, null, null]);
});

/** Texts that begin the same, and some that differ in a byte. */
const TEXT = fc.oneof(
  fc.constantFrom("", "a", "aa", "aaaa", "aaaaa", "aaaaaaaa", "aaaabaaa", "\0", "\0\0", "é", "è"),
  fc.string({ unit: "grapheme", maxLength: 6 }).map((text) => text.toWellFormed()),
);
const ITEM: fc.Arbitrary<Item> = fc.oneof(
  { weight: 8, arbitrary: TEXT },
  { weight: 1, arbitrary: fc.constantFrom(null, 0n, 1_654_041_600_000_000n, true) },
);

test("distinct strings: however they are split over pools", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ items: fc.array(ITEM, { maxLength: 12 }), pool: fc.nat(2) }), {
        maxLength: 6,
      }),
      fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      (parts, interned) => {
        const pools = interned.map((isInterned) => new StringPool({ interned: isInterned }));
        const codes = pools.map(interning);
        const runs = parts.map(({ items, pool }) => runOf(items, pools[pool]!, codes[pool]!));
        const expected = parts.flatMap(({ items }) => items).map(textOf);
        const vector = gathered(runs);
        assertCodes(vector, expected);
        const whole = runOf(
          parts.flatMap(({ items }) => items),
          new StringPool({ interned: true }),
        );
        assertSameStrings(gathered([whole]), vector);
        assertSameStrings({ ...vector, ...withCodes(withoutCodes(vector)) }, vector);
      },
    ),
    { numRuns: 300 },
  );
});

/** What the codes of nulls are does not matter. */
function assertSameStrings(a: Vector, b: Vector): void {
  const { codes: codesA, ...othersA } = a;
  const { codes: codesB, ...othersB } = b;
  assert.deepEqual(othersA, othersB);
  const texts = vectorValues(a);
  const present = (codes: Uint32Array) => [...codes].filter((_, row) => texts[row] !== null);
  assert.deepEqual(present(codesA!), present(codesB!));
}

test("distinct strings: a hundred thousand of them", () => {
  const count = 100_000;
  const texts = Array.from({ length: count }, (_, i) => `${i * 7919 % count}`);
  const again = [...texts, ...texts.slice(0, 50_000).toReversed()];
  const expected = Uint32Array.from([
    ...texts.keys(),
    ...Array.from({ length: 50_000 }, (_, i) => 49_999 - i),
  ]);
  const spelt = gathered([runOf(again, new StringPool({ interned: false }))]);
  assert.deepEqual(spelt.codes, expected);
  const pools = [0, 1].map(() => new StringPool({ interned: true }));
  const mixed = gathered([runOf(texts, pools[0]!), runOf(again.slice(count), pools[1]!)]);
  assert.deepEqual(mixed.codes, expected);
  const { codes, offsets, bytes } = withCodes(withoutCodes(mixed));
  assert.deepEqual(codes, expected);
  assert.equal(offsets.length, count + 1);
  assert.equal(decoder.decode(bytes), texts.join(""));
  assert.deepEqual([spelt.bytes, mixed.bytes], [bytes, bytes]);
  // A few after them are no part of them.
  assertCodes(gathered([runOf(WORDS, pools[1]!)]), WORDS);
});

test("distinct strings: long ones that differ at their ends", () => {
  const long = "x".repeat(100_000);
  const texts = [long, `${long}a`, `a${long}`, long, `${long}b`, `${long}a`, ""];
  assertCodes(gathered([runOf(texts, new StringPool({ interned: false }))]), texts);
  const odd = ["\u{1F600}", "\uFEFF", "\uFEFFa", "\uFFFD", "\0", "\u{10FFFF}", "e\u0301", "é"];
  const twice = [...odd, ...odd.toReversed()];
  assertCodes(gathered([runOf(twice, new StringPool({ interned: false }))]), twice);
});

test("distinct strings: those that an interner gave codes", () => {
  // It leaves pools behind, and stops to look for what it knows.
  const interner = new Interner();
  const expected: string[] = [];
  const runs: Run[] = [];
  const pools = new Set<StringPool>();
  for (let batch = 0; batch < 8; batch++) {
    interner.startBatch();
    pools.add(interner.pool);
    const texts = Array.from(
      { length: 700 },
      (_, i) => `${batch % 3 === 2 ? i : batch * 1000 + i}`,
    );
    expected.push(...texts);
    runs.push(runOf(texts, interner.pool, (text) => interner.code(text)));
  }
  assert.deepEqual(new Set(Array.from(pools, ({ interned }) => interned)), new Set([true, false]));
  assertCodes(gathered(runs), expected);
});

const VALUES: fc.Arbitrary<Value[]> = fc.array(fc.option(TEXT), { maxLength: 40 });

test("withCodes and withoutCodes: one is the reverse of the other", () => {
  fc.assert(
    fc.property(VALUES, fc.constantFrom("string", "json"), (values, kind) => {
      const vector = makeVector({ kind }, values);
      const coded: Vector = { ...vector, ...withCodes(vector) };
      assertCodes(coded, values as (string | null)[]);
      assert.deepEqual(withoutCodes(coded), vector);
    }),
    { numRuns: 200 },
  );
});

test("withCodes and withoutCodes: vectors that are so already stay", () => {
  const vector = makeVector(STRINGS, ["a", null, "a"]);
  assert.equal(withoutCodes(vector), vector);
  const ints = makeVector({ kind: "int64" }, [1n]);
  assert.equal(withoutCodes(ints), ints);
  const coded = { ...vector, ...withCodes(vector) };
  assert.equal(withCodes(coded).codes, coded.codes);
  assert.equal(withCodes(coded).bytes, coded.bytes);
});

test("withCodes: offsets need not begin with the bytes, and nulls may have some", () => {
  const vector: Vector = {
    type: STRINGS,
    length: 3,
    nullCount: 1,
    validity: Uint8Array.of(0b101),
    offsets: Int32Array.of(2, 4, 6, 8),
    bytes: new TextEncoder().encode("..abXXab.."),
  };
  const coded: Vector = { ...vector, ...withCodes(vector) };
  assertCodes(coded, ["ab", null, "ab"]);
  assert.deepEqual(vectorValues(withoutCodes(coded)), ["ab", null, "ab"]);
});

test("withCodes: strings that were made to have one hash get codes as others do", () => {
  // As `DistinctStrings` has it: a second word that takes back what the first has done.
  const hashAfter = (word: number) => {
    const hash = Math.imul(8 ^ word, 0x9e3779b1);
    return hash ^ (hash >>> 15);
  };
  const distinct = 3000;
  const words = new Int32Array(2 * distinct);
  for (let i = 0; i < distinct; i++) words.set([i, hashAfter(i) ^ 0x5a5a5a5a], 2 * i);
  const bytes = new Uint8Array(2 * words.byteLength);
  bytes.set(new Uint8Array(words.buffer));
  bytes.set(new Uint8Array(words.buffer), words.byteLength);
  const length = 2 * distinct;
  const offsets = Int32Array.from({ length: length + 1 }, (_, row) => 8 * row);
  const found = withCodes({ type: STRINGS, length, nullCount: 0, offsets, bytes });
  assert.deepEqual(found.codes, Uint32Array.from({ length }, (_, row) => row % distinct));
  assert.deepEqual(found.bytes, bytes.subarray(0, words.byteLength));
});
