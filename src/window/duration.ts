/**
 * A length of time: milliseconds, or a string of numbers with units such as `"15m"`, `"1h30m"`,
 * `"250ms"` or `"1d"`.
 */
export type Duration = number | string;

const MS_PER_UNIT: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Reads a {@linkcode Duration} as whole milliseconds.
 *
 * @param name The option it came from, for the error.
 * @throws {RangeError} If it is not a duration, negative, or not whole milliseconds.
 *
 * @example
 * ```ts
 * import { parseDuration } from "sluice";
 *
 * parseDuration("1h30m", "window"); // 5_400_000
 * ```
 */
export function parseDuration(value: Duration, name: string): number {
  const ms = typeof value === "string" ? sumOfParts(value) : value;
  if (!Number.isSafeInteger(ms) || ms < 0) {
    throw new RangeError(
      `Cannot read option "${name}": it must be a whole number of milliseconds or a duration ` +
        `such as "250ms", "30s", "15m", "1h30m" or "1d": current value is ${
          typeof value === "string" ? JSON.stringify(value) : String(value)
        }`,
    );
  }
  return ms;
}

function sumOfParts(text: string): number {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/.test(text)) return NaN;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) {
    const part = Number(count) * MS_PER_UNIT[unit!]!;
    // To the microsecond: 1.005 * 1000 is 1004.9999999999999.
    ms += Number.isInteger(part) ? part : Math.round(part * 1000) / 1000;
  }
  return ms;
}

/**
 * Writes milliseconds in the largest unit that divides them, as file names carry it: `900_000` is
 * `"15m"`.
 */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0ms";
  for (const unit of ["d", "h", "m", "s"]) {
    if (ms % MS_PER_UNIT[unit]! === 0) return `${ms / MS_PER_UNIT[unit]!}${unit}`;
  }
  return `${ms}ms`;
}
