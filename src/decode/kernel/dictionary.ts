import { addString, leavePool, newPool, Pool } from "../../columns/kernel/pool.ts";
import { equalBytes } from "../../kernel/bytes.ts";
import { allocate, PADDING, release } from "../../kernel/memory.ts";

/** A pool past either size is left, and a new one is begun: as `Interner` has it. */
const MAX_POOL_BYTES: u32 = 4 << 20;
const MAX_POOL_LENGTH: u32 = 1 << 16;
/** How many strings are looked at before a column is judged. */
const SAMPLE: u32 = 1024;
/** A look-up that takes more steps than this meets strings made to have one hash. */
const MAX_STEPS: u32 = 256;

const MIN_SLOTS: u32 = 64;

/** Whether some look-up took too many steps. */
let isFlooded: bool = false;

export function wasFlooded(): bool {
  return isFlooded;
}

/**
 * The strings of one column and their codes, over batches: a pool, and a hash table with linear
 * probing. A slot has all there is to know of a string, so that only its bytes are looked for
 * elsewhere.
 */
// @ts-ignore: decorator
@unmanaged
export class Dictionary {
  pool: Pool;
  slots: usize;
  slotMask: u32;
  /** How many look-ups found their string. */
  found: u32;
  /** Counts the pools that were begun. */
  epoch: u32;
}

// @ts-ignore: decorator
@unmanaged
class Slot {
  /** 0 where there is none. */
  codePlus1: u32;
  hash: u32;
  /** Where it begins in the pool. */
  start: u32;
  length: u32;
}

export function newDictionary(): Dictionary {
  const dictionary = changetype<Dictionary>(allocate(offsetof<Dictionary>()));
  memory.fill(changetype<usize>(dictionary), 0, offsetof<Dictionary>());
  dictionary.pool = newPool(true);
  return dictionary;
}

/** To be called between batches, as codes of one batch all belong to one pool. */
export function startBatch(dictionary: Dictionary): void {
  const pool = dictionary.pool;
  if (!pool.isInterned) {
    if (pool.length > 0) begin(dictionary, false);
  } else if (pool.length > SAMPLE && pool.length > dictionary.found) {
    begin(dictionary, false);
  } else if (pool.length > MAX_POOL_LENGTH || pool.byteLength > MAX_POOL_BYTES) {
    begin(dictionary, true);
  }
}

function begin(dictionary: Dictionary, isInterned: bool): void {
  dictionary.pool = leavePool(dictionary.pool, isInterned);
  dictionary.epoch++;
  release(dictionary.slots, slotBytes(dictionary.slotMask + 1));
  dictionary.slots = 0;
  dictionary.slotMask = 0;
}

/** The code of a string, given its hash. */
// @ts-ignore: decorator
@inline
export function codeOf(dictionary: Dictionary, at: usize, length: usize, hash: u32): u32 {
  const pool = dictionary.pool;
  if (!pool.isInterned) return addString(pool, at, length);
  if (pool.length >= dictionary.slotMask >> 1) widen(dictionary);
  const mask = dictionary.slotMask;
  let index = hash & mask;
  let steps: u32 = 0;
  while (true) {
    const slot = slotAt(dictionary.slots, index);
    if (slot.codePlus1 == 0) {
      slot.start = pool.byteLength;
      slot.length = <u32>length;
      slot.hash = hash;
      const code = addString(pool, at, length);
      slot.codePlus1 = code + 1;
      return code;
    }
    if (
      slot.hash == hash && slot.length == <u32>length &&
      equalBytes(pool.bytes + slot.start, at, length)
    ) {
      dictionary.found++;
      return slot.codePlus1 - 1;
    }
    index = (index + 1) & mask;
    if (++steps > MAX_STEPS) isFlooded = true;
  }
}

// @ts-ignore: decorator
@inline
function slotAt(slots: usize, index: u32): Slot {
  return changetype<Slot>(slots + <usize>index * offsetof<Slot>());
}

/** How large a block of slots is: they are not read past their end. */
function slotBytes(count: u32): usize {
  return <usize>count * offsetof<Slot>() - PADDING;
}

function widen(dictionary: Dictionary): void {
  const old = dictionary.slots;
  const oldCount = old == 0 ? <u32>0 : dictionary.slotMask + 1;
  const count = max(MIN_SLOTS, oldCount << 1);
  const slots = allocate(slotBytes(count));
  memory.fill(slots, 0, <usize>count * offsetof<Slot>());
  const mask = count - 1;
  for (let i: u32 = 0; i < oldCount; i++) {
    const entry = slotAt(old, i);
    if (entry.codePlus1 == 0) continue;
    let index = entry.hash & mask;
    while (slotAt(slots, index).codePlus1 != 0) index = (index + 1) & mask;
    v128.store(changetype<usize>(slotAt(slots, index)), v128.load(changetype<usize>(entry)));
  }
  release(old, slotBytes(oldCount));
  dictionary.slots = slots;
  dictionary.slotMask = mask;
}
