// Rows on their way to another kernel: those of some runs, as one stretch of bytes that means the same
// wherever it is. Of each column come, in this order: the number of its name, its rows and kinds;
// numbers, strings, and lists, if it has any; its fields; its items. Arrays are as in `Held`, but that
// strings of pools have one that is theirs alone.
import { allocate } from "../../kernel/memory.ts";
import { addWord, fillTo, newBuffer, roomFor } from "../../kernel/buffer.ts";
import {
  length as distinctStrings,
  offsets as stringOffsets,
  strings as distinctBytes,
} from "./distinct_strings.ts";
import { putCodes, Run, runAt, Runs, runsOfField, runsOfItems } from "./gather.ts";
import { fieldAt, HAVE_STRINGS, Held, MISSING, setWord, wordAt } from "./held.ts";
import { extendPool, newPool } from "./pool.ts";

/** How the strings of a column are packed. */
const NO_STRINGS: u32 = 0;
const OWN_STRINGS: u32 = 1;
const POOL_STRINGS: u32 = 2;

const packed = newBuffer();

/** Packs rows; says whether that could be done. */
export function packRuns(runs: Runs): bool {
  packed.length = 0;
  return packColumn(runs, 0);
}

export function packedStart(): usize {
  return packed.start;
}

export function packedLength(): u32 {
  return packed.length;
}

function packColumn(runs: Runs, field: u32): bool {
  addWord(packed, field);
  addWord(packed, runs.rows);
  packKinds(runs);
  packNumbers(runs);
  if (!packStrings(runs)) return false;
  packLists(runs);
  return packFields(runs) && packItems(runs);
}

/** Makes room for an array, and says where. */
function addArray(bytes: usize): usize {
  const at = roomFor(packed, <u32> bytes);
  fillTo(packed, at + bytes);
  return at;
}

/** The column of a run that has rows in it. */
function columnOf(run: Run): Held | null {
  return run.start == run.end ? null : run.column;
}

function packKinds(runs: Runs): void {
  let seen: u32 = 0;
  for (let i: u32 = 0; i < runs.count; i++) {
    const run = runAt(runs, i);
    if (run.start == run.end) continue;
    const column = run.column;
    seen |= column === null ? 1 << MISSING : column.seen;
  }
  const areSeveral = popcnt(seen) > 1;
  addWord(packed, seen);
  addWord(packed, <u32> areSeveral);
  if (!areSeveral) return;
  let to = addArray(runs.rows);
  for (let i: u32 = 0; i < runs.count; i++) {
    const run = runAt(runs, i);
    const rows = run.end - run.start;
    const column = columnOf(run);
    if (column === null) memory.fill(to, <u8> MISSING, rows);
    else if (column.kinds == 0) memory.fill(to, <u8> ctz(column.seen), rows);
    else memory.copy(to, column.kinds + run.start, rows);
    to += rows;
  }
}

function packNumbers(runs: Runs): void {
  let haveNumbers = false;
  for (let i: u32 = 0; i < runs.count; i++) {
    const column = columnOf(runAt(runs, i));
    if (column !== null && column.numbers != 0) haveNumbers = true;
  }
  addWord(packed, <u32> haveNumbers);
  if (!haveNumbers) return;
  let to = addArray((<usize> runs.rows) << 3);
  for (let i: u32 = 0; i < runs.count; i++) {
    const run = runAt(runs, i);
    const bytes = (<usize> (run.end - run.start)) << 3;
    const column = columnOf(run);
    if (column === null || column.numbers == 0) memory.fill(to, 0, bytes);
    else memory.copy(to, column.numbers + ((<usize> run.start) << 3), bytes);
    to += bytes;
  }
}

/** The column of a run that has strings in it. */
function stringsOf(run: Run): Held | null {
  const column = columnOf(run);
  return column === null || (column.seen & HAVE_STRINGS) == 0 ? null : column;
}

/** Says whether that could be done. */
function packStrings(runs: Runs): bool {
  let form = NO_STRINGS;
  for (let i: u32 = 0; i < runs.count; i++) {
    const column = stringsOf(runAt(runs, i));
    if (column !== null) form = max(form, column.pool === null ? OWN_STRINGS : POOL_STRINGS);
  }
  addWord(packed, form);
  if (form == POOL_STRINGS) return packPooled(runs);
  if (form == OWN_STRINGS) packOwn(runs);
  return true;
}

function packOwn(runs: Runs): void {
  let bytes: u32 = 0;
  for (let i: u32 = 0; i < runs.count; i++) {
    const run = runAt(runs, i);
    const column = stringsOf(run);
    if (column === null) continue;
    bytes += wordAt(column.offsets, run.end) - wordAt(column.offsets, run.start);
  }
  addWord(packed, bytes);
  const offsetBytes = ((<usize> runs.rows) + 1) << 2;
  const offsets = addArray(offsetBytes + bytes);
  const to = offsets + offsetBytes;
  let row: u32 = 0;
  let end: u32 = 0;
  setWord(offsets, 0, 0);
  for (let i: u32 = 0; i < runs.count; i++) {
    const run = runAt(runs, i);
    const column = stringsOf(run);
    if (column === null) {
      for (let at = run.start; at < run.end; at++) setWord(offsets, ++row, end);
      continue;
    }
    const first = wordAt(column.offsets, run.start);
    const length = wordAt(column.offsets, run.end) - first;
    memory.copy(to + end, column.bytes + first, length);
    for (let at = run.start; at < run.end; at++) {
      setWord(offsets, ++row, wordAt(column.offsets, at + 1) - first + end);
    }
    end += length;
  }
}

