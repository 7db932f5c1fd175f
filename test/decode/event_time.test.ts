import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseTimeText, timestampText } from "../../src/columns/time_text.ts";
import { parseEventTime, type TimeUnit } from "../../src/decode/event_time.ts";
import { parseExact } from "../../src/decode/exact_json.ts";

const FIRST = Date.UTC(2022, 5, 1, 0, 15) * 1000;

const TIMES: Readonly<Record<string, number>> = {
  "2022-06-01 00:15:00.500000": FIRST + 500_000,
  "2022-06-01T00:15:00.500000": FIRST + 500_000,
  "2022-06-01T00:15:00.500000Z": FIRST + 500_000,
  "2022-06-01t00:15:00.5z": FIRST + 500_000,
  "2022-06-01 00:15:00,25": FIRST + 250_000,
  "2022-06-01 00:15:00.1": FIRST + 100_000,
  "2022-06-01 00:15:00.123456": FIRST + 123_456,
  "2022-06-01 00:15:00.1234567": FIRST + 123_456,
  "2022-06-01 00:15:00.123456999": FIRST + 123_456,
  "2022-06-01T00:15:00Z": FIRST,
  "2022-06-01T00:15:00 Z": FIRST,
  "2022-06-01T00:15Z": FIRST,
  "2022-06-01 00:15": FIRST,
  "2022-06-01": FIRST - 15 * 60_000_000,
  "2022-06-01T02:15:00+02:00": FIRST,
  "2022-06-01T02:15:00 +02:00": FIRST,
  "2022-06-01T02:15:00+0200": FIRST,
  "2022-06-01T02:15:00+02": FIRST,
  "2022-06-01T05:45:00.5+05:30": FIRST + 500_000,
  "2022-05-31T16:15:00-08:00": FIRST,
  "2022-06-01T00:15:00-00:00": FIRST,
  "2022-06-02T00:14:00+23:59": FIRST,
  "2022-06-01T24:00:00": FIRST + 23.75 * 3_600_000_000,
  "2016-12-31T23:59:60Z": Date.UTC(2017, 0, 1) * 1000,
  "2016-12-31T23:59:60.25Z": Date.UTC(2017, 0, 1) * 1000 + 250_000,
  "2016-12-31 23:59:60.250000": Date.UTC(2017, 0, 1) * 1000 + 250_000,
  "2020-02-29": Date.UTC(2020, 1, 29) * 1000,
  "2000-02-29": Date.UTC(2000, 1, 29) * 1000,
  "1969-12-31T23:59:59.999999Z": -1,
  "1970-01-01": 0,
  "1684-07-28T00:12:25.259009Z": -Number.MAX_SAFE_INTEGER,
  "2255-06-05T23:47:34.740991Z": Number.MAX_SAFE_INTEGER,
};

for (const [text, micros] of Object.entries(TIMES)) {
  test(`event time of ${JSON.stringify(text)}`, () => {
    assert.equal(parseTimeText(text), micros);
  });
}

const NO_TIMES = [
  "",
  "now",
  "2022",
  "2022-06",
  "2022-6-1",
  "2022-00-01",
  "2022-13-01",
  "2022-06-00",
  "2022-06-31",
  "2022-02-29",
  "1900-02-29",
  "2022-06-01T",
  "2022-06-01T12",
  "2022-06-01Z",
  "2022-06-01T25:00:00Z",
  "2022-06-01T24:00:01Z",
  "2022-06-01T24:00:00.000001",
  "2022-06-01T12:60:00Z",
  "2022-06-01T12:00:61Z",
  "2022-06-01T12:00:00.Z",
  "2022-06-01T12:00:00.1234567890Z",
  "2022-06-01T12:00:00+24:00",
  "2022-06-01T12:00:00+02:60",
  "2022-06-01T12:00:00+2",
  "2022-06-01T12:00:00 ",
  " 2022-06-01T12:00:00",
  "2022-06-01T12:00:00Z\n",
  "2022-06-01  12:00:00",
  "2022/06/01 12:00:00",
  "20220601T120000Z",
  "2022-W22-3",
  "+02022-06-01T00:00:00Z",
  "２０２２-06-01",
  "2022-06-01 00:15:0x.500000",
  "20x2-06-01 00:15:00.500000",
  "2022-06-01 00:15:00.50000x",
  "2022-06-01x00:15:00.500000",
  "1684-07-28T00:12:25.259008Z",
  "2255-06-05T23:47:34.740992Z",
  "0001-01-01",
  "9999-12-31",
  "1654042500000",
];

