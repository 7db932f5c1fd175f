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
 * probing whose slots hold the code plus one and the hash.
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
  release(dictionary.slots, slotBytes(dictionary));
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
  let slot = hash & mask;
  let steps: u32 = 0;
  while (true) {
    const place = dictionary.slots + ((<usize>slot) << 3);
    const codePlus1 = load<u32>(place);
    if (codePlus1 == 0) {
      const code = addString(pool, at, length);
      store<u32>(place, code + 1);
      store<u32>(place, hash, 4);
      return code;
    }
    if (load<u32>(place, 4) == hash) {
      const ends = pool.offsets + ((<usize>codePlus1) << 2);
      const start = load<u32>(ends - 4);
      if (
        load<u32>(ends) - start == <u32>length && equalBytes(pool.bytes + start, at, length)
      ) {
        dictionary.found++;
        return codePlus1 - 1;
      }
    }
    slot = (slot + 1) & mask;
    if (++steps > MAX_STEPS) isFlooded = true;
  }
}

function slotBytes(dictionary: Dictionary): usize {
  return ((<usize>dictionary.slotMask + 1) << 3) - PADDING;
}

function widen(dictionary: Dictionary): void {
  const old = dictionary.slots;
  const oldCount = old == 0 ? <u32>0 : dictionary.slotMask + 1;
  const count = max(MIN_SLOTS, oldCount << 1);
  const slots = allocate(((<usize>count) << 3) - PADDING); // these are not read past their end
  memory.fill(slots, 0, (<usize>count) << 3);
  const mask = count - 1;
  for (let i: u32 = 0; i < oldCount; i++) {
    const entry = load<u64>(old + ((<usize>i) << 3));
    if (entry == 0) continue;
    let slot = <u32>(entry >> 32) & mask;
    while (load<u32>(slots + ((<usize>slot) << 3)) != 0) slot = (slot + 1) & mask;
    store<u64>(slots + ((<usize>slot) << 3), entry);
  }
  release(old, slotBytes(dictionary));
  dictionary.slots = slots;
  dictionary.slotMask = mask;
}
