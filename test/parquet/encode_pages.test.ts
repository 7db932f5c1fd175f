// Files of several pages: what stands at the edges of pages, and how values are laid out in them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withCodes } from "../../src/columns/distinct_strings.ts";
import type { Table, Vector } from "../../src/columns/vector.ts";
import { readParquetTable } from "../../src/parquet/read.ts";
import { randomOf } from "../support/random.ts";
import {
  bools,
  floats,
  ints,
  lists,
  NONE,
  type Rows,
  strings,
  structs,
  tableOf,
  timestamps,
} from "./big_vectors.ts";
import {
  assertFileHolds,
  assertReadBack,
  assertReadByHyparquet,
  COMPRESSIONS,
  encode,
  onlyPages,
  pagesOf,
} from "./file_helpers.ts";

const PLAIN = 0;
const RLE_DICTIONARY = 8;
const PAGE_ROWS = 20_000;
const PAGE_BYTES = 1 << 20;
/** Two pages, the last of them short and no whole number of bytes of a bitmap. */
const ROWS = PAGE_ROWS + 1003;

/** An integer of 32 bits that looks like chance, the same for the same row. */
function mixed(row: number): number {
  let x = Math.imul(row ^ 0x9e3779b9, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

const isEdge: Rows = (row) =>
  row % PAGE_ROWS === 0 || row % PAGE_ROWS === PAGE_ROWS - 1 || row === ROWS - 1;

const NULLS: Readonly<Record<string, Rows>> = {
  none: NONE,
  all: () => true,
  "in blocks": (row) => row % 1700 < 900,
  "here and there": (row) => mixed(row) % 3 === 0,
  "at edges of pages": isEdge,
  "all but at edges of pages": (row) => !isEdge(row),
  "on the whole of a page": (row) => row < PAGE_ROWS,
};

const TEXTS = ["", "a", "é", "\u{1F600}", "a longer one, of more than sixteen bytes", "\0"];

for (const [where, isNullAt] of Object.entries(NULLS)) {
  test(`pages: flat columns, nulls ${where}`, async () => {
    const table = tableOf({
      runs: ints(ROWS, (row) => Math.floor(row / 777) % 5, isNullAt),
      few: ints(ROWS, (row) => mixed(row) % 100, isNullAt),
      many: ints(ROWS, (row) => BigInt(mixed(row)) << 20n, isNullAt),
      floats: floats(ROWS, (row) => mixed(row) / 7, isNullAt),
      "floats of few": floats(ROWS, (row) => (mixed(row) % 3) / 7, isNullAt),
      times: timestamps(ROWS, (row) => 1_654_041_600_000_000n + BigInt(row), isNullAt),
      bools: bools(ROWS, (row) => mixed(row) % 2 === 0, isNullAt),
      "few texts": strings(ROWS, (row) => TEXTS[mixed(row) % TEXTS.length]!, isNullAt),
      "many texts": strings(ROWS, (row) => `text ${mixed(row)}`, isNullAt),
    });
    const bytes = encode(table, where === "none" ? "none" : "snappy");
    await assertFileHolds(bytes, table);
    const layout = pagesOf(bytes);
    for (const { path, pages } of layout) {
      const data = pages.filter(({ isDictionary }) => !isDictionary);
      assert.ok(data.every(({ entries }) => entries <= PAGE_ROWS), path);
      assert.equal(data.reduce((sum, { entries }) => sum + entries, 0), ROWS, path);
    }
    if (where === "all") {
      assert.ok(layout.every(({ pages }) => pages.length === 2), "pages of as many rows as may be");
    }
    if (where.startsWith("all")) return; // too few values
    const withDictionary = layout.filter(({ pages }) => pages[0]!.isDictionary);
    assert.deepEqual(
      withDictionary.map(({ path }) => path),
      ["runs", "few", "floats of few", "few texts"],
    );
  });
}

test("pages: dictionaries of every width of codes", async () => {
  for (const compression of COMPRESSIONS) {
    const columns: Record<string, Vector> = {};
    const rows = 2 * 1025;
    for (let bits = 0; bits <= 10; bits++) {
      for (const distinct of [2 ** bits, 2 ** bits + 1]) {
        // Runs, then codes in no order, all of which are there.
        const code = (row: number) =>
          row < distinct ? row : row < rows / 2 ? 0 : mixed(row) % distinct;
        columns[`${distinct} numbers`] = ints(rows, (row) => BigInt(code(row)) - 3n);
        columns[`${distinct} texts`] = strings(
          rows,
          (row) => `${code(row)}`,
          (row) => row === rows - 1,
        );
      }
    }
    const table = tableOf(columns);
    // Of the texts one is null, so 1025 are more than half.
    const bytes = encode(table, compression);
    await assertFileHolds(bytes, table);
    for (const { path, pages } of pagesOf(bytes)) {
      const [first] = pages;
      if (path === "1025 texts") assert.equal(first!.isDictionary, false, path);
      else {
        assert.ok(first!.isDictionary, path);
        assert.equal(first!.entries, Number(path.split(" ")[0]), path);
        assert.ok(pages.slice(1).every(({ encoding }) => encoding === RLE_DICTIONARY), path);
      }
    }
  }
});

test("pages: a dictionary of numbers takes a page, and not more", async () => {
  for (const [distinct, hasDictionary] of [[1 << 17, true], [(1 << 17) + 1, false]] as const) {
    const rows = 2 * distinct;
    const table = tableOf({
      n: ints(rows, (row) => row < rows - 5000 ? (row * 5) % distinct : distinct - 1),
    });
    const bytes = encode(table);
    const pages = onlyPages(bytes);
    assert.equal(pages[0]!.isDictionary, hasDictionary);
    if (hasDictionary) assert.equal(pages[0]!.entries, distinct);
    const { vectors: [vector] } = await readParquetTable(bytes);
    assert.deepEqual(bytesOf(vector!.ints!), bytesOf(table.vectors[0]!.ints!));
  }
});

test("pages: a dictionary of strings takes a page, and not more", async () => {
  // Each takes its length, which is four bytes, and 2044 more.
  const text = (code: number) => `${code}`.padEnd(2044, "x");
  const room = PAGE_BYTES / 2048;
  for (const [distinct, hasDictionary] of [[room, true], [room + 1, false]] as const) {
    const table = tableOf({ s: strings(2 * distinct, (row) => text(row % distinct)) });
    const bytes = encode(table);
    await assertFileHolds(bytes, table);
    const pages = onlyPages(bytes);
    assert.equal(pages[0]!.isDictionary, hasDictionary);
    if (!hasDictionary) assert.ok(pages.length > 1, "pages are of 1 MiB");
  }
});

test("pages: numbers have a dictionary if half of them or fewer are distinct", () => {
  const dictionaryOf = (vector: Vector) =>
    onlyPages(encode(tableOf({ c: vector })))[0]!.isDictionary;
  const odd: Rows = (row) => row % 2 === 1;
  assert.equal(dictionaryOf(ints(1000, (row) => row % 500)), true);
  assert.equal(dictionaryOf(ints(1000, (row) => row % 501)), false);
  assert.equal(dictionaryOf(floats(1000, (row) => row % 500)), true);
  assert.equal(dictionaryOf(floats(1000, (row) => row % 501)), false);
  assert.equal(dictionaryOf(strings(1000, (row) => `${row % 500}`)), true);
  assert.equal(dictionaryOf(strings(1000, (row) => `${row % 501}`)), false);
  // Of the values, and not of what is beneath nulls.
  assert.equal(dictionaryOf(ints(1000, (row) => row % 501, odd)), false);
  assert.equal(dictionaryOf(ints(2000, (row) => odd(row) ? row : row % 1000, odd)), true);
});

test("pages: long strings are a few a page, or one", async () => {
  const random = randomOf(5);
  const noise = Array.from({ length: 1 << 16 }, () => String.fromCharCode(random(128))).join("");
  const long = (code: number, length: number) =>
    `${code}${noise.slice(code).repeat(Math.ceil(length / 60_000))}`.slice(0, length);
  const sizes = [1_500_000, 10, 1_100_000, 0, ...new Array<number>(25).fill(90_000), 2_200_000];
  const table = tableOf({
    s: strings(sizes.length, (row) => long(row, sizes[row]!), (row) => row === 7),
  });
  for (const compression of COMPRESSIONS) {
    const bytes = encode(table, compression);
    if (compression === "none") await assertReadByHyparquet(bytes, table);
    else await assertReadBack(bytes, table);
    const pages = onlyPages(bytes);
    assert.ok(pages.every(({ encoding }) => encoding === PLAIN));
    // What is larger than a page ends one.
    assert.ok(pages.every(({ uncompressedBytes }) => uncompressedBytes < PAGE_BYTES + 2_200_100));
    assert.ok(pages.length >= 5, `${pages.length} pages`);
    assert.equal(pages[0]!.entries, 1);
  }
});

test("pages: strings that are all null are the same pages, whatever was encoded before", () => {
  const nulls = tableOf({ s: strings(100, () => "", () => true) });
  for (const before of [0n, -1n, (1n << 62n) - 1n]) {
    encode(tableOf({ n: ints(5000, () => before) }));
    assert.equal(onlyPages(encode(nulls)).length, 1, `after ${before}`);
  }
});

test("pages: nulls take no room among strings, whatever their codes", () => {
  const long = "x".repeat(PAGE_BYTES);
  const table = tableOf({
    s: strings(1000, (row) => row === 0 ? long : "short", (row) => row % 100 !== 0),
  });
  const [vector] = table.vectors;
  const { offsets, bytes } = withCodes(vector!);
  const pages = [0, 1].map((code) => {
    const codes = new Uint32Array(1000).fill(code);
    for (let row = 0; row < 1000; row += 100) codes[row] = row === 0 ? 0 : 1;
    return onlyPages(encode({ ...table, vectors: [{ ...vector!, offsets, bytes, codes }] }));
  });
  assert.deepEqual(pages[0], pages[1]);
  assert.equal(pages[0]!.length, 2);
});

/** The bits of numbers. */
function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

test("pages: floats and integers keep their bits", async () => {
  const odd = BigUint64Array.of(
    ...[0x8000000000000000n, 0n, 0x7ff0000000000000n, 0xfff0000000000000n, 1n],
    ...[0x7ff8000000000000n, 0xfff8000000000000n, 0x7ff8000000000001n, 0x7ff0000000000001n],
  );
  const extremes = BigUint64Array.of(1n << 63n, (1n << 63n) - 1n, 0n, ~0n & 0xffffffffffffffffn);
  for (const length of [9, 900]) { // without a dictionary, and with one
    const floatBits = BigUint64Array.from({ length }, (_, row) => odd[row % odd.length]!);
    const intBits = BigUint64Array.from({ length }, (_, row) => extremes[row % extremes.length]!);
    const float: Vector = {
      ...floats(length, () => 0),
      floats: new Float64Array(floatBits.buffer),
    };
    const int: Vector = { ...ints(length, () => 0), ints: new BigInt64Array(intBits.buffer) };
    const table = tableOf({ float, int, time: { ...int, type: { kind: "timestamp" } } });
    const bytes = encode(table);
    assert.deepEqual(
      pagesOf(bytes).map(({ pages }) => pages[0]!.isDictionary),
      length === 9 ? [false, true, true] : [true, true, true],
    );
    await assertFileHolds(bytes, table);
    const back = await readParquetTable(bytes);
    assert.deepEqual(bytesOf(back.vectors[0]!.floats!), bytesOf(floatBits));
    assert.deepEqual(bytesOf(back.vectors[1]!.ints!), bytesOf(intBits));
    assert.deepEqual(bytesOf(back.vectors[2]!.ints!), bytesOf(intBits));
  }
});

/** Lists of lists of structs, some of them null or empty at every level. */
function nested(sizes: ArrayLike<number>): Table {
  const structsOf = (length: number): Vector =>
    structs({
      a: ints(length, (i) => mixed(i), (i) => mixed(i) % 5 === 0),
      s: strings(length, (i) => `s${mixed(i) % 50}`, (i) => mixed(i) % 7 === 0),
      b: bools(length, (i) => mixed(i) % 3 === 0),
    }, (i) => mixed(i) % 11 === 0);
  const inner = (length: number): Vector =>
    lists(
      Uint32Array.from({ length }, (_, i) => mixed(i) % 3),
      structsOf,
      (i) => mixed(i) % 13 === 0,
    );
  const isNullAt: Rows = (row) => row % 17 === 16;
  return tableOf({
    l: lists(sizes, inner, isNullAt),
    n: lists(sizes, (length) => floats(length, (i) => mixed(i) / 3), isNullAt),
    row: ints(sizes.length, (row) => row),
  });
}

test("pages: lists of lists of structs go over their edges", async () => {
  const table = nested(Uint32Array.from({ length: ROWS }, (_, row) => mixed(row) % 2));
  for (const compression of COMPRESSIONS) {
    const bytes = encode(table, compression);
    assert.ok(pagesOf(bytes).every(({ pages }) => pages.length >= 2));
    if (compression === "none") await assertReadBack(bytes, table);
    else await assertFileHolds(bytes, table);
  }
});

test("pages: a row of more items than a page has rows", async () => {
  // The first, the last and one in between: the rows around it have pages of their own.
  for (const long of [0, 3, 6]) {
    const sizes = Uint32Array.from({ length: 7 }, (_, row) => row === long ? 50_000 : row);
    const texts = lists(sizes, (length) => strings(length, (i) => `s${mixed(i) % 50}`));
    const table = tableOf({ texts });
    await assertFileHolds(encode(table), table);
  }
  const table = nested([21_000]);
  await assertFileHolds(encode(table, "none"), table);
});

test("pages: lists end their pages by the bytes of their values too", async () => {
  const rows = 600;
  const list = (size: number, itemsOf: (length: number) => Vector) =>
    lists(new Uint32Array(rows).fill(size), itemsOf);
  const table = tableOf({
    numbers: list(500, (length) => floats(length, (i) => i / 3)),
    texts: list(10, (length) => strings(length, (i) => `text ${i}`.padEnd(500, "."))),
  });
  const bytes = encode(table);
  await assertReadBack(bytes, table);
  for (const { path, pages } of pagesOf(bytes)) {
    const size = path.startsWith("numbers") ? 500 : 10;
    assert.ok(pages.length >= 3, path);
    assert.equal(pages.reduce((sum, { entries }) => sum + entries, 0), rows * size, path);
    for (const { uncompressedBytes, entries } of pages) {
      assert.ok(uncompressedBytes < 1.25 * PAGE_BYTES, path);
      assert.equal(entries % size, 0, "a page begins with a row");
    }
  }
});

test("pages: lists without any item, and structs without any value", async () => {
  const none = new Uint32Array(ROWS);
  const table = tableOf({
    empty: lists(none, (length) => strings(length, () => "")),
    "empty or null": lists(none, (length) => ints(length, () => 0), (row) => row % 2 === 0),
    nulls: lists(none, (length) => bools(length, () => true), () => true),
    "null structs": structs({ a: ints(ROWS, (row) => row) }, () => true),
    "structs of nulls": structs({
      a: ints(ROWS, (row) => row, () => true),
      b: structs({ c: strings(ROWS, () => "beneath") }, (row) => row % 2 === 0),
    }, (row) => row % 3 === 0),
  });
  await assertFileHolds(encode(table), table);
});
