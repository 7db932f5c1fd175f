// Groups the rows of a batch by what decides on them, and sorts them: as ../row_groups.ts, which defines
// what comes out. Groups are numbered by first appearance.
import { hashOfNumber } from "../../kernel/bytes.ts";
import { addWord, Buffer, newBuffer, roomFor } from "../../kernel/buffer.ts";
import { clearSlots, doubleSlots, newSlots, putSlot, slotAt } from "../../kernel/slots.ts";
import { fieldAt, HAVE_NUMBERS, HAVE_STRINGS, Held, kindAt, NOTHING, setWord, wordAt } from "./held.ts";

let seed: u64 = 0;
let rowCount: u32 = 0;
/** Of each row the time, the key that it is told apart by next, and the number of its group. */
const times = newBuffer();
const keys = newBuffer();
const groups = newBuffer();
/** Of each group the first row, and the number that it had before the last keys. */
const firstRows = newBuffer();
const formerGroups = newBuffer();
const maxTimes = newBuffer();
const places = newBuffer();
const sorted = newBuffer();
const sortedEnds = newBuffer();
let groupCount: u32 = 0;
const slots = newSlots();

/** Chance, so that nobody can make keys that are slow to look up. */
export function setGroupSeed(value: u64): void {
  seed = value;
}

function words(buffer: Buffer, count: u32): usize {
  buffer.length = 0;
  return roomFor(buffer, count << 2);
}

/** Begins with all rows in one group; says where their times are to be put, f64 in microseconds. */
export function beginGroups(rows: u32): usize {
  rowCount = rows;
  groupCount = min<u32>(1, rows);
  memory.fill(words(groups, rows), 0, (<usize> rows) << 2);
  store<u32>(words(firstRows, 1), 0);
  words(keys, rows << 1);
  return words(times, rows << 1);
}

/** Parts rows that are before a time or after another from those between. */
export function partByLimits(earliest: f64, latest: f64): void {
  for (let row: u32 = 0; row < rowCount; row++) {
    const time = timeOf(row);
    setKey(row, time > latest ? 2 : time < earliest ? 1 : 0);
  }
  partByKeys();
}

/** Parts rows of different stretches of time, given in milliseconds. */
export function partByTime(length: f64, offset: f64): void {
  let start: f64 = Infinity;
  let end: f64 = -Infinity;
  for (let row: u32 = 0; row < rowCount; row++) {
    const time = Math.floor(timeOf(row) / 1000);
    if (time < start || time >= end) {
      start = Math.floor((time - offset) / length) * length + offset;
      end = start + length;
    }
    setKey(row, reinterpret<u64>(start));
  }
  partByKeys();
}

/** Parts rows with different values of a field; lists and structs are all different. */
export function partByField(events: Held, field: u32): void {
  for (let i: u32 = 0; i < events.fieldCount; i++) {
    const column = fieldAt(events, i);
    if (column.field == field) return partByColumn(column);
  }
}

function partByColumn(column: Held): void {
  if (column.kinds != 0) {
    for (let row: u32 = 0; row < rowCount; row++) setKey(row, kindAt(column, row));
    partByKeys();
  }
  const pool = column.pool;
  const hasCodes = pool !== null && pool.isInterned;
  for (let row: u32 = 0; row < rowCount; row++) {
    const set = column.kinds == 0 ? column.seen : <u32> 1 << kindAt(column, row);
    let key: u64 = 0;
    if ((set & HAVE_NUMBERS) != 0) key = load<u64>(column.numbers + ((<usize> row) << 3));
    else if ((set & HAVE_STRINGS) != 0) key = hasCodes ? wordAt(column.codes, row) : row;
    else if ((set & NOTHING) == 0) key = row;
    setKey(row, key);
  }
  partByKeys();
}

// @ts-ignore: decorator
@inline
function timeOf(row: u32): f64 {
  return load<f64>(times.start + ((<usize> row) << 3));
}

// @ts-ignore: decorator
@inline
function setKey(row: u32, key: u64): void {
  store<u64>(keys.start + ((<usize> row) << 3), key);
}

