// The kernel's Snappy, on pages of chosen bytes, undone by three that are not ours: that of
// parquet-wasm, hyparquet's own, and that of hyparquet-compressors.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { snappyUncompress } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { Table, Vector } from "../../src/columns/vector.ts";
import { randomOf } from "../support/random.ts";
import { ints, tableOf } from "./big_vectors.ts";
import {
  assertReadBack,
  assertReadByHyparquet,
  encode,
  onlyPages,
  pagesOf,
} from "./file_helpers.ts";

const BLOCK = 1 << 16;
const decoder = new TextDecoder();

/** A column of texts, each of ASCII bytes. */
function textsOf(texts: readonly Uint8Array[]): Table {
  const offsets = new Int32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) offsets[i + 1] = offsets[i]! + text.length;
  const bytes = new Uint8Array(offsets.at(-1)!);
  for (const [i, text] of texts.entries()) bytes.set(text, offsets[i]);
  const vector: Vector = {
    type: { kind: "string" },
    length: texts.length,
    nullCount: 0,
    offsets,
    bytes,
  };
  return tableOf({ s: vector });
}

/**
 * That compressed pages are what they are without compression, which the tests beside this one hold
 * to the values; and of small ones that all readers agree.
 */
async function assertCompresses(
  table: Table,
  { isRead = false }: { readonly isRead?: boolean } = {},
): Promise<void> {
  const [bytes, plain] = [encode(table, "snappy"), encode(table, "none")];
  const columns = pagesOf(plain);
  for (const [i, { pages }] of pagesOf(bytes).entries()) {
    assert.equal(pages.length, columns[i]!.pages.length);
    for (const [j, { bodyStart, end }] of pages.entries()) {
      const { bodyStart: plainStart, end: plainEnd } = columns[i]!.pages[j]!;
      const body = plain.subarray(plainStart, plainEnd);
      const output = new Uint8Array(body.length);
      snappyUncompress(bytes.subarray(bodyStart, end), output);
      if (!isEqual(output, body)) assert.fail(`page ${j} of column ${i} is not what it was`);
    }
  }
  if (!isRead) return;
  await assertReadBack(bytes, table);
  await assertReadByHyparquet(bytes, table); // by its own
  await assertReadByHyparquet(bytes, table, compressors);
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** So many bytes of ASCII that look like chance. */
function noise(length: number, random: (below: number) => number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = random(128);
  return bytes;
}

/** How many bytes the body of the only page has. */
function compressedSize(table: Table): number {
  const pages = onlyPages(encode(table, "snappy"));
  assert.equal(pages.length, 1);
  return pages[0]!.end - pages[0]!.bodyStart;
}

test("snappy: nothing, and a few bytes", async () => {
  const random = randomOf(1);
  for (let length = 0; length <= 40; length++) {
    await assertCompresses(textsOf([noise(length, random)]), { isRead: true });
    await assertCompresses(textsOf([new Uint8Array(length)]), { isRead: true });
  }
});

test("snappy: literals of every form of length", async () => {
  const random = randomOf(2);
  for (const around of [60, 64, 256, 257, 4096, BLOCK / 2]) {
    for (let length = around - 12; length <= around + 2; length++) {
      await assertCompresses(textsOf([noise(length, random)]), { isRead: length === around });
    }
  }
});

test("snappy: matches of every length at every form of distance", async () => {
  const random = randomOf(3);
  const distances = [
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 255, 256, 257, 1000],
    ...[2046, 2047, 2048, 2049, 4096, 16_383, 16_384, 32_767, 32_768, 65_000],
  ];
  const lengths = [
    ...[3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69],
    ...[70, 71, 72, 75, 76, 77, 123, 124, 125, 127, 128, 129, 131, 132, 133, 192, 1000],
  ];
  for (const distance of distances) {
    const texts = lengths.map((length) => {
      const text = noise(distance + length + 30, random);
      for (let i = distance; i < distance + length; i++) text[i] = text[i - distance]!;
      return text;
    });
    // What is near has a page together, what is far a block each.
    const picked = distance < 5000 ? texts : texts.filter((_, i) => i % 6 === distance % 6);
    const tables = distance < 5000 ? [textsOf(picked)] : picked.map((text) => textsOf([text]));
    for (const table of tables) await assertCompresses(table);
  }
});

