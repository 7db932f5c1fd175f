// Hash tables with linear probing, of things that are numbered and kept elsewhere: whoever looks one
// up begins at `hash & (slots.count - 1)`, and compares until it meets an empty slot.
import { allocate, PADDING, release } from "./memory.ts";

const FIRST_COUNT: u32 = 1 << 8;

// @ts-ignore: decorator
@unmanaged
export class Slots {
  start: usize;
  /** How many there are: a power of two. */
  count: u32;
}

export function newSlots(): Slots {
  const slots = changetype<Slots>(allocate(offsetof<Slots>()));
  memory.fill(changetype<usize>(slots), 0, offsetof<Slots>());
  return slots;
}

/** Empties a table; it has few slots again. */
export function clearSlots(slots: Slots): void {
  resize(slots, FIRST_COUNT);
}

/** Makes a table twice as large, and empties it. */
export function doubleSlots(slots: Slots): void {
  resize(slots, slots.count << 1);
}

function resize(slots: Slots, count: u32): void {
  const bytes = (<usize> count) << 2;
  if (slots.count != count) {
    release(slots.start, ((<usize> slots.count) << 2) - PADDING);
    slots.start = allocate(bytes - PADDING); // it is not read past its end
    slots.count = count;
  }
  memory.fill(slots.start, 0, bytes);
}

/** Where a slot is: the number of what is in it plus one, or 0. */
// @ts-ignore: decorator
@inline
export function slotAt(slots: Slots, index: u32): usize {
  return slots.start + ((<usize> index) << 2);
}

/** Puts a number into the first slot that is empty. */
export function putSlot(slots: Slots, hash: u32, number: u32): void {
  let index = hash & (slots.count - 1);
  while (load<u32>(slotAt(slots, index)) != 0) index = (index + 1) & (slots.count - 1);
  store<u32>(slotAt(slots, index), number + 1);
}