for (const text of NO_TIMES) {
  test(`no event time: ${JSON.stringify(text)}`, () => {
    assert.equal(parseTimeText(text), undefined);
  });
}

test("event time: text as toISOString writes it, back and forth", () => {
  fc.assert(
    fc.property(fc.integer({ min: -9_007_199_254_740, max: 9_007_199_254_740 }), (ms) => {
      const text = new Date(ms).toISOString();
      assert.equal(parseTimeText(text), ms * 1000);
      assert.equal(parseTimeText(text.slice(0, -1)), ms * 1000);
      assert.equal(timestampText(BigInt(ms) * 1000n), text.replace("Z", "000Z"));
    }),
  );
});

test("event time: text of microseconds, back and forth", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (micros) => {
      assert.equal(parseTimeText(timestampText(BigInt(micros))), micros);
    }),
  );
});

/** What a JSON value says, read as the decoder reads it. */
function timeOf(json: string, unit: TimeUnit): number | undefined {
  return parseEventTime(parseExact(json), unit);
}

test("event time: numbers of each unit, whole and with fractions", () => {
  assert.equal(timeOf("1654042500", "s"), FIRST);
  assert.equal(timeOf("1654042500.0", "s"), FIRST);
  assert.equal(timeOf("1.6540425e9", "s"), FIRST);
  assert.equal(timeOf("1654042500000", "ms"), FIRST);
  assert.equal(timeOf("1654042500000000", "us"), FIRST);
  assert.equal(timeOf("1654042500000000000", "ns"), FIRST);
  assert.equal(timeOf("0", "s"), 0);
  assert.equal(timeOf("-1", "ms"), -1000);
});

test("event time: nanoseconds are cut off exactly, though they are beyond 2^53", () => {
  assert.equal(timeOf("1654042500123456000", "ns"), FIRST + 123_456);
  assert.equal(timeOf("1654042500123456999", "ns"), FIRST + 123_456);
  assert.equal(timeOf("999", "ns"), 0);
  assert.equal(timeOf("-1", "ns"), -1);
  assert.equal(timeOf("-1654042500123456001", "ns"), -FIRST - 123_457);
});

test("event time: the microseconds of a decimal fraction are those that were written", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), (micros) => {
      const [seconds, rest] = [Math.floor(micros / 1e6), String(micros % 1e6).padStart(6, "0")];
      assert.equal(timeOf(`${seconds}.${rest}`, "s"), micros);
      const [ms, digits] = [Math.floor(micros / 1e3), String(micros % 1e3).padStart(3, "0")];
      assert.equal(timeOf(`${ms}.${digits}`, "ms"), micros);
      assert.equal(timeOf(`${micros}`, "us"), micros);
      assert.equal(timeOf(`${micros}123`, "ns"), micros);
    }),
  );
});

test("event time: numbers out of range, and values that are no times", () => {
  assert.equal(timeOf("9007199254740991", "us"), Number.MAX_SAFE_INTEGER);
  assert.equal(timeOf("9007199254740992", "us"), undefined);
  assert.equal(timeOf("-9007199254740992", "us"), undefined);
  assert.equal(timeOf("9007199254741", "ms"), undefined);
  assert.equal(timeOf("9007199255", "s"), undefined);
  assert.equal(timeOf("1e300", "s"), undefined);
  assert.equal(timeOf("9223372036854775807", "ms"), undefined);
  for (const json of ["true", "false", "[]", "[5]", "{}", '{"a":1}', '{"valueOf":1}', '"5"']) {
    assert.equal(timeOf(json, "ms"), undefined, json);
    assert.equal(parseEventTime(JSON.parse(json), "ms"), undefined, json);
  }
});
