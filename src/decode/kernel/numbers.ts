// Numbers: exact integers of 64 bits, and doubles rounded correctly.

/** What JavaScript makes of a number's text, where it takes more than double arithmetic. */
// @ts-ignore: decorator
@external("js", "toNumber")
declare function toNumber(at: usize, length: u32): f64;

/** What {@link readNumber} found. */
export let isInteger: bool = false;
export let integer: i64 = 0;
export let float: f64 = 0;

/** 10 to the power of 0 to 22: those that a double holds exactly. */
const POWERS: usize = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
]);

// @ts-ignore: decorator
@inline
function digitAt(at: usize): u32 {
  return <u32>load<u8>(at) - 0x30;
}

/**
 * Reads a number (RFC 8259, section 6) and returns where it ends, or 0 when there is none, or one
 * that is no finite double.
 */
export function readNumber(start: usize): usize {
  let at = start;
  const isNegative = load<u8>(at) == 0x2d;
  if (isNegative) at++;
  const first = at;
  let digit = digitAt(at);
  if (digit > 9) return 0;
  let mantissa: u64 = digit;
  at++;
  if (digit == 0) {
    if (digitAt(at) <= 9) return 0;
  } else {
    while ((digit = digitAt(at)) <= 9) {
      mantissa = mantissa * 10 + digit;
      at++;
    }
  }
  let digits = <u32>(at - first);
  const after = load<u8>(at);
  if (after != 0x2e && (after | 0x20) != 0x65) {
    // Up to 19 digits fit 64 bits without a sign.
    const limit = <u64>i64.MAX_VALUE + <u64>isNegative;
    if (digits <= 18 || (digits == 19 && mantissa <= limit)) {
      isInteger = true;
      integer = isNegative ? 0 - <i64>mantissa : <i64>mantissa;
      return at;
    }
    return convert(start, at);
  }
  let exponent: i32 = 0;
  if (after == 0x2e) {
    const point = ++at;
    while ((digit = digitAt(at)) <= 9) {
      mantissa = mantissa * 10 + digit;
      at++;
    }
    const decimals = <u32>(at - point);
    if (decimals == 0) return 0;
    digits += decimals;
    exponent = -<i32>min<u32>(decimals, 1 << 20);
  }
  if ((load<u8>(at) | 0x20) == 0x65) {
    at++;
    const isDown = load<u8>(at) == 0x2d;
    if (isDown || load<u8>(at) == 0x2b) at++;
    if (digitAt(at) > 9) return 0;
    let power: i32 = 0;
    while ((digit = digitAt(at)) <= 9) {
      power = min(power * 10 + <i32>digit, 1 << 20);
      at++;
    }
    exponent += isDown ? -power : power;
  }
  // 19 digits do not overflow.
  if (digits > 19 || exponent < -22 || exponent > 22) return convert(start, at);
  const power = load<f64>(POWERS + ((<usize>abs(exponent)) << 3));
  if (mantissa <= (<u64>1) << 53) {
    // A product or quotient of two doubles that are exact is rounded once (W. D. Clinger, "How to
    // read floating point numbers accurately").
    float = exponent < 0 ? <f64>mantissa / power : <f64>mantissa * power;
  } else if (exponent < 0 && exponent >= -19) {
    float = quotient(mantissa, <u64>power >> -exponent, -exponent);
  } else return convert(start, at);
  isInteger = false;
  if (isNegative) float = -float;
  return at;
}

/**
 * `dividend / (fives × 2^twos)`, rounded once, by long division. Doubles that take up all of their
 * bits are written with 16 or 17 digits, so this is often needed.
 */
function quotient(dividend: u64, fives: u64, twos: u64): f64 {
  let bits = dividend / fives;
  let rest = dividend % fives;
  // At least 55 bits: those of a double, the next, and one for whether anything follows.
  while (clz(bits) > 9) {
    const shift = min(clz(bits), clz(fives));
    rest <<= shift;
    bits = (bits << shift) | (rest / fives);
    rest %= fives;
    twos += shift;
  }
  return <f64>(bits | <u64>(rest != 0)) * reinterpret<f64>((1023 - twos) << 52);
}

function convert(start: usize, end: usize): usize {
  isInteger = false;
  float = toNumber(start, <u32>(end - start));
  return isFinite(float) ? end : 0;
}
