import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeadLetter } from "../../src/decode/dead_letter.ts";
import {
  assertConserved,
  decodeAll,
  type DecodeAllOptions,
  eventsOf,
  joined,
  sha256,
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

test("decoder: a dead letter of each kind is the same in every runtime", async () => {
  const letters = Object.values(CASES).flatMap(({ source, options }) =>
    decodeAll(source, options).flatMap((batch) => batch.deadLetters)
  );
  assert.equal(
    await sha256(JSON.stringify(letters)),
    "ec25ec6e4a213825dc6e2117f0c05e01b20755311ed22ea214529d6cc3377926",
  );
});