test("snappy: blocks are whole, and what is further away is not copied", async () => {
  const random = randomOf(4);
  const seed = noise(3 * BLOCK, random);
  // Of the sizes around them one is that of the blocks, with what stands before the text.
  for (const blocks of [1, 2]) {
    for (let length = blocks * BLOCK - 30; length <= blocks * BLOCK + 2; length++) {
      await assertCompresses(textsOf([seed.subarray(0, length)]));
      await assertCompresses(textsOf([new Uint8Array(length)]), { isRead: length % 16 === 0 });
    }
  }
  for (const distance of [BLOCK - 1, BLOCK, BLOCK + 1, 70_000]) {
    const text = seed.slice();
    text.copyWithin(distance, 0, 3 * BLOCK - distance);
    await assertCompresses(textsOf([text]), { isRead: true });
  }
});

test("snappy: what repeats becomes small, and what does not hardly grows", async () => {
  const random = randomOf(5);
  const length = 60_000;
  for (const period of [1, 2, 3, 5, 8, 13, 100, 1000, 2500]) {
    const unit = noise(period, random);
    const table = textsOf([Uint8Array.from({ length }, (_, i) => unit[i % period]!)]);
    await assertCompresses(table, { isRead: true });
    // Copies are of 64 bytes at most, and take three.
    const size = compressedSize(table);
    assert.ok(size < 1.1 * (period + length * 3 / 64), `${size} for a period of ${period}`);
  }
  const table = textsOf([noise(length, random)]);
  assert.ok(compressedSize(table) < 1.001 * length + 20);
  // A word here and there is found, too.
  const words = ["stream", "parquet", "window", "partition", "event"];
  const prose = Array.from({ length: 5000 }, () => words[random(5)]).join(" ");
  const found = compressedSize(textsOf([new TextEncoder().encode(prose)]));
  assert.ok(found < 0.5 * prose.length, `${found} for ${prose.length}`);
});

test("snappy: numbers of any bytes", async () => {
  const random = randomOf(6);
  const any = () => (BigInt(random(2 ** 31)) << 33n) | BigInt(random(2 ** 31));
  const table = tableOf({
    n: ints(20_000, any),
    "in sequence": ints(20_000, (row) => 1_654_041_600_000_000n + BigInt(row) * 1000n),
    few: ints(20_000, (row) => row % 7),
  });
  await assertCompresses(table, { isRead: true });
});

/** Literals, and copies from what came before. */
const STEPS = fc.array(
  fc.oneof(
    fc.record({ literal: fc.integer({ min: 1, max: 300 }), seed: fc.nat() }),
    fc.record({
      copy: fc.oneof(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 3000 })),
      distance: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 80_000 })),
    }),
    fc.record({ again: fc.integer({ min: 1, max: 30 }) }),
  ),
  { maxLength: 40 },
);

test("snappy: any text of literals and copies", async () => {
  await fc.assert(
    fc.asyncProperty(STEPS, async (steps) => {
      let text: number[] = [];
      for (const step of steps) {
        if ("literal" in step) text.push(...noise(step.literal, randomOf(step.seed)));
        else if ("again" in step) {
          // As often as gives a block or two.
          const times = text.length === 0
            ? 0
            : Math.min(step.again, Math.floor(90_000 / text.length));
          text = Array.from({ length: times + 1 }, () => text).flat();
        } else {
          const start = Math.max(0, text.length - step.distance);
          const length = text.length === 0 ? 0 : step.copy;
          for (let i = 0; i < length; i++) text.push(text[start + i]!);
        }
      }
      const bytes = Uint8Array.from(text);
      assert.equal(decoder.decode(bytes).length, bytes.length);
      await assertCompresses(textsOf([bytes]));
    }),
    { numRuns: 80 },
  );
});
