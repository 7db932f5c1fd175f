// The dictionary of numbers: which there are, by first appearance, and the code of each row.
import { allocate, PADDING, release } from "../../kernel/memory.ts";
import { fillTo, newBuffer, roomFor } from "../../kernel/buffer.ts";

/** A dictionary is a page, and readers hold it whole: 1 MiB of numbers at most. */
const MAX_DISTINCT: u32 = 1 << 17;
const FIRST_SLOTS: u32 = 1 << 8;
const K: u64 = 0x9e3779b97f4a7c15;

let seed: u64 = 0;
/** A hash table with linear probing, whose slots hold the code plus one. */
let slots: usize = 0;
let slotCount: u32 = 0;

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
  clearSlots(FIRST_SLOTS);
  // Most columns of which each number is another are told halfway.
  const most = min(MAX_DISTINCT, count >> 1);
  let distinct: u32 = 0;
  let present: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (validity != 0 && !bitAt(validity, i)) continue;
    present++;
    const value = load<u64>(values + ((<usize>i) << 3));
    let slot = hashOf(value) & (slotCount - 1);
    let code: u32 = 0;
    while (true) {
      const known = load<u32>(slots + ((<usize>slot) << 2));
      if (known == 0) {
        if (distinct == most) return 0;
        code = distinct++;
        addDistinct(value);
        store<u32>(slots + ((<usize>slot) << 2), code + 1);
        if (distinct << 1 > slotCount) widen(distinct);
        break;
      }
      if (distinctAt(known - 1) == value) {
        code = known - 1;
        break;
      }
      slot = (slot + 1) & (slotCount - 1);
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
  const mixed = (value ^ seed) * K;
  return <u32>((mixed ^ (mixed >> 32)) * K >> 32);
}

function addDistinct(value: u64): void {
  const at = roomFor(distinctValues, 8);
  store<u64>(at, value);
  fillTo(distinctValues, at + 8);
}

function clearSlots(count: u32): void {
  release(slots, ((<usize>slotCount) << 2) - PADDING); // these are not read past their end
  slotCount = count;
  slots = allocate(((<usize>count) << 2) - PADDING);
  memory.fill(slots, 0, (<usize>count) << 2);
}

function widen(distinct: u32): void {
  clearSlots(slotCount << 1);
  for (let code: u32 = 0; code < distinct; code++) {
    let slot = hashOf(distinctAt(code)) & (slotCount - 1);
    while (load<u32>(slots + ((<usize>slot) << 2)) != 0) slot = (slot + 1) & (slotCount - 1);
    store<u32>(slots + ((<usize>slot) << 2), code + 1);
  }
}
