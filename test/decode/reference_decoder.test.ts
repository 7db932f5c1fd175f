import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JSON_TEXT } from "../../src/columns/kind.ts";
import { MAX_BATCH_FIELDS } from "../../src/decode/reference_decoder.ts";
import { assertConserved, decodeAll, decodeOne, eventsOf, joined, utf8 } from "./decode_helpers.ts";

test("decoder: bytes that are no UTF-8 come back out of a dead letter", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }).filter((b) => !b.includes(10)), (bytes) => {
      for (const { reason, rawBase64 } of decodeAll(bytes).flatMap((b) => b.deadLetters)) {
        if (reason !== "invalid-utf8") continue;
        const binary = atob(rawBase64!);
        assert.deepEqual(Uint8Array.from(binary, (char) => char.charCodeAt(0)), joined(bytes));
      }
    }),
  );
});

/** A line, and whether it is an event, a dead letter or nothing. */
const LINE: fc.Arbitrary<readonly [line: Uint8Array, kind: "event" | "dead" | "blank"]> = fc.oneof(
  fc.record({ a: fc.integer(), b: fc.string(), "ü": fc.array(fc.double()) }).map((value) =>
    [utf8(JSON.stringify(value)), "event"] as const
  ),
  fc.constantFrom("{", "ü", "1", "[]", '{"a":1e400}', "\0").map((text) =>
    [utf8(text), "dead"] as const
  ),
  fc.constantFrom([0xff], [0x7b, 0x80], [0xe2, 0x82]).map((bytes) =>
    [Uint8Array.from(bytes), "dead"] as const
  ),
  fc.constantFrom("", " ", "\t\r").map((text) => [utf8(text), "blank"] as const),
);

test("decoder: every line is an event or a dead letter, at its own place, in any batches", () => {
  fc.assert(
    fc.property(
      fc.array(LINE, { maxLength: 20 }),
      fc.constantFrom("\n", "\r\n"),
      fc.integer({ min: 1, max: 300 }),
      fc.boolean(),
      (lines, newline, batchBytes, hasMark) => {
        const mark = hasMark ? utf8("\uFEFF") : utf8("");
        const bytes = joined(mark, ...lines.flatMap(([line]) => [line, newline]));
        const batches = decodeAll(bytes, { batchBytes });
        assertConserved(batches);
        const dead = batches.flatMap((batch) => batch.deadLetters);
        const expected: { line: number; offset: number; raw: string }[] = [];
        let offset = mark.length;
        for (const [i, [line, kind]] of lines.entries()) {
          const raw = new TextDecoder().decode(line);
          if (kind === "dead") expected.push({ line: i + 1, offset, raw });
          offset += line.length + newline.length;
        }
        assert.deepEqual(dead.map(({ line, offset, raw }) => ({ line, offset, raw })), expected);
        const events = batches.flatMap((batch) =>
          Array.from({ length: batch.rows }, (_, row) => batch.line(row))
        );
        assert.deepEqual(
          events.map(({ raw }) => raw),
          lines.filter(([, kind]) => kind === "event").map(([line]) =>
            new TextDecoder().decode(line)
          ),
        );
        for (const { line, offset, raw } of events) {
          assert.deepEqual(bytes.slice(offset, offset + utf8(raw).length), utf8(raw));
          assert.equal(raw, new TextDecoder().decode(lines[line - 1]![0]));
        }
      },
    ),
  );
});

test("decoder: lines keep their numbers where an earlier run had read into one of them", () => {
  const source = '{"a":1}\n{"a":2}\nx\n';
  const whole = decodeAll(source).flatMap((batch) => batch.deadLetters);
  assert.deepEqual(whole.map(({ line, offset }) => [line, offset]), [[3, 16]]);
  // The run before found `{"a":2}` at the end, without a newline.
  const batches = decodeAll(source, { cutAt: [15] });
  assert.deepEqual(batches.map(({ rows, nextLine }) => [rows, nextLine]), [[2, 2], [0, 4]]);
  assert.deepEqual(batches[1]!.deadLetters.map(({ line, offset }) => [line, offset]), [[3, 16]]);
  // Or half of it.
  const torn = decodeAll(source, { cutAt: [10] });
  assert.deepEqual(
    torn.flatMap(({ deadLetters }) =>
      deadLetters.map(({ line, offset, raw }) => [line, offset, raw])
    ),
    [[2, 8, '{"'], [2, 10, 'a":2}'], [3, 16, "x"]],
  );
});

