import { JsonFloat, type JsonValue } from "../columns/json_value.ts";
import { MAX_MICROS, parseTimeText } from "../columns/time_text.ts";

/** What a number in the time field counts, since the epoch. */
export type TimeUnit = "s" | "ms" | "us" | "ns";

const MICROS_PER_UNIT = { s: 1_000_000, ms: 1000, us: 1 } as const;

/**
 * The time a JSON value says, in whole microseconds since the epoch: ISO 8601 / RFC 3339 text
 * (without an offset it is UTC) or a number of `unit`s. `undefined` when it says none, or one that
 * microseconds in a double do not hold exactly.
 */
export function parseEventTime(value: JsonValue, unit: TimeUnit): number | undefined {
  if (typeof value === "string") return parseTimeText(value);
  const micros = typeof value === "bigint"
    ? microsOfInteger(value, unit)
    : value instanceof JsonFloat
    ? microsOfNumber(value.value, unit)
    : typeof value === "number"
    ? microsOfNumber(value, unit)
    : NaN;
  return Math.abs(micros) <= MAX_MICROS ? micros + 0 : undefined; // -0 is 0
}

/** An integer beyond 2^53, which only as nanoseconds is a time at all. */
function microsOfInteger(value: bigint, unit: TimeUnit): number {
  if (unit !== "ns") return Infinity;
  return Number(value / 1000n - (value % 1000n < 0n ? 1n : 0n));
}

/** Integers are cut off at the microsecond; a fraction is only as near as float64 comes to it. */
function microsOfNumber(value: number, unit: TimeUnit): number {
  if (unit === "ns") return Math.floor(value / 1000);
  const micros = value * MICROS_PER_UNIT[unit];
  return Number.isInteger(value) ? micros : Math.round(micros);
}
