import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JSON_TEXT } from "../../src/columns/kind.ts";
import type { ColumnBatch } from "../../src/columns/column_batch.ts";
import type { DeadLetter } from "../../src/decode/dead_letter.ts";
import { MAX_BATCH_FIELDS } from "../../src/decode/reference_decoder.ts";
import {
  decodeAll,
  type DecodeAllOptions,
  decodeOne,
  eventsOf,
  joined,
  sha256,
  utf8,
} from "./decode_helpers.ts";

const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const nestedObjects = (levels: number) => '{"a":'.repeat(levels) + "1" + "}".repeat(levels);

interface Case {
  readonly source: string | Uint8Array;
  readonly options?: DecodeAllOptions;
  /** As canonical JSON. */
  readonly events?: readonly string[];
  readonly deadLetters?: readonly Partial<DeadLetter>[];
}

/** What the decoder makes of input of every kind. */
const CASES: Readonly<Record<string, Case>> = {
  "nothing at all": { source: "" },
  "blank lines": {
    source: '\n \r\n{"a":1}\n\t\n\n{"a":2}\n\r\n',
    events: ['{"a":1}', '{"a":2}'],
  },
  "CRLF, and no newline at the end": {
    source: '{"a":1}\r\n{"a":2}\r\n{"a":3}',
    events: ['{"a":1}', '{"a":2}', '{"a":3}'],
  },
  "a UTF-8 byte order mark": {
    source: '\uFEFF{"a":1}\n{"a":"\uFEFFx"}\n',
    events: ['{"a":1}', '{"a":"\uFEFFx"}'],
  },
  "a byte order mark, and nothing else": { source: "\uFEFF" },
  "a byte order mark where there may be none": {
    source: '{"a":1}\n\uFEFF{"a":2}\n',
    events: ['{"a":1}'],
    deadLetters: [{ reason: "malformed-json", line: 2, offset: 8, raw: '\uFEFF{"a":2}' }],
  },
  "lines that are not JSON": {
    source: '{"a":1}\n{"a":}\n{"a":2}\nhello\n{"a":3} x\n',
    events: ['{"a":1}', '{"a":2}'],
    deadLetters: [
      { reason: "malformed-json", line: 2, offset: 8, raw: '{"a":}' },
      { reason: "malformed-json", line: 4, offset: 23, raw: "hello" },
      { reason: "malformed-json", line: 5, offset: 29, raw: '{"a":3} x' },
    ],
  },
  "JSON as JavaScript would have it": {
    source: '{a:1}\n{\'a\':1}\n{"a":1,}\n{"a":NaN}\n{"a":01}\n{"a":.5}\n{"a":+1}\n',
    deadLetters: Array.from({ length: 7 }, () => ({ reason: "malformed-json" as const })),
  },
  "a last line that was cut off": {
    source: '{"a":1}\n{"a":"xyz',
    events: ['{"a":1}'],
    deadLetters: [{ reason: "malformed-json", line: 2, offset: 8, raw: '{"a":"xyz' }],
  },
  "positions after text of many bytes": {
    source: '{"ä":"日本"}\r\n{"😀":}\r\nß\r\n{"é":1}',
    events: ['{"ä":"日本"}', '{"é":1}'],
    deadLetters: [
      { reason: "malformed-json", line: 2, offset: 17, raw: '{"😀":}' },
      { reason: "malformed-json", line: 3, offset: 28, raw: "ß" },
    ],
  },
  "values that are no objects": {
    source: 'null\ntrue\n1\n"a"\n[{"a":1}]\n',
    deadLetters: [
      { line: 1, offset: 0, raw: "null", message: "the line holds null, not an object" },
      { line: 2, offset: 5, raw: "true", message: "the line holds a boolean, not an object" },
      { line: 3, offset: 10, raw: "1", message: "the line holds a number, not an object" },
      { line: 4, offset: 12, raw: '"a"', message: "the line holds a string, not an object" },
      { line: 5, offset: 16, raw: '[{"a":1}]', message: "the line holds an array, not an object" },
    ].map((letter) => ({ reason: "not-an-object" as const, ...letter })),
  },
  "an array that is no object and nested without end": {
    source: `${nested(300_000)}\n`,
    options: { maxEventBytes: 1 << 20 },
    deadLetters: [{ reason: "not-an-object", line: 1 }],
  },
  "64 levels are fine": {
    source: `${nestedObjects(64)}\n{"a":${nested(63)}}\n`,
    events: [nestedObjects(64), `{"a":${nested(63)}}`],
  },
  "65 levels are not": {
    source: `${nestedObjects(65)}\n{"a":${nested(64)}}\n{"a":1}\n`,
    events: ['{"a":1}'],
    deadLetters: [
      { reason: "too-deep", line: 1, offset: 0, raw: nestedObjects(65) },
      { reason: "too-deep", line: 2, offset: 392, raw: `{"a":${nested(64)}}` },
    ],
  },
  "nesting without end": {
    source: `${nestedObjects(100_000)}\n${"[".repeat(100_000)}\n{"a":${"[".repeat(100_000)}\n`,
    deadLetters: [
      { reason: "too-deep", line: 1 },
      { reason: "malformed-json", line: 2 },
      { reason: "malformed-json", line: 3 },
    ],
  },
  "too deep, but replaced by a later member of its name": {
    source: `{"a":${nested(100_000)},"a":1}\n{"a":${nested(100_000)},"a":1.0}\n`,
    events: ['{"a":1}', '{"a":1.0}'],
  },
  "lines that are too long": {
    source: `{"a":"${"x".repeat(42)}"}\n{"a":"${"x".repeat(43)}"}\n{"a":"${"ä".repeat(22)}"}\n`,
    options: { maxEventBytes: 50 },
    events: [`{"a":"${"x".repeat(42)}"}`],
    deadLetters: [
      { reason: "too-long", line: 2, offset: 51, bytes: 51, raw: `{"a":"${"x".repeat(43)}"` },
      { reason: "too-long", line: 3, offset: 103, bytes: 52, raw: `{"a":"${"ä".repeat(22)}` },
    ],
  },
  "invalid UTF-8": {
    source: joined('{"a":"', Uint8Array.of(0xff, 0xfe), '"}\n{"a":"é"}\n', Uint8Array.of(0xc3)),
    events: ['{"a":"é"}'],
    deadLetters: [
      {
        reason: "invalid-utf8",
        line: 1,
        offset: 0,
        raw: '{"a":"\uFFFD\uFFFD"}',
        rawBase64: btoa('{"a":"\xff\xfe"}'),
      },
      { reason: "invalid-utf8", line: 3, offset: 22, raw: "\uFFFD", rawBase64: btoa("\xc3") },
    ],
  },
  "UTF-8 that Unicode does not allow": {
    source: joined(
      Uint8Array.of(0xed, 0xa0, 0x80, 10),
      Uint8Array.of(0xc0, 0x80, 10),
      Uint8Array.of(0xf4, 0x90, 0x80, 0x80, 13, 10),
      Uint8Array.of(0xf0, 0x9f, 0x98, 10),
    ),
    deadLetters: [
      { raw: "\uFFFD".repeat(3), rawBase64: btoa("\xed\xa0\x80") },
      { raw: "\uFFFD".repeat(2), rawBase64: btoa("\xc0\x80") },
      { raw: "\uFFFD".repeat(4), rawBase64: btoa("\xf4\x90\x80\x80\r") },
      { raw: "\uFFFD", rawBase64: btoa("\xf0\x9f\x98") },
    ].map((letter) => ({ reason: "invalid-utf8" as const, ...letter })),
  },
  "NUL bytes": {
    source: '{"a":"\0"}\n\0{"a":1}\n{"a":"\\u0000"}\n\0\n',
    events: ['{"a":"\\u0000"}'],
    deadLetters: [
      { reason: "malformed-json", line: 1, offset: 0, raw: '{"a":"\0"}' },
      { reason: "malformed-json", line: 2, offset: 10, raw: '\0{"a":1}' },
      { reason: "malformed-json", line: 4, raw: "\0" },
    ],
  },
  "the last of several members of one name": {
    source: '{"a":1,"b":2,"a":"x"}\n{"a":{"b":1,"b":2}}\n{"a":1e999,"a":3}\n',
    events: ['{"a":"x","b":2}', '{"a":{"b":2}}', '{"a":3}'],
  },
  "names that objects of JavaScript have": {
    source: '{"__proto__":{"x":1},"constructor":2}\n{"toString":1,"a":{"__proto__":[1.0]}}\n' +
      '{"hasOwnProperty":null,"valueOf":"v","a":{"__proto__":2,"constructor":3.0}}\n',
    events: [
      '{"__proto__":{"x":1},"constructor":2}',
      '{"toString":1,"a":{"__proto__":[1.0]}}',
      '{"a":{"__proto__":2,"constructor":3.0},"hasOwnProperty":null,"valueOf":"v"}',
    ],
  },
  "empty objects, and names of every kind": {
    source: '{}\n{"":1," ":2,"a.b":3,"ä":4}\n{"1":1,"0":0}\n',
    events: ["{}", '{"":1," ":2,"a.b":3,"ä":4}', '{"0":0,"1":1}'],
  },
  "lone surrogates": {
    source: '{"a":"x\\ud800y","b":"\\udc00\\ud800"}\n{"\\ud800":1}\n{"\\udfff":2,"\\ufffd":3}\n' +
      '{"s":{"\\ud800":1,"\\udfff":2}}\n{"a":"\\ud83d\\ude00"}\n',
    events: [
      '{"a":"x\uFFFDy","b":"\uFFFD\uFFFD"}',
      '{"\uFFFD":1}',
      '{"\uFFFD":3}',
      '{"s":{"\uFFFD":2}}',
      '{"a":"😀"}',
    ],
  },
  "integers": {
    source: '{"a":9007199254740993,"b":-0,"c":9223372036854775807}\n' +
      '{"a":[-9223372036854775808, 9223372036854775808, 123456789012345678901234567890]}\n',
    events: [
      '{"a":9007199254740993,"b":0,"c":9223372036854775807}',
      '{"a":[-9223372036854775808,9223372036854776000.0,1.2345678901234568e+29]}',
    ],
  },
  "numbers with a fraction or an exponent": {
    source: '{"a":1.0,"b":1e3,"c":-0.0,"d":1.5}\n{"a":16.999999999999999999,"b":[1E2]}\n',
    events: ['{"a":1.0,"b":1000.0,"c":-0.0,"d":1.5}', '{"a":17.0,"b":[100.0]}'],
  },
  "numbers beyond float64": {
    source: `{"a":1e400}\n{"a":[{"b":-1e999}]}\n{"a":1${"0".repeat(400)}}\n{"a":1e-400}\n`,
    events: ['{"a":0.0}'],
    deadLetters: [
      { reason: "number-out-of-range", line: 1, offset: 0, raw: '{"a":1e400}' },
      { reason: "number-out-of-range", line: 2, offset: 12, raw: '{"a":[{"b":-1e999}]}' },
      { reason: "number-out-of-range", line: 3 },
    ],
  },
  "a field of many types": {
    source: '{"a":1}\n{"a":"x"}\n{"a":null}\n{"b":1}\n{"a":[1,"x",null,{}]}\n{"a":{"b":true}}\n',
    events: [
      '{"a":1}',
      '{"a":"x"}',
      '{"a":null}',
      '{"b":1}',
      '{"a":[1,"x",null,{}]}',
      '{"a":{"b":true}}',
    ],
  },
  "times": {
    source: '{"t":"2022-06-01T00:15:00Z","a":1}\n{"t":1654042500000}\n{"t":1654042500000.5}\n',
    options: { time: { field: "t", unit: "ms" } },
    events: [
      '{"a":1,"t":"2022-06-01T00:15:00.000000Z"}',
      '{"t":"2022-06-01T00:15:00.000000Z"}',
      '{"t":"2022-06-01T00:15:00.000500Z"}',
    ],
  },
  "no time": {
    source: '{"a":1}\n{"t":null}\n{"T":1}\n{"a":{"t":1}}\n{}\n{"t":0}\n',
    options: { time: { field: "t", unit: "ms" } },
    events: ['{"t":"1970-01-01T00:00:00.000000Z"}'],
    deadLetters: [
      { line: 1, offset: 0, raw: '{"a":1}', message: 'the time field "t" is absent' },
      { line: 2, offset: 8, raw: '{"t":null}', message: 'the time field "t" is absent' },
      { line: 3, offset: 19, raw: '{"T":1}' },
      { line: 4, offset: 27, raw: '{"a":{"t":1}}' },
      { line: 5, offset: 41, raw: "{}" },
    ].map((letter) => ({ reason: "missing-time" as const, ...letter })),
  },
  "a time field with the name of what every object has": {
    source: '{"a":1}\n{"__proto__":5}\n',
    options: { time: { field: "__proto__", unit: "ms" } },
    events: ['{"__proto__":"1970-01-01T00:00:00.005000Z"}'],
    deadLetters: [{ reason: "missing-time", line: 1 }],
  },
  "times that are none": {
    source: '{"t":"yesterday"}\n{"t":true}\n{"t":[1.0]}\n{"t":{"valueOf":1}}\n{"t":{"a":1.0}}\n' +
      '{"t":1e300}\n{"t":9223372036854775807}\n{"t":"9999-01-01"}\n',
    options: { time: { field: "t", unit: "ms" } },
    deadLetters: [
      { message: 'the time field "t" is not a time: "yesterday"', line: 1, offset: 0 },
      { message: 'the time field "t" is not a time: true', line: 2, offset: 18 },
      { message: 'the time field "t" is not a time: [1]', line: 3 },
      { message: 'the time field "t" is not a time: {"valueOf":1}', line: 4 },
      { message: 'the time field "t" is not a time: {"a":1}', line: 5 },
      { message: 'the time field "t" is not a time: 1e+300', line: 6 },
      { message: 'the time field "t" is not a time: "9223372036854775807"', line: 7 },
      { message: 'the time field "t" is not a time: "9999-01-01"', line: 8 },
    ].map((letter) => ({ reason: "invalid-time" as const, ...letter })),
  },
};