test("decoder: a line that is too long is as long as it is, with a newline or without", () => {
  const long = `{"a":"${"x".repeat(5000)}"}`;
  for (const newline of ["\n", ""]) {
    for (const before of ["", '{"a":1}\n']) {
      for (const batchBytes of [1, 8, 9, 100, 1 << 20]) {
        const batches = decodeAll(before + long + newline, { batchBytes, maxEventBytes: 100 });
        const [letter] = batches.flatMap((batch) => batch.deadLetters);
        assert.equal(letter!.reason, "too-long");
        assert.equal(letter!.bytes, long.length);
        assert.equal(letter!.raw, long.slice(0, 100));
        assert.deepEqual([letter!.offset, letter!.line], [before.length, before === "" ? 1 : 2]);
      }
    }
  }
});

test("decoder: a line of exactly the longest length is an event wherever the batch ends", () => {
  for (const letter of ["x", "日"]) {
    const line = `{"a":"${letter.repeat(30)}"}`;
    const maxEventBytes = utf8(line).length;
    for (let batchBytes = 1; batchBytes < 120; batchBytes++) {
      const [taken] = decodeAll(`${line}\n`, { batchBytes, maxEventBytes });
      assert.deepEqual([taken!.rows, taken!.accepted], [1, 1]);
      const [refused] = decodeAll(`${line}\n`, { batchBytes, maxEventBytes: maxEventBytes - 1 });
      assert.deepEqual(refused!.deadLetters.map(({ reason }) => reason), ["too-long"]);
      assert.equal(refused!.deadLetters[0]!.bytes, maxEventBytes);
    }
  }
});

test("decoder: a malformed line of many megabytes is one dead letter", () => {
  const source = `{"a":"${"x".repeat(16 << 20)}"`;
  const [letter] = decodeOne(source, { maxEventBytes: 32 << 20 }).deadLetters;
  assert.equal(letter!.reason, "malformed-json");
});

function manyFields(count: number, prefix: string): string {
  const members = Array.from({ length: count }, (_, i) => `"${prefix}${i}":${i}`);
  return `{${members.join(",")}}\n`;
}

test("decoder: more fields than a batch can hold", () => {
  const { rows, columns, deadLetters } = decodeOne(
    manyFields(1500, "a") + manyFields(501, "b") + manyFields(500, "c") + manyFields(1, "d") +
      manyFields(1500, "a") + "{}\n" + manyFields(2001, "e"),
  );
  assert.equal(rows, 4);
  assert.equal(columns.size, MAX_BATCH_FIELDS);
  assert.deepEqual(deadLetters.map(({ reason, line }) => [reason, line]), [
    ["too-many-fields", 2],
    ["too-many-fields", 4],
    ["too-many-fields", 7],
  ]);
  assert.equal(
    deadLetters[0]!.message,
    "the event brings 501 new fields to a batch that has 1500; it can hold 2000",
  );
});

test("decoder: how many fields a batch can hold does not depend on the batches before it", () => {
  const batches = decodeAll(
    manyFields(2000, "a") + manyFields(2000, "b") + manyFields(2000, "c"),
    { batchBytes: 1 },
  );
  assert.deepEqual(batches.map(({ rows, columns }) => [rows, columns.size]), [
    [1, 2000],
    [1, 2000],
    [1, 2000],
  ]);
});

test("decoder: which structs are kept as text does not depend on the batches before", () => {
  const line = (prefix: string) => `{"s":${manyFields(600, prefix).trim()}}\n`;
  const half = line("a").length;
  const source = line("a") + "\n".repeat(half) + line("b") + line("b");
  const [first, second] = decodeAll(source, { batchBytes: 2 * half });
  assert.deepEqual([first!.rows, second!.rows], [1, 2]);
  const struct = first!.columns.get("s")!.kinds[0];
  assert.deepEqual(Array.from(second!.columns.get("s")!.kinds.subarray(0, 2)), [struct, struct]);
  const wide = decodeOne(line("a") + line("b") + line("a"));
  assert.deepEqual(Array.from(wide.columns.get("s")!.kinds.subarray(0, 3)), [
    struct,
    struct,
    JSON_TEXT,
  ]);
  assert.equal(eventsOf(wide)[2], eventsOf(wide)[0]);
});

test("decoder: without a time field, events have the time they were decoded at", () => {
  const { times } = decodeOne('{"a":1}\n{"a":2}\n', { now: () => 1654042500123 });
  assert.deepEqual(Array.from(times), [1654042500123000, 1654042500123000]);
});
