// The distinct strings of one column of a file after another, as ../distinct_strings.ts finds them: a
// string's code is its place in the order of first appearance, whatever pool it is from.
import { copyPadded, equalBytes, hashOf } from "../../kernel/bytes.ts";
import { addWord, newBuffer, roomFor } from "../../kernel/buffer.ts";
import { PADDING } from "../../kernel/memory.ts";
import { clearSlots, doubleSlots, newSlots, putSlot, slotAt } from "../../kernel/slots.ts";
import { markStrings, Pool } from "./pool.ts";

/** A look-up that takes more steps than this meets strings made to have one hash. */
const MAX_STEPS: u32 = 256;

/** What marks of this column are not less than; what is less is of columns before. */
let base: u32 = 1;
/** Marks of eras before say nothing. */
let era: u32 = 1;
/** Whether strings of several origins come together, so that only their bytes can tell. */
let isMixed: bool = false;

/** The strings so far, end to end, and where each begins, as i32. */
export const strings = newBuffer();
export const offsets = newBuffer();
export let length: u32 = 0;
/** Whether some look-up took too many steps. */
export let isFlooded: bool = false;

const hashes = newBuffer();
const slots = newSlots();

let seed: u64 = 0;

/** Chance, so that nobody can make strings that are slow to look up. */
export function setStringSeed(value: u64): void {
  seed = value;
}

/** Begins a column. */
export function beginStrings(hasSeveralOrigins: bool): void {
  base += length;
  if (base > <u32> i32.MAX_VALUE) {
    base = 1;
    era++;
  }
  isMixed = hasSeveralOrigins;
  isFlooded = false;
  length = 0;
  strings.length = offsets.length = hashes.length = 0;
  addWord(offsets, 0);
  if (isMixed) clearSlots(slots);
}

/** Makes a pool ready for {@link codeIn}. */
export function meet(pool: Pool): void {
  markStrings(pool, era);
}

/** The code of a string in a pool, where equal strings have equal codes. */
// @ts-ignore: decorator
@inline
export function codeIn(pool: Pool, code: u32): u32 {
  const mark = pool.marks + ((<usize> code) << 2);
  const known = load<u32>(mark);
  if (known >= base) return known - base;
  const found = newCodeIn(pool, code);
  store<u32>(mark, base + found);
  return found;
}

function newCodeIn(pool: Pool, code: u32): u32 {
  const at = pool.offsets + ((<usize> code) << 2);
  const start = load<u32>(at);
  append(pool.bytes + start, load<u32>(at, 4) - start);
  return isMixed ? find() : length++;
}

/** The code of a string that is in no pool; there have to be several origins then. */
export function codeOf(at: usize, size: u32): u32 {
  append(at, size);
  return find();
}

/** Puts a string behind the last one, where it does not count yet. */
function append(at: usize, size: u32): void {
  const start = load<u32>(offsets.start + ((<usize> length) << 2));
  strings.length = start;
  copyPadded(roomFor(strings, size + <u32> PADDING), at, size);
  offsets.length = (length + 1) << 2;
  store<u32>(roomFor(offsets, 4), start + size);
}

// @ts-ignore: decorator
@inline
function startOf(code: u32): u32 {
  return load<u32>(offsets.start + ((<usize> code) << 2));
}

// @ts-ignore: decorator
@inline
function hashAt(code: u32): u32 {
  return load<u32>(hashes.start + ((<usize> code) << 2));
}

/** The code of the string behind the last one, which counts from now on if it is new. */
function find(): u32 {
  const last = length;
  const start = startOf(last);
  const size = startOf(last + 1) - start;
  const at = strings.start + start;
  const hash = hashOf(seed, at, size);
  const mask = slots.count - 1;
  let index = hash & mask;
  let steps: u32 = 0;
  while (true) {
    const place = slotAt(slots, index);
    const known = load<u32>(place);
    if (known == 0) {
      hashes.length = last << 2;
      store<u32>(roomFor(hashes, 4), hash);
      store<u32>(place, last + 1);
      length++;
      if (length << 1 > slots.count) widen();
      return last;
    }
    const code = known - 1;
    if (hashAt(code) == hash) {
      const other = startOf(code);
      if (startOf(code + 1) - other == size && equalBytes(strings.start + other, at, size)) {
        return code;
      }
    }
    index = (index + 1) & mask;
    if (++steps > MAX_STEPS) isFlooded = true;
  }
}

function widen(): void {
  doubleSlots(slots);
  for (let code: u32 = 0; code < length; code++) putSlot(slots, hashAt(code), code);
}
