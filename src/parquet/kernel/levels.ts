// Levels, as Dremel has them (Melnik et al., "Dremel: Interactive Analysis of Web-Scale Datasets",
// 2010, section 4.1): an entry for each value, and one for each place that has none.
//
// They are made from the rows down. Each step, past what is null or into lists, adds one to the level
// of definition, so that is how deep one is. What was made at a depth stays until one comes there
// again, since what is beside each other in a struct has its way from the rows in common.
import { allocate } from "../../kernel/memory.ts";
import { Buffer, newBuffer, roomFor } from "../../kernel/buffer.ts";
import { bitAt } from "./distinct.ts";

/** Levels are bytes. */
const MAX_DEPTH: u32 = 255;

// @ts-ignore: decorator
@unmanaged
export class Entries {
  count: u32;
  /** How many stand for a value. */
  present: u32;
  /** The value of each entry, as i32; -1 where there is none. */
  values: usize;
  /** How much of the path is there, of each entry: a byte. */
  definitions: usize;
  /** Which list goes on with an entry, a byte; 0 begins a row. Nowhere (0) where there is no list. */
  repetitions: usize;
  /** How many lists there are on the way. */
  lists: u32;

  valueBuffer: Buffer;
  definitionBuffer: Buffer;
  repetitionBuffer: Buffer;
}

const entriesByDepth: usize = memory.data((MAX_DEPTH + 1) * 4, 16);

export function entriesAt(depth: u32): Entries {
  const at = entriesByDepth + ((<usize>depth) << 2);
  const known = load<u32>(at);
  if (known != 0) return changetype<Entries>(<usize>known);
  const entries = changetype<Entries>(allocate(offsetof<Entries>()));
  entries.valueBuffer = newBuffer();
  entries.definitionBuffer = newBuffer();
  entries.repetitionBuffer = newBuffer();
  store<u32>(at, <u32>changetype<usize>(entries));
  return entries;
}

/** Begins with an entry for each row. */
export function startLevels(rows: u32): void {
  const entries = entriesAt(0);
  setCount(entries, rows);
  entries.repetitions = 0;
  entries.lists = 0;
  memory.fill(entries.definitions, 0, rows);
  for (let row: u32 = 0; row < rows; row++) {
    store<u32>(entries.values + ((<usize>row) << 2), row);
  }
}

/** One step down: of those whose path goes on, the ones that are not null. */
export function passNulls(depth: u32, validity: usize): void {
  const from = entriesAt(depth);
  const to = entriesAt(depth + 1);
  setCount(to, from.count);
  to.repetitions = from.repetitions;
  to.lists = from.lists;
  const values = to.values;
  const definitions = to.definitions;
  let present: u32 = 0;
  for (let i: u32 = 0; i < from.count; i++) {
    let value = load<i32>(from.values + ((<usize>i) << 2));
    let definition = load<u8>(from.definitions + i);
    if (value >= 0) {
      if (validity == 0 || bitAt(validity, value)) {
        definition = <u8>(depth + 1);
        present++;
      } else value = -1;
    }
    store<i32>(values + ((<usize>i) << 2), value);
    store<u8>(definitions + i, definition);
  }
  to.present = present;
}

/** One step down: an entry for each item of lists, and for each list without any. */
export function enterLists(depth: u32, offsets: usize): void {
  const from = entriesAt(depth);
  const to = entriesAt(depth + 1);
  let count: u32 = 0;
  for (let i: u32 = 0; i < from.count; i++) {
    count += max<u32>(1, itemCount(offsets, load<i32>(from.values + ((<usize>i) << 2))));
  }
  setCount(to, count);
  to.repetitions = room(to.repetitionBuffer, count);
  to.lists = from.lists + 1;
  const values = to.values;
  const definitions = to.definitions;
  const repetitions = to.repetitions;
  let at: u32 = 0;
  for (let i: u32 = 0; i < from.count; i++) {
    const list = load<i32>(from.values + ((<usize>i) << 2));
    const items = itemCount(offsets, list);
    const first = from.repetitions == 0 ? 0 : load<u8>(from.repetitions + i);
    if (items == 0) {
      store<i32>(values + ((<usize>at) << 2), -1);
      store<u8>(definitions + at, load<u8>(from.definitions + i));
      store<u8>(repetitions + at, first);
      at++;
      continue;
    }
    const start = load<u32>(offsets + ((<usize>list) << 2));
    for (let item: u32 = 0; item < items; item++, at++) {
      store<u32>(values + ((<usize>at) << 2), start + item);
      store<u8>(definitions + at, <u8>(depth + 1));
      store<u8>(repetitions + at, item == 0 ? first : <u8>to.lists);
    }
  }
}

function setCount(entries: Entries, count: u32): void {
  entries.count = count;
  entries.values = room(entries.valueBuffer, count << 2);
  entries.definitions = room(entries.definitionBuffer, count);
}

// @ts-ignore: decorator
@inline
function itemCount(offsets: usize, list: i32): u32 {
  if (list < 0) return 0;
  const at = offsets + ((<usize>list) << 2);
  return load<u32>(at, 4) - load<u32>(at);
}

/** Room for so many bytes, in place of what was there. */
function room(buffer: Buffer, bytes: u32): usize {
  buffer.length = 0;
  return roomFor(buffer, bytes);
}
