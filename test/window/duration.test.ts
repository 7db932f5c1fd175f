import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Duration, formatDuration, parseDuration } from "../../src/window/duration.ts";
import { tumbling, windowStart } from "../../src/window/tumbling.ts";
import { resolveWindowOptions, type WindowOptions } from "../../src/window/window_options.ts";

const DURATIONS: readonly (readonly [Duration, ms: number])[] = [
  ["0ms", 0],
  ["250ms", 250],
  ["30s", 30_000],
  ["15m", 900_000],
  ["1h30m", 5_400_000],
  ["1d", 86_400_000],
  ["2w", 1_209_600_000],
  ["1w2d3h4m5s6ms", 788_645_006],
  ["1.5h", 5_400_000],
  ["0.07s", 70],
  ["0.001s", 1],
  ["1.005s", 1005],
  ["0.1h0.7s", 360_700],
  [0, 0],
  [1234, 1234],
];

for (const [duration, ms] of DURATIONS) {
  test(`duration ${JSON.stringify(duration)}`, () =>
    assert.equal(parseDuration(duration, "x"), ms));
}

test("durations that are none are refused, by the option's name", () => {
  for (
    const value of [
      "",
      "15",
      "m",
      "-1m",
      "15 m",
      "1y",
      "15min",
      "1m ",
      "0.0005s",
      "1e3ms",
      "99999999999w",
      -1,
      1.5,
      NaN,
      Infinity,
      undefined,
      null,
      {},
      5n,
      true,
    ]
  ) {
    assert.throws(() => parseDuration(value as Duration, "lateness"), {
      name: "RangeError",
      message: 'Cannot read option "lateness": it must be a whole number of milliseconds or a ' +
        'duration such as "250ms", "30s", "15m", "1h30m" or "1d": current value is ' +
        (typeof value === "string" ? JSON.stringify(value) : String(value)),
    });
  }
});

test("durations are written in the largest unit that divides them, and read back", () => {
  assert.deepEqual([0, 1, 999, 1000, 90_000, 900_000, 7_200_000, 604_800_000].map(formatDuration), [
    "0ms",
    "1ms",
    "999ms",
    "1s",
    "90s",
    "15m",
    "2h",
    "7d",
  ]);
  fc.assert(
    fc.property(fc.maxSafeNat(), (ms) => {
      assert.equal(parseDuration(formatDuration(ms), "x"), ms);
    }),
  );
});

test("a time is in the one window that holds it, aligned to the epoch and the offset", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.nat(),
      fc.integer({ min: -9e12, max: 9e12 }),
      (lengthMs, shift, time) => {
        const windows = tumbling(lengthMs, { offset: shift % lengthMs });
        const start = windowStart(windows, time);
        assert.ok(start <= time && time < start + lengthMs);
        assert.equal(Math.abs((start - windows.offsetMs) % lengthMs), 0);
      },
    ),
  );
  const start = (window: ReturnType<typeof tumbling>, text: string) =>
    new Date(windowStart(window, Date.parse(text))).toISOString();
  assert.equal(start(tumbling("15m"), "2022-06-01T00:29:59.999Z"), "2022-06-01T00:15:00.000Z");
  assert.equal(start(tumbling("1d"), "1969-12-31T23:00:00Z"), "1969-12-31T00:00:00.000Z");
  const shifted = tumbling("1d", { offset: "6h" });
  assert.equal(start(shifted, "2022-06-01T05:59:59Z"), "2022-05-31T06:00:00.000Z");
  assert.equal(start(shifted, "2022-06-01T06:00:00Z"), "2022-06-01T06:00:00.000Z");
});

test("windows that cannot be are refused", () => {
  assert.throws(() => tumbling(0), {
    name: "RangeError",
    message: 'Cannot use option "window": it must be at least 1ms: current value is 0',
  });
  assert.throws(() => tumbling("15m", { offset: "15m" }), {
    name: "RangeError",
    message: 'Cannot use option "offset": it must be shorter than the window of 15m: ' +
      'current value is "15m"',
  });
});

test("window options that cannot be are refused", () => {
  const cases: readonly (readonly [options: unknown, message: string])[] = [
    [
      { window: "15m" },
      'Cannot use option "window": it must be what tumbling() returns: current value is "15m"',
    ],
    [
      { window: {} },
      'Cannot use option "window": it must be what tumbling() returns: current value is {}',
    ],
    [
      { window: { lengthMs: 10, offsetMs: 10 } },
      'Cannot use option "window": it must be what tumbling() returns: current value is {"lengthMs":10,"offsetMs":10}',
    ],
    [
      { late: "ignore" },
      'Cannot use option "late": it must be one of append, dead-letter, drop: current value is "ignore"',
    ],
    [
      { maxRows: 0 },
      'Cannot use option "maxRows": it must be a whole number of at least 1: current value is 0',
    ],
    [
      { maxRows: 1.5 },
      'Cannot use option "maxRows": it must be a whole number of at least 1: current value is 1.5',
    ],
    [
      { memoryLimitBytes: 1000 },
      'Cannot use option "memoryLimitBytes": it must be a whole number of at least 1048576: current value is 1000',
    ],
  ];
  for (const [options, message] of cases) {
    assert.throws(() => resolveWindowOptions(options as WindowOptions), { message });
  }
  for (const name of ["lateness", "maxFutureSkew"]) {
    assert.throws(() => resolveWindowOptions({ [name]: "soon" }), { name: "RangeError" });
  }
});
