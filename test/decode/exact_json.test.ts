import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JsonFloat, type JsonValue } from "../../src/columns/json_value.ts";
import { MAY_BLUR, parseExact } from "../../src/decode/exact_json.ts";

/** The values as `JSON.parse` has them: whole floats as numbers, long integers rounded. */
function blurred(value: JsonValue): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof JsonFloat) return value.value;
  if (Array.isArray(value)) return value.map(blurred);
  const object = {};
  for (const [name, member] of Object.entries(value)) {
    Object.defineProperty(object, name, {
      value: blurred(member),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}

/** JSON text with white space strewn in between the tokens. */
function spaced(text: string, spaces: readonly string[]): string {
  let i = 0;
  return text.replaceAll(
    /"(?:[^"\\]|\\.)*"|[[\]{},:]/g,
    (token) => spaces[i++ % spaces.length]! + token + spaces[i++ % spaces.length]!,
  );
}

const SPACES = fc.array(fc.constantFrom("", " ", "\t", "\r", "\n", " \r\n\t"), { minLength: 1 });

test("exact JSON: the same values as JSON.parse has", () => {
  fc.assert(
    fc.property(fc.jsonValue(), SPACES, (value, spaces) => {
      const text = spaced(JSON.stringify(value), spaces);
      assert.deepEqual(blurred(parseExact(text)), JSON.parse(text));
    }),
    { numRuns: 300 },
  );
});

test("exact JSON: strings with every kind of escape", () => {
  for (
    const text of [
      String.raw`"\"\\\/\b\f\n\r\t\u0041\uD83D\uDE00\ud800"`,
      String.raw`{"\\":"\\","\"":"\""}`,
      String.raw`["\\\\","]","}",",",":"]`,
    ]
  ) assert.deepEqual(blurred(parseExact(text)), JSON.parse(text));
});

const NUMBERS: readonly [text: string, value: JsonValue][] = [
  ["0", 0],
  ["-0", -0],
  ["1", 1],
  ["-1", -1],
  ["1.5", 1.5],
  ["9007199254740991", 9007199254740991],
  ["9007199254740992", 9007199254740992n],
  ["9007199254740993", 9007199254740993n],
  ["-9007199254740993", -9007199254740993n],
  ["9223372036854775807", 2n ** 63n - 1n],
  ["-9223372036854775808", -(2n ** 63n)],
  ["9223372036854775808", new JsonFloat(2 ** 63)],
  ["-9223372036854775809", new JsonFloat(-(2 ** 63))],
  ["100000000000000000000000", new JsonFloat(1e23)],
  ["1.0", new JsonFloat(1)],
  ["-0.0", new JsonFloat(-0)],
  ["0e0", new JsonFloat(0)],
  ["1e3", new JsonFloat(1000)],
  ["1E+3", new JsonFloat(1000)],
  ["1.5e3", new JsonFloat(1500)],
  ["1e-3", 0.001],
  ["1e-400", new JsonFloat(0)],
  ["1e400", Infinity],
  ["123456789012345678.5", new JsonFloat(123456789012345680)],
];

for (const [text, value] of NUMBERS) {
  test(`exact JSON: the number ${text}`, () => {
    assert.deepEqual(parseExact(text), value);
    assert.deepEqual(parseExact(`[${text}]`), [value]);
    assert.deepEqual(
      parseExact(`{"a": ${text} }`),
      Object.assign(Object.create(null), {
        a: value,
      }),
    );
  });
}

test("exact JSON: integers of 64 bits, digit by digit", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (integer) => {
      const value = parseExact(String(integer));
      assert.equal(typeof value === "number" ? BigInt(value) : value, integer);
      assert.equal(typeof value === "number", Number.isSafeInteger(Number(integer)));
    }),
  );
});

test("exact JSON: the last of two members of one name wins, in the first one's place", () => {
  const value = parseExact('{"a":1,"b":2,"a":1.0,"__proto__":3,"__proto__":4}');
  assert.deepEqual(Object.entries(value as object), [
    ["a", new JsonFloat(1)],
    ["b", 2],
    ["__proto__", 4],
  ]);
});

test("exact JSON: nesting of any depth is no trouble where its value is thrown away", () => {
  const deep = "[".repeat(200_000) + "]".repeat(200_000);
  const value = parseExact(`{"a":${deep},"b":{"a":${deep.replaceAll("[]", '["]",{}]')}},"a":1.0}`);
  assert.deepEqual((value as { a: JsonValue }).a, new JsonFloat(1));
});

/** A number as a JSON writer might put it. */
const NUMBER_TEXT: fc.Arbitrary<string> = fc.oneof(
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }).map(String),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.tuple(fc.integer(), fc.stringMatching(/^\.[0-9]{1,24}$/)).map(([a, b]) => a + b),
  fc.tuple(fc.integer(), fc.stringMatching(/^\.(0{10,24}[0-9]|9{10,24})$/)).map(([a, b]) => a + b),
  fc.tuple(fc.integer(), fc.stringMatching(/^(\.[0-9]{1,4})?[eE][+-]?[0-9]{1,3}$/)).map(([a, b]) =>
    a + b
  ),
).filter((text) => /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text));

test("what may blur: a number that JSON.parse and the exact reader see differently is found", () => {
  fc.assert(
    fc.property(NUMBER_TEXT, SPACES, (number, spaces) => {
      const exact = parseExact(number);
      const plain = JSON.parse(number) as number;
      const isBlurred = typeof exact !== "number";
      for (const line of [`{"a":${number}}`, `{"a":[1,${number}]}`, `{"a":[${number}]}`]) {
        const text = spaced(line, spaces);
        if (isBlurred) assert.match(text, MAY_BLUR);
      }
      if (!isBlurred) assert.ok(Object.is(exact, plain));
    }),
    { numRuns: 1000 },
  );
});

test("what may blur: nearly nothing in what most lines look like", () => {
  for (
    const line of [
      '{"a":1,"b":-12.75,"c":"1.0","d":true,"e":[1,2.5,null]}',
      '{"time":"2022-06-01 00:15:00.500000","n":1654042500000,"lat":52.520008,"lon":13.404954}',
      '{"ratio":0.30000000000000004,"big":123456789012345}',
    ]
  ) assert.doesNotMatch(line, MAY_BLUR);
});