// @ts-ignore: decorator
@inline
function keyOf(row: u32): u64 {
  return load<u64>(keys.start + ((<usize> row) << 3));
}

/** Parts rows of one group whose keys differ. */
function partByKeys(): void {
  clearSlots(slots);
  groupCount = 0;
  firstRows.length = formerGroups.length = 0;
  let lastKey: u64 = 0;
  let lastFormer: u32 = u32.MAX_VALUE;
  let group: u32 = 0;
  for (let row: u32 = 0; row < rowCount; row++) {
    const key = keyOf(row);
    const former = wordAt(groups.start, row);
    if (key != lastKey || former != lastFormer) {
      group = groupOf(row, key, former);
      lastKey = key;
      lastFormer = former;
    }
    setWord(groups.start, row, group);
  }
}

function groupOf(row: u32, key: u64, former: u32): u32 {
  const hash = hashOf(key, former);
  let index = hash & (slots.count - 1);
  while (true) {
    const known = load<u32>(slotAt(slots, index));
    if (known == 0) break;
    const group = known - 1;
    if (keyOf(wordAt(firstRows.start, group)) == key && wordAt(formerGroups.start, group) == former) {
      return group;
    }
    index = (index + 1) & (slots.count - 1);
  }
  const group = groupCount++;
  store<u32>(slotAt(slots, index), group + 1);
  addWord(firstRows, row);
  addWord(formerGroups, former);
  if (groupCount << 1 > slots.count) widen();
  return group;
}

function hashOf(key: u64, former: u32): u32 {
  return hashOfNumber((key ^ seed) + former);
}

function widen(): void {
  doubleSlots(slots);
  for (let group: u32 = 0; group < groupCount; group++) {
    const key = keyOf(wordAt(firstRows.start, group));
    putSlot(slots, hashOf(key, wordAt(formerGroups.start, group)), group);
  }
}

/** How many groups there are. */
export function countGroups(): u32 {
  return groupCount;
}

/** Where the first row of each group is, as u32. */
export function firstRowsStart(): usize {
  return firstRows.start;
}

/** Finds the greatest time in each group; says where they are, as f64. */
export function findMaxTimes(): usize {
  const start = words(maxTimes, groupCount << 1);
  for (let group: u32 = 0; group < groupCount; group++) {
    store<f64>(start + ((<usize> group) << 3), -Infinity);
  }
  for (let row: u32 = 0; row < rowCount; row++) {
    const at = start + ((<usize> wordAt(groups.start, row)) << 3);
    store<f64>(at, max(load<f64>(at), timeOf(row)));
  }
  return start;
}

/** Says where the place of each group is to be put, as u32: see {@link sortRows}. */
export function groupPlaces(): usize {
  return words(places, groupCount);
}

/**
 * Sorts rows by the places of their groups, but for those that are at none of so many; rows of one
 * place stay in their order. Says where they are.
 */
export function sortRows(placeCount: u32): usize {
  const ends = words(sortedEnds, placeCount);
  memory.fill(ends, 0, (<usize> placeCount) << 2);
  for (let row: u32 = 0; row < rowCount; row++) {
    const place = placeOf(row);
    if (place < placeCount) setWord(ends, place, wordAt(ends, place) + 1);
  }
  let end: u32 = 0;
  for (let place: u32 = 0; place < placeCount; place++) {
    const rows = wordAt(ends, place);
    setWord(ends, place, end); // where it begins
    end += rows;
  }
  words(sorted, end);
  for (let row: u32 = 0; row < rowCount; row++) {
    const place = placeOf(row);
    if (place >= placeCount) continue;
    const at = wordAt(ends, place);
    setWord(sorted.start, at, row);
    setWord(ends, place, at + 1);
  }
  return sorted.start;
}

/** Where the rows of each place end. */
export function sortedEndsStart(): usize {
  return sortedEnds.start;
}

function placeOf(row: u32): u32 {
  return wordAt(places.start, wordAt(groups.start, row));
}
