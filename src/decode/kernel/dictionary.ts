import { copyPadded, equalBytes } from "../../kernel/bytes.ts";
import { allocate, blockSize, grow, PADDING, release } from "../../kernel/memory.ts";

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
 * The strings of one column and their codes, over batches: UTF-8 end to end, and a hash table with
 * linear probing whose slots hold the code plus one and the hash.
 */
// @ts-ignore: decorator
@unmanaged
export class Dictionary {
  bytes: usize;
  bytesSize: u32;
  byteLength: u32;
  /** String `code` ends at `ends[code]`. */
  ends: usize;
  endsSize: u32;
  length: u32;
  slots: usize;
  slotMask: u32;
  /** How many look-ups found their string. */
  found: u32;
  isInterned: bool;
  /** Counts the pools that were begun. */
  epoch: u32;
  /** Where the batch began. */
  batchLength: u32;
  batchByteLength: u32;
}

export function newDictionary(): Dictionary {
  const dictionary = changetype<Dictionary>(allocate(offsetof<Dictionary>()));
  memory.fill(changetype<usize>(dictionary), 0, offsetof<Dictionary>());
  dictionary.isInterned = true;
  return dictionary;
}

/** To be called between batches, as codes of one batch all belong to one pool. */
export function startBatch(dictionary: Dictionary): void {
  if (!dictionary.isInterned) {
    if (dictionary.length > 0) begin(dictionary, false);
  } else if (dictionary.length > SAMPLE && dictionary.length > dictionary.found) {
    begin(dictionary, false);
  } else if (dictionary.length > MAX_POOL_LENGTH || dictionary.byteLength > MAX_POOL_BYTES) {
    begin(dictionary, true);
  }
  dictionary.batchLength = dictionary.length;
  dictionary.batchByteLength = dictionary.byteLength;
}

function begin(dictionary: Dictionary, isInterned: bool): void {
  dictionary.length = 0;
  dictionary.byteLength = 0;
  dictionary.epoch++;
  dictionary.isInterned = isInterned;
  release(dictionary.slots, slotBytes(dictionary));
  dictionary.slots = 0;
  dictionary.slotMask = 0;
}

/** The code of a string, given its hash. */
// @ts-ignore: decorator
@inline
export function codeOf(dictionary: Dictionary, at: usize, length: usize, hash: u32): u32 {
  if (!dictionary.isInterned) return add(dictionary, at, length);
  if (dictionary.length >= dictionary.slotMask >> 1) widen(dictionary);
  const mask = dictionary.slotMask;
  let slot = hash & mask;
  let steps: u32 = 0;
  while (true) {
    const place = dictionary.slots + ((<usize>slot) << 3);
    const codePlus1 = load<u32>(place);
    if (codePlus1 == 0) {
      const code = add(dictionary, at, length);
      store<u32>(place, code + 1);
      store<u32>(place, hash, 4);
      return code;
    }
    if (load<u32>(place, 4) == hash) {
      const ends = dictionary.ends + ((<usize>codePlus1) << 2);
      const start = load<u32>(ends - 4);
      if (
        load<u32>(ends) - start == <u32>length && equalBytes(dictionary.bytes + start, at, length)
      ) {
        dictionary.found++;
        return codePlus1 - 1;
      }
    }
    slot = (slot + 1) & mask;
    if (++steps > MAX_STEPS) isFlooded = true;
  }
}

function add(dictionary: Dictionary, at: usize, length: usize): u32 {
  const start = dictionary.byteLength;
  const end = start + <u32>length;
  if (end > dictionary.bytesSize || dictionary.bytes == 0) growBytes(dictionary, end);
  const code = dictionary.length;
  if ((code + 2) << 2 > dictionary.endsSize) growEnds(dictionary);
  copyPadded(dictionary.bytes + start, at, length);
  store<u32>(dictionary.ends + ((<usize>code + 1) << 2), end);
  dictionary.byteLength = end;
  dictionary.length = code + 1;
  return code;
}

function growBytes(dictionary: Dictionary, needed: u32): void {
  const to = max<u32>(needed, max<u32>(1024, dictionary.bytesSize << 1));
  const from = dictionary.bytesSize;
  dictionary.bytes = grow(dictionary.bytes, from, dictionary.byteLength, to);
  dictionary.bytesSize = <u32>blockSize(to);
}

/** The first of `ends` is the beginning of the first string: 0. */
function growEnds(dictionary: Dictionary): void {
  const to = max<u32>(256, dictionary.endsSize << 1);
  const used = dictionary.ends == 0 ? 0 : (dictionary.length + 1) << 2;
  dictionary.ends = grow(dictionary.ends, dictionary.endsSize, used, to);
  dictionary.endsSize = <u32>blockSize(to);
  store<u32>(dictionary.ends, 0);
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