function packPooled(runs: Runs): bool {
  if (!putCodes(runs, HAVE_STRINGS, addArray((<usize> runs.rows) << 2))) return false;
  const bytes = wordAt(stringOffsets.start, distinctStrings);
  addWord(packed, distinctStrings);
  addWord(packed, bytes);
  const offsetBytes = ((<usize> distinctStrings) + 1) << 2;
  memory.copy(addArray(offsetBytes), stringOffsets.start, offsetBytes);
  memory.copy(addArray(bytes), distinctBytes.start, bytes);
  return true;
}

function packLists(runs: Runs): void {
  let haveLists = false;
  for (let i: u32 = 0; i < runs.count; i++) {
    const column = columnOf(runAt(runs, i));
    if (column !== null && column.starts != 0) haveLists = true;
  }
  addWord(packed, <u32> haveLists);
  if (!haveLists) return;
  const size = (<usize> runs.rows) << 2;
  const starts = addArray(size << 1);
  const ends = starts + size;
  let row: u32 = 0;
  let base: u32 = 0;
  for (let i: u32 = 0; i < runs.count; i++) {
    const run = runAt(runs, i);
    const column = columnOf(run);
    if (column === null || column.starts == 0) {
      for (let at = run.start; at < run.end; at++) {
        setWord(starts, row, base);
        setWord(ends, row++, base);
      }
      continue;
    }
    const shift = base - wordAt(column.starts, run.start);
    for (let at = run.start; at < run.end; at++) {
      setWord(starts, row, wordAt(column.starts, at) + shift);
      base = wordAt(column.ends, at) + shift;
      setWord(ends, row++, base);
    }
  }
}

/** The fields that any run has, in the order in which they come. */
function packFields(runs: Runs): bool {
  const count = addArray(4) - packed.start;
  let fields: u32 = 0;
  const first = names.length;
  for (let i: u32 = 0; i < runs.count; i++) {
    const column = columnOf(runAt(runs, i));
    if (column === null) continue;
    for (let j: u32 = 0; j < column.fieldCount; j++) {
      const field = fieldAt(column, j).field;
      if (j < fields && nameAt(first, j) == field) continue; // as it mostly is
      let known: u32 = 0;
      while (known < fields && nameAt(first, known) != field) known++;
      if (known < fields) continue;
      addWord(names, field);
      fields++;
    }
  }
  store<u32>(packed.start + count, fields);
  let isDone = true;
  for (let i: u32 = 0; i < fields && isDone; i++) {
    const field = nameAt(first, i);
    isDone = packColumn(runsOfField(runs, field), field);
  }
  names.length = first;
  return isDone;
}

/** The numbers of names, of the columns that are being packed. */
const names = newBuffer();

function nameAt(first: u32, index: u32): u32 {
  return wordAt(names.start + first, index);
}

function packItems(runs: Runs): bool {
  let haveItems = false;
  for (let i: u32 = 0; i < runs.count; i++) {
    const column = columnOf(runAt(runs, i));
    if (column !== null && column.items !== null) haveItems = true;
  }
  addWord(packed, <u32> haveItems);
  return !haveItems || packColumn(runsOfItems(runs), 0);
}

/** What is unpacked next. */
let next: usize = 0;

/** Holds rows that were packed elsewhere; `fields` are the numbers that their names have here. */
export function unpackRows(at: usize, fields: usize): Held {
  next = at;
  const rows = changetype<Held>(allocate(offsetof<Held>()));
  unpackInto(rows, fields);
  return rows;
}

function takeWord(): u32 {
  const word = load<u32>(next);
  next += 4;
  return word;
}

/** A copy of an array. */
function takeArray(bytes: usize): usize {
  const copy = allocate(bytes);
  copyNext(copy, bytes);
  return copy;
}

function copyNext(to: usize, bytes: usize): void {
  memory.copy(to, next, bytes);
  next += bytes;
}

function unpackInto(to: Held, fields: usize): void {
  memory.fill(changetype<usize>(to), 0, offsetof<Held>());
  to.field = wordAt(fields, takeWord());
  const rows = takeWord();
  to.rows = rows;
  to.seen = takeWord();
  if (takeWord() != 0) to.kinds = takeArray(rows);
  if (takeWord() != 0) to.numbers = takeArray((<usize> rows) << 3);
  const form = takeWord();
  if (form == OWN_STRINGS) {
    const bytes = takeWord();
    to.offsets = takeArray(((<usize> rows) + 1) << 2);
    to.bytes = takeArray(bytes);
  } else if (form == POOL_STRINGS) {
    to.codes = takeArray((<usize> rows) << 2);
    unpackPool(to);
  }
  if (takeWord() != 0) {
    to.starts = takeArray((<usize> rows) << 2);
    to.ends = takeArray((<usize> rows) << 2);
  }
  const count = takeWord();
  if (count > 0) {
    to.fieldCount = count;
    to.fields = allocate(count * offsetof<Held>());
    for (let i: u32 = 0; i < count; i++) unpackInto(fieldAt(to, i), fields);
  }
  if (takeWord() == 0) return;
  const items = changetype<Held>(allocate(offsetof<Held>()));
  to.items = items;
  unpackInto(items, fields);
}

function unpackPool(to: Held): void {
  const pool = newPool(true);
  pool.uses = 1;
  pool.isLeft = true;
  const count = takeWord();
  const bytes = takeWord();
  extendPool(pool, bytes, count);
  copyNext(pool.offsets, ((<usize> count) + 1) << 2);
  copyNext(pool.bytes, bytes);
  to.pool = pool;
}
