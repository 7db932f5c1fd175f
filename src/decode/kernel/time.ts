// Event time, as columns/time_text.ts and decode/event_time.ts have it.
import { float, integer, isInteger } from "./numbers.ts";

const MAX_MICROS: i64 = 9007199254740991;

/** What was read: microseconds since the epoch. */
export let micros: i64 = 0;

// @ts-ignore: decorator
@inline
function digitAt(at: usize): i32 {
  return <i32>load<u8>(at) - 0x30;
}

/** The number that two digits say, or -1. */
// @ts-ignore: decorator
@inline
function two(at: usize): i32 {
  const tens = digitAt(at);
  const ones = digitAt(at + 1);
  return <u32>tens > 9 || <u32>ones > 9 ? -1 : tens * 10 + ones;
}

function daysIn(month: i32, year: i32): i32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March. */
function daysSinceEpoch(year: i32, month: i32, day: i32): i32 {
  const y = month <= 2 ? year - 1 : year;
  const era = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
}

/**
 * Reads a time after the quote of its string, and returns where the string ends; 0 when it is no
 * time, or one that is written in a way left to the reference.
 */
export function readTimeText(at: usize): usize {
  const century = two(at);
  const yearOfCentury = two(at + 2);
  const month = two(at + 5);
  const day = two(at + 8);
  if (century < 0 || yearOfCentury < 0 || month < 1 || month > 12 || day < 1) return 0;
  if (load<u8>(at, 4) != 0x2d || load<u8>(at, 7) != 0x2d) return 0;
  const year = century * 100 + yearOfCentury;
  if (day > daysIn(month, year)) return 0;
  at += 10;
  let hour: i32 = 0;
  let minute: i32 = 0;
  let second: i32 = 0;
  let fraction: i32 = 0;
  let offset: i32 = 0;
  const separator = load<u8>(at);
  if (separator == 0x20 || (separator | 0x20) == 0x74) {
    hour = two(at + 1);
    minute = two(at + 4);
    if (hour < 0 || hour > 24 || <u32>minute > 59 || load<u8>(at, 3) != 0x3a) return 0;
    at += 6;
    if (load<u8>(at) == 0x3a) {
      second = two(at + 1);
      if (<u32>second > 60) return 0;
      at += 3;
      if (load<u8>(at) == 0x2e || load<u8>(at) == 0x2c) {
        at++;
        let count: i32 = 0;
        while (<u32>digitAt(at) <= 9) {
          if (count < 6) fraction = fraction * 10 + digitAt(at);
          count++;
          at++;
        }
        if (count == 0 || count > 9) return 0;
        while (count++ < 6) fraction *= 10;
      }
    }
    if (hour == 24 && (minute | second | fraction) != 0) return 0;
    if (load<u8>(at) == 0x20) {
      at++;
      if (load<u8>(at) == 0x22) return 0;
    }
    const sign = load<u8>(at);
    if ((sign | 0x20) == 0x7a) at++;
    else if (sign == 0x2b || sign == 0x2d) {
      const hours = two(at + 1);
      if (<u32>hours > 23) return 0;
      at += 3;
      if (load<u8>(at) == 0x3a) at++;
      let minutes: i32 = 0;
      if (<u32>digitAt(at) <= 9) {
        minutes = two(at);
        if (<u32>minutes > 59) return 0;
        at += 2;
      }
      offset = hours * 60 + minutes;
      if (sign == 0x2d) offset = -offset;
    }
  }
  if (load<u8>(at) != 0x22) return 0;
  const days = <i64>daysSinceEpoch(year, month, day);
  const local = ((days * 24 + hour) * 60 + minute) * 60 + second;
  const localMicros = local * 1000000 + fraction;
  micros = localMicros - <i64>offset * 60000000;
  return inRange(localMicros) && inRange(micros) ? at + 1 : 0;
}

/** Takes the number that was just read for a time; `unit` is how many nanoseconds it counts. */
export function timeOfNumber(unit: u32): bool {
  if (unit == 1) {
    const isSafe = integer <= MAX_MICROS && integer >= -MAX_MICROS;
    if (isInteger && !isSafe) micros = floorDiv(integer, 1000);
    else {
      const value = isInteger ? <f64>integer : float;
      if (!(abs(value) < 9e18)) return false;
      micros = <i64>floor(value / 1000);
    }
    return inRange(micros);
  }
  const perUnit = <f64>(unit / 1000);
  let value = float * perUnit;
  if (isInteger) {
    if (integer > MAX_MICROS || integer < -MAX_MICROS) return false;
    value = <f64>integer * perUnit;
  } else if (float != floor(float)) {
    const below = floor(value);
    value = value - below >= 0.5 ? below + 1 : below; // as Math.round
  }
  if (!(abs(value) <= <f64>MAX_MICROS)) return false;
  micros = <i64>value;
  return true;
}

function floorDiv(value: i64, by: i64): i64 {
  const quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

function inRange(value: i64): bool {
  return value <= MAX_MICROS && value >= -MAX_MICROS;
}