for (const [name, { source, options, events = [], deadLetters = [] }] of Object.entries(CASES)) {
  test(`decoder: ${name}`, () => {
    const batches = decodeAll(source, { batchBytes: 4 << 20, ...options });
    const found = batches.flatMap((batch) => batch.deadLetters);
    assert.deepEqual(sortedMembers(batches.flatMap(eventsOf)), sortedMembers(events));
    assert.equal(found.length, deadLetters.length, JSON.stringify(found).slice(0, 1000));
    for (const [i, expected] of deadLetters.entries()) {
      const actual = Object.fromEntries(
        Object.entries(found[i]!).filter(([member]) => member in expected),
      );
      assert.deepEqual(actual, expected);
    }
    assertConserved(batches);
  });
}

/** Objects with their members in order: which one comes first says nothing. */
function sortedMembers(events: readonly string[]): unknown[] {
  return events.map((event) => event.slice(1, -1).split(/,(?=")/).sort());
}

function assertConserved(batches: readonly ColumnBatch[]): void {
  for (const batch of batches) {
    assert.equal(batch.accepted, batch.rows + batch.deadLetters.length);
    assert.equal(batch.times.length, batch.rows);
    for (const column of batch.columns.values()) assert.ok(column.kinds.length >= batch.rows);
  }
}

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

test("decoder: a dead letter of each kind is the same in every runtime", async () => {
  const letters = Object.values(CASES).flatMap(({ source, options }) =>
    decodeAll(source, options).flatMap((batch) => batch.deadLetters)
  );
  assert.equal(
    await sha256(JSON.stringify(letters)),
    "ec25ec6e4a213825dc6e2117f0c05e01b20755311ed22ea214529d6cc3377926",
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
  const batches = decodeAll(source, { cutAt: 15 } as DecodeAllOptions);
  assert.deepEqual(batches.map(({ rows, nextLine }) => [rows, nextLine]), [[2, 2], [0, 4]]);
  assert.deepEqual(batches[1]!.deadLetters.map(({ line, offset }) => [line, offset]), [[3, 16]]);
  // Or half of it.
  const torn = decodeAll(source, { cutAt: 10 } as DecodeAllOptions);
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
