/** Times are whole microseconds in a double: exact from the year 1684 to 2255. */
export const MAX_MICROS: number = Number.MAX_SAFE_INTEGER;

// 2022-06-01, then optionally: T or space, 12:34, :56, .789012, and Z, +02:00, +0200 or +02.
const ISO_TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:\s?(?:([Zz])|([+-])(\d\d):?(\d\d)?))?)?$/;

/**
 * Microseconds since the epoch that ISO 8601 / RFC 3339 text says; without an offset it is UTC, and
 * digits beyond microseconds are cut off. `undefined` when it says none, or one out of range.
 */
export function parseTimeText(text: string): number | undefined {
  return parsePlainTime(text) ?? parseAnyTime(text);
}

/** `YYYY-MM-DD HH:MM:SS.ffffff`, as most sources write it: no regular expression is needed. */
function parsePlainTime(text: string): number | undefined {
  if (text.length !== 26 || text.charCodeAt(19) !== 46) {
    return undefined;
  }
  const separator = text.charCodeAt(10);
  if (
    text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58 || (separator !== 32 && separator !== 84)
  ) return undefined;
  const year = digits(text, 0, 4);
  const fraction = digits(text, 20, 26);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  return toMicros(year, month, day, hour, minute, second, fraction);
}

function parseAnyTime(text: string): number | undefined {
  const match = ISO_TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, , sign, offsetHour, offsetMinute] =
    match;
  const micros = toMicros(
    Number(year),
    Number(month),
    Number(day),
    Number(hour ?? 0),
    Number(minute ?? 0),
    Number(second ?? 0),
    Number((fraction ?? "").padEnd(6, "0").slice(0, 6)),
  );
  if (micros === undefined || sign === undefined) return micros;
  const offsetMinutes = Number(offsetHour) * 60 + Number(offsetMinute ?? 0);
  if (Number(offsetHour) > 23 || Number(offsetMinute ?? 0) > 59) return undefined;
  const local = micros - (sign === "-" ? -1 : 1) * offsetMinutes * 60_000_000;
  return Math.abs(local) <= MAX_MICROS ? local : undefined;
}

/** The number that decimal digits say, or NaN. */
function digits(text: string, start: number, end: number): number {
  let number = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return NaN;
    number = number * 10 + digit;
  }
  return number;
}

function toMicros(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  fraction: number,
): number | undefined {
  // A leap second (:60) is the first of the next minute, as POSIX time has it.
  const inRange = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(month, year) &&
    hour <= 24 && minute <= 59 && second <= 60 && fraction <= 999_999;
  if (!inRange || (hour === 24 && (minute > 0 || second > 0 || fraction > 0))) return undefined;
  const days = daysSinceEpoch(year, month, day);
  const micros = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + fraction;
  return Math.abs(micros) <= MAX_MICROS ? micros : undefined;
}

function daysIn(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * Days from 1970-01-01 to a date of the proleptic Gregorian calendar: years begin in March, so that
 * the leap day comes last (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
 */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) +
    dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Microseconds since the epoch as `2022-06-01T00:15:00.000000Z`. */
export function timestampText(micros: bigint): string {
  const second = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n);
  const fraction = String(micros - second * 1_000_000n).padStart(6, "0");
  return `${new Date(Number(second) * 1000).toISOString().slice(0, -5)}.${fraction}Z`;
}
