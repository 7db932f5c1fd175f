// The least and the greatest value of the column, and what the footer says of them.
import { allocate } from "../../kernel/memory.ts";
import { bitAt } from "./distinct.ts";
import {
  BITS,
  count,
  distinctStrings,
  FLOATS,
  INTEGERS,
  isPresent,
  kind,
  lengthAt,
  present,
  stringAt,
  STRINGS,
  TEXTS,
  values,
} from "./column.ts";

/** Where they stand: of strings the code, of others the place among all values. */
export let least: u32 = 0;
export let greatest: u32 = 0;

/** A bound as Parquet has it: the value, or one that is beyond it. */
// @ts-ignore: decorator
@unmanaged
export class Bound {
  at: usize;
  length: u32;
  isExact: bool;
  /** Room for a value that is no string. */
  value: u64;
}

/** Whether there are any: no value may be there, or none that has an order. */
export let hasBounds: bool = false;
export const lower = newBound();
export const upper = newBound();

function newBound(): Bound {
  const bound = changetype<Bound>(allocate(offsetof<Bound>()));
  memory.fill(changetype<usize>(bound), 0, offsetof<Bound>());
  return bound;
}

export function setBound(bound: Bound, at: usize, length: u32, isExact: bool): void {
  bound.at = at;
  bound.length = length;
  bound.isExact = isExact;
}

/** Finds the extremes, which are the bounds unless others are set. */
export function findExtremes(): void {
  hasBounds = present > 0 && kind != TEXTS;
  if (!hasBounds) return;
  if (kind == STRINGS) {
    extremeStrings();
    setBound(lower, stringAt(least), lengthAt(least), true);
    setBound(upper, stringAt(greatest), lengthAt(greatest), true);
    return;
  }
  least = 0;
  while (!isPresent(least)) least++;
  greatest = least;
  if (kind == BITS) extremeBits();
  else hasBounds = kind == INTEGERS ? extremeNumbers<i64>() : extremeNumbers<f64>();
  if (!hasBounds) return;
  lower.value = valueAt(least);
  upper.value = valueAt(greatest);
  // Readers may tell the zeros apart, which are equal here: both are to be in the range.
  if (kind == FLOATS && lower.value << 1 == 0) lower.value = <u64>1 << 63;
  if (kind == FLOATS && upper.value << 1 == 0) upper.value = 0;
  const length: u32 = kind == BITS ? 1 : 8;
  setBound(lower, changetype<usize>(lower) + offsetof<Bound>("value"), length, true);
  setBound(upper, changetype<usize>(upper) + offsetof<Bound>("value"), length, true);
}

// @ts-ignore: decorator
@inline
function valueAt(index: u32): u64 {
  return kind == BITS ? <u64>bitAt(values, index) : load<u64>(values + ((<usize>index) << 3));
}

function extremeBits(): void {
  for (let i = least + 1; i < count; i++) {
    if (!isPresent(i)) continue;
    if (!bitAt(values, i)) {
      if (bitAt(values, least)) least = i;
    } else if (!bitAt(values, greatest)) greatest = i;
  }
}

/** Says whether there are any: no number has a place beside one that is none. */
function extremeNumbers<T>(): bool {
  let min = load<T>(values + ((<usize>least) << 3));
  let max = min;
  if (min != min) return false;
  for (let i = least + 1; i < count; i++) {
    if (!isPresent(i)) continue;
    const value = load<T>(values + ((<usize>i) << 3));
    if (value != value) return false;
    if (value < min) {
      min = value;
      least = i;
    } else if (value > max) {
      max = value;
      greatest = i;
    }
  }
  return true;
}

/** Each of the distinct strings is that of some value. */
function extremeStrings(): void {
  least = greatest = 0;
  for (let code: u32 = 1; code < distinctStrings; code++) {
    if (isLess(code, least)) least = code;
    else if (isLess(greatest, code)) greatest = code;
  }
}

/** By their bytes, which is the order of their code points too. */
function isLess(a: u32, b: u32): bool {
  const lengthA = lengthAt(a);
  const lengthB = lengthAt(b);
  const shared = min(lengthA, lengthB);
  const atA = stringAt(a);
  const atB = stringAt(b);
  for (let i: u32 = 0; i < shared; i += 16) {
    const equal = i8x16.eq(v128.load(atA + i), v128.load(atB + i));
    const place = i + <u32>ctz(~i8x16.bitmask(equal));
    if (place >= shared) break;
    if (place < i + 16) return load<u8>(atA + place) < load<u8>(atB + place);
  }
  return lengthA < lengthB;
}
