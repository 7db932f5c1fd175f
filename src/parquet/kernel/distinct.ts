// The dictionary of numbers: which there are, by first appearance, and the code of each row.
import { fillTo, newBuffer, roomFor } from "../../kernel/buffer.ts";
import { hashOfNumber } from "../../kernel/bytes.ts";
import { clearSlots, doubleSlots, newSlots, putSlot, slotAt } from "../../kernel/slots.ts";

/** A dictionary is a page, and readers hold it whole: 1 MiB of numbers at most. */
const MAX_DISTINCT: u32 = 1 << 17;

let seed: u64 = 0;
const slots = newSlots();

/** The distinct numbers, and the code of each row, as u32. */
export const distinctValues = newBuffer();
const codes = newBuffer();

/** Chance, so that nobody can make numbers that are slow to look up. */
export function setHashSeed(value: u64): void {
  seed = value;
}

/**
 * Finds the distinct ones among numbers of eight bytes, by their bits, and gives each number its
 * code. Says how many there are; 0 where a dictionary would save nothing.
 */
export function findDistinct(values: usize, count: u32, validity: usize): u32 {
  distinctValues.length = 0;
  codes.length = 0;
  const codeOf = roomFor(codes, count << 2);
  clearSlots(slots);
  // Most columns of which each number is another are told halfway.
  const most = min(MAX_DISTINCT, count >> 1);
  let distinct: u32 = 0;
  let present: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (validity != 0 && !bitAt(validity, i)) continue;
    present++;
    const value = load<u64>(values + ((<usize>i) << 3));
    let index = hashOf(value) & (slots.count - 1);
    let code: u32 = 0;
    while (true) {
      const known = load<u32>(slotAt(slots, index));
      if (known == 0) {
        if (distinct == most) return 0;
        code = distinct++;
        addDistinct(value);
        store<u32>(slotAt(slots, index), code + 1);
        if (distinct << 1 > slots.count) widen(distinct);
        break;
      }
      if (distinctAt(known - 1) == value) {
        code = known - 1;
        break;
      }
      index = (index + 1) & (slots.count - 1);
    }
    store<u32>(codeOf + ((<usize>i) << 2), code);
  }
  return distinct << 1 <= present ? distinct : 0;
}

/** Where the codes that {@link findDistinct} gave are. */
export function codesAt(): usize {
  return codes.start;
}

/** Whether a bit of a bitmap is set. */
// @ts-ignore: decorator
@inline
export function bitAt(bits: usize, index: u32): bool {
  return ((load<u8>(bits + (index >> 3)) >> <u8>(index & 7)) & 1) != 0;
}

// @ts-ignore: decorator
@inline
function distinctAt(code: u32): u64 {
  return load<u64>(distinctValues.start + ((<usize>code) << 3));
}

// @ts-ignore: decorator
@inline
function hashOf(value: u64): u32 {
  return hashOfNumber(value ^ seed);
}

function addDistinct(value: u64): void {
  const at = roomFor(distinctValues, 8);
  store<u64>(at, value);
  fillTo(distinctValues, at + 8);
}

function widen(distinct: u32): void {
  doubleSlots(slots);
  for (let code: u32 = 0; code < distinct; code++) putSlot(slots, hashOf(distinctAt(code)), code);
}
