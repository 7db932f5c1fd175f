import { type Duration, formatDuration, parseDuration } from "./duration.ts";

/** A stretch of event time, `[start, end)`, in milliseconds since the epoch. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** Windows of one length, one after another without gaps. */
export interface TumblingWindows {
  /** Length of a window in milliseconds. */
  readonly lengthMs: number;
  /** How far windows are shifted from the epoch, in milliseconds: `0 <= offsetMs < lengthMs`. */
  readonly offsetMs: number;
}

/**
 * Windows of one length, aligned to the epoch: `tumbling("15m")` begins one at every quarter of an
 * hour, `tumbling("1d", { offset: "6h" })` every day at six (UTC).
 *
 * @throws {RangeError} If the length is not a duration of at least one millisecond, or the offset is
 * not shorter than it.
 *
 * @example
 * ```ts
 * import { tumbling } from "sluice";
 *
 * tumbling("15m"); // { lengthMs: 900_000, offsetMs: 0 }
 * ```
 */
export function tumbling(
  length: Duration,
  options: { readonly offset?: Duration } = {},
): TumblingWindows {
  const lengthMs = parseDuration(length, "window");
  if (lengthMs < 1) {
    throw new RangeError(
      `Cannot use option "window": it must be at least 1ms: current value is ${
        JSON.stringify(length)
      }`,
    );
  }
  const offsetMs = parseDuration(options.offset ?? 0, "offset");
  if (offsetMs >= lengthMs) {
    throw new RangeError(
      `Cannot use option "offset": it must be shorter than the window of ${
        formatDuration(lengthMs)
      }: current value is ${JSON.stringify(options.offset)}`,
    );
  }
  return { lengthMs, offsetMs };
}

/**
 * Checks the `window` option.
 *
 * @throws {TypeError} If it is not what {@linkcode tumbling} returns.
 */
export function assertWindows(windows: TumblingWindows): TumblingWindows {
  const { lengthMs, offsetMs } = windows;
  const isValid = Number.isSafeInteger(lengthMs) && Number.isSafeInteger(offsetMs) &&
    0 <= offsetMs && offsetMs < lengthMs;
  if (isValid) return windows;
  throw new TypeError(
    `Cannot use option "window": it must be what tumbling() returns: current value is ${
      JSON.stringify(windows)
    }`,
  );
}

/** Start of the window that holds a time; both in milliseconds since the epoch. */
export function windowStart(windows: TumblingWindows, timeMs: number): number {
  const { lengthMs, offsetMs } = windows;
  return Math.floor((timeMs - offsetMs) / lengthMs) * lengthMs + offsetMs;
}
