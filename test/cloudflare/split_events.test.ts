import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { routeEvents } from "../../src/cloudflare/route_events.ts";
import { type BodyLine, splitArray, splitLines } from "../../src/cloudflare/split_events.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const texts = (lines: readonly BodyLine[]): string[] =>
  lines.map((line) => new TextDecoder().decode(line.bytes));

test("lines are numbered as they were sent, and blank ones left out", () => {
  const lines = splitLines(bytes('\n{"a":1}\r\n \t\r\n{"b":2}\n\n{"c":3}'), 3);
  assert.deepEqual(texts(lines), ['{"a":1}\r', '{"b":2}', '{"c":3}']);
  assert.deepEqual(lines.map(({ line }) => line), [2, 4, 6]);
});

test("an array gives the elements that JSON.parse gives, one to a line", () => {
  fc.assert(fc.property(
    fc.array(fc.json({ noUnicodeString: false })),
    fc.constantFrom("", " ", "\n", "\t\r\n "),
    (elements, space) => {
      const body = `${space}[${space}${elements.join(`${space},${space}`)}${space}]${space}`;
      const found = splitArray(bytes(body), 1000);
      assert.deepEqual(texts(found).map((text) => JSON.parse(text)), JSON.parse(body));
      assert.deepEqual(found.map(({ line }) => line), elements.map((_, i) => i + 1));
      for (const text of texts(found)) assert.ok(!text.includes("\n"));
    },
  ));
});

test("indented JSON is taken apart too", () => {
  const events = [{ a: [1, { b: '],}\n"\\' }] }, { c: null }];
  const found = splitArray(bytes(JSON.stringify(events, null, 2)), 10);
  assert.deepEqual(texts(found).map((text) => JSON.parse(text)), events);
  const [one] = splitArray(bytes(JSON.stringify(events[0], null, 2)), 10);
  assert.deepEqual(JSON.parse(texts([one!])[0]!), events[0]);
});

test("no bytes make it fail other than with 400 or 413", () => {
  fc.assert(fc.property(
    fc.array(fc.constantFrom(...'[]{},:"\\ \n1a'), { maxLength: 40 }),
    (characters) => {
      try {
        splitArray(bytes(characters.join("")), 5);
      } catch (error) {
        assert.ok([400, 413].includes((error as { status: number }).status), String(error));
      }
    },
  ));
});

test("events of a key go to one shard, all of them, in their order", () => {
  const events = Array.from(
    { length: 1000 },
    (_, i) => ({ id: i, page: `/${i % 37}`, user: null }),
  );
  const lines = splitLines(bytes(events.map((event) => JSON.stringify(event)).join("\n")), 1000);
  const options = { shards: 4, keyFields: ["page", "user"], maxEventBytes: 1000 };
  const shares = routeEvents(lines, options);
  assert.equal(shares.length, 4, "37 keys are enough for all shards");
  const shardOf = new Map<string, number>();
  for (const { shard, lines, bytes } of shares) {
    const found = texts(lines).map((text) => JSON.parse(text));
    assert.equal(bytes, texts(lines).join("\n").length + 1);
    assert.deepEqual(found.map(({ id }) => id), found.map(({ id }) => id).sort((a, b) => a - b));
    for (const { page } of found) {
      assert.equal(shardOf.get(page) ?? shard, shard, `${page} is in one shard`);
      shardOf.set(page, shard);
    }
  }
  assert.equal(shares.reduce((sum, { lines }) => sum + lines.length, 0), 1000);
  assert.deepEqual(routeEvents(lines, options), shares, "it is the same each time");
});

test("what has no key goes somewhere, the same each time", () => {
  const lines = splitLines(bytes('no event\n[1]\nnull\n{"page":{"x":1}}\n{}\n'), 10);
  const options = { shards: 4, keyFields: ["page"], maxEventBytes: 1000 };
  const shares = routeEvents(lines, options);
  assert.equal(shares.reduce((sum, { lines }) => sum + lines.length, 0), 5);
  assert.deepEqual(routeEvents(lines, options), shares);
});
