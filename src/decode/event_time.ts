import { JsonFloat, type JsonValue } from "../columns/json_value.ts";
import { MAX_MICROS, parseTimeText } from "../columns/time_text.ts";

/** What a number in the time field counts, since the epoch. */
export type TimeUnit = "s" | "ms" | "us" | "ns";

const MICROS_PER_UNIT = { s: 1_000_000, ms: 1000, us: 1, ns: 0.001 } as const;

/**
 * The time a JSON value says, in whole microseconds since the epoch: ISO 8601 / RFC 3339 text
 * (without an offset it is UTC) or a number of `unit`s. `undefined` when it says none, or one that
 * microseconds in a double do not hold exactly.
 */
export function parseEventTime(value: JsonValue, unit: TimeUnit): number | undefined {
  if (typeof value === "string") return parseTimeText(value);
  const number = value instanceof JsonFloat ? value.value : Number(value);
  if (typeof value === "boolean" || typeof value === "object" && !(value instanceof JsonFloat)) {
    return undefined;
  }
  const micros = Math.floor(number * MICROS_PER_UNIT[unit]);
  return Math.abs(micros) <= MAX_MICROS ? micros : undefined;
}
