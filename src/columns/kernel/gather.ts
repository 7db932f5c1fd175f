// Gathers rows of one field, from any number of held columns, into a vector of a type: as ../gather.ts
// does it, which defines what comes out.
import { allocate, release } from "../../kernel/memory.ts";
import { fillTo, newBuffer, roomFor } from "../../kernel/buffer.ts";
import {
  beginStrings,
  codeIn,
  codeOf,
  isFlooded,
  length as distinctStrings,
  meet,
  offsets as stringOffsets,
  strings,
} from "./distinct_strings.ts";
import {
  BOOL,
  fieldAt,
  FLOAT64,
  Held,
  INT64,
  isIn,
  kindAt,
  LIST,
  NOTHING,
  STRING,
  stringAt,
  stringLength,
  STRUCT,
  TIMESTAMP,
  wordAt,
} from "./held.ts";

/** Rows of a column that are taken. Without a column they are all missing. */
// @ts-ignore: decorator
@unmanaged
export class Run {
  column: Held | null;
  start: u32;
  end: u32;
}

/** Rows of one field, in the order in which they are gathered. */
// @ts-ignore: decorator
@unmanaged
export class Runs {
  first: usize;
  count: u32;
  rows: u32;
}

/** What {@link gather} has made: the arrays of ../vector.ts, or 0. Its layout is known there. */
// @ts-ignore: decorator
@unmanaged
export class Vector {
  length: u32;
  nullCount: u32;
  validity: usize;
  /** The bits, numbers, or bytes of distinct strings. */
  values: usize;
  codes: usize;
  offsets: usize;
  distinct: u32;
}

/** Blocks that are given free with {@link clear}: what was gathered for a file. */
const blocks = newBuffer();
let vector: Vector = changetype<Vector>(0);

/** A block that is given free with all that was gathered. */
export function keep(bytes: usize): usize {
  const block = allocate(bytes);
  const at = roomFor(blocks, 8);
  store<u32>(at, <u32> block);
  store<u32>(at, <u32> bytes, 4);
  fillTo(blocks, at + 8);
  return block;
}

/** Forgets all vectors and runs. */
export function clear(): void {
  for (let at: u32 = 0; at < blocks.length; at += 8) {
    const block = blocks.start + at;
    release(load<u32>(block), load<u32>(block, 4));
  }
  blocks.length = 0;
}

export function newRuns(count: u32, rows: u32): Runs {
  const runs = changetype<Runs>(keep(offsetof<Runs>()));
  runs.first = keep(count * offsetof<Run>());
  runs.count = count;
  runs.rows = rows;
  return runs;
}

// @ts-ignore: decorator
@inline
export function runAt(runs: Runs, index: u32): Run {
  return changetype<Run>(runs.first + index * offsetof<Run>());
}

/** The runs of a field of structs, of which there may be none in places. */
export function runsOfField(structs: Runs, field: u32): Runs {
  const runs = newRuns(structs.count, structs.rows);
  let hint: u32 = 0; // fields mostly stand where they did in the run before
  for (let i: u32 = 0; i < runs.count; i++) {
    const struct = runAt(structs, i);
    const run = runAt(runs, i);
    run.column = null;
    run.start = struct.start;
    run.end = struct.end;
    const column = struct.column;
    if (column === null) continue;
    if (hint < column.fieldCount && fieldAt(column, hint).field == field) {
      run.column = fieldAt(column, hint);
      continue;
    }
    for (let at: u32 = 0; at < column.fieldCount; at++) {
      if (fieldAt(column, at).field != field) continue;
      hint = at;
      run.column = fieldAt(column, at);
      break;
    }
  }
  return runs;
}

/** The runs of the items of lists, which follow each other where the lists do. */
export function runsOfItems(lists: Runs): Runs {
  const runs = newRuns(lists.count, 0);
  for (let i: u32 = 0; i < runs.count; i++) {
    const list = runAt(lists, i);
    const run = runAt(runs, i);
    const column = list.column;
    run.column = null;
    run.start = run.end = 0;
    if (column === null || column.starts == 0 || list.start == list.end) continue;
    run.column = column.items;
    run.start = wordAt(column.starts, list.start);
    run.end = wordAt(column.ends, list.end - 1);
    runs.rows += run.end - run.start;
  }
  return runs;
}

/** Gathers rows into a vector of values of a kind; `null` if some value is of another. */
export function gatherRuns(runs: Runs, kind: u32): Vector | null {
  vector = changetype<Vector>(keep(offsetof<Vector>()));
  memory.fill(changetype<usize>(vector), 0, offsetof<Vector>());
  vector.length = runs.rows;
  const fitting = NOTHING | (1 << kind) | (kind == FLOAT64 ? 1 << INT64 : 0);
  for (let i: u32 = 0; i < runs.count; i++) {
    const run = runAt(runs, i);
    const column = run.column;
    if (column !== null && run.start < run.end && (column.seen & ~fitting) != 0) return null;
  }
  noteNulls(runs, fitting & ~NOTHING);
  switch (kind) {
    case BOOL:
      gatherBits(runs);
      break;
    case INT64:
    case TIMESTAMP:
    case FLOAT64:
      gatherNumbers(runs, kind);
      break;
    case STRING:
      if (!gatherStrings(runs)) return null;
      break;
    case LIST:
      gatherLists(runs);
      break;
    default:
      if (kind != STRUCT) return null;
  }
  return vector;
}

function noteNulls(runs: Runs, fitting: u32): void {
  let row: u32 = 0;
  for (let i: u32 = 0; i < runs.count; i++) {
    const run = runAt(runs, i);
    const column = run.column;
    const start = run.start;
    const end = run.end;
    if (column === null || (column.kinds == 0 && (column.seen & fitting) == 0)) {
      for (let at: u32 = 0; at < end - start; at++) setNull(row + at);
    } else if (column.kinds != 0) {
      for (let at = start; at < end; at++) {
        if (((<u32> 1 << kindAt(column, at)) & fitting) == 0) setNull(row + at - start);
      }
    }
    row += end - start;
  }
}

function setNull(row: u32): void {
  if (vector.validity == 0) {
    const bytes = (vector.length + 7) >> 3;
    vector.validity = keep(bytes);
    memory.fill(vector.validity, 0xff, bytes);
  }
  const at = vector.validity + (row >> 3);
  store<u8>(at, load<u8>(at) & ~(<u8> 1 << <u8> (row & 7)));
  vector.nullCount++;
}

function gatherBits(runs: Runs): void {
  const bytes = (vector.length + 7) >> 3;
  vector.values = keep(bytes);
  memory.fill(vector.values, 0, bytes);
  let row: u32 = 0;
  for (let i: u32 = 0; i < runs.count; i++) {
    const run = runAt(runs, i);
    const column = run.column;
    const start = run.start;
    const end = run.end;
    const rows = end - start;
    if (column !== null && column.numbers != 0) {
      for (let at: u32 = 0; at < rows; at++) {
        const isTrue = load<u8>(column.numbers + ((<usize> (start + at)) << 3));
        if (isTrue == 0 || !isOf(column, start + at, BOOL)) continue;
        const byte = vector.values + ((row + at) >> 3);
        store<u8>(byte, load<u8>(byte) | (<u8> 1 << <u8> ((row + at) & 7)));
      }
    }
    row += rows;
  }
}

// @ts-ignore: decorator
@inline
function isOf(column: Held, row: u32, kind: u32): bool {
  return column.kinds == 0 || kindAt(column, row) == kind;
}

/** Where a value is null there is any number. */
function gatherNumbers(runs: Runs, kind: u32): void {
  vector.values = keep((<usize> vector.length) << 3);
  let to = vector.values;
  for (let i: u32 = 0; i < runs.count; i++) {
    const run = runAt(runs, i);
    const column = run.column;
    const start = run.start;
    const end = run.end;
    const size = (<usize> (end - start)) << 3;
    if (column === null || column.numbers == 0) memory.fill(to, 0, size);
    else {
      memory.copy(to, column.numbers + ((<usize> start) << 3), size);
      if (kind == FLOAT64 && (column.seen & (1 << INT64)) != 0) {
        for (let at = start; at < end; at++) {
          const number = to + ((<usize> (at - start)) << 3);
          if (isOf(column, at, INT64)) store<f64>(number, <f64> load<i64>(number));
        }
      }
    }
    to += size;
  }
}

/** Says whether that could be done. */
function gatherStrings(runs: Runs): bool {
  const codes = keep((<usize> vector.length) << 2);
  if (!putCodes(runs, 1 << STRING, codes)) return false;
  vector.codes = codes;
  vector.distinct = distinctStrings;
  vector.values = copyOf(strings.start, wordAt(stringOffsets.start, distinctStrings));
  vector.offsets = copyOf(stringOffsets.start, (distinctStrings + 1) << 2);
  return true;
}

/**
 * Puts the codes of strings, which ./distinct_strings.ts has then, and 0 for rows that are not of these
 * kinds; says whether that could be done.
 */
export function putCodes(runs: Runs, kinds: u32, to: usize): bool {
  beginStrings(haveSeveralOrigins(runs, kinds));
  for (let i: u32 = 0; i < runs.count; i++) {
    const run = runAt(runs, i);
    const column = run.column;
    const start = run.start;
    const end = run.end;
    if (column === null || (column.seen & kinds) == 0) {
      memory.fill(to, 0, (<usize> (end - start)) << 2);
      to += (<usize> (end - start)) << 2;
      continue;
    }
    const pool = column.pool;
    if (pool !== null) meet(pool);
    for (let at = start; at < end; at++) {
      let code: u32 = 0;
      if (isIn(column, at, kinds)) {
        code = pool !== null
          ? codeIn(pool, wordAt(column.codes, at))
          : codeOf(stringAt(column, at), stringLength(column, at));
      }
      store<u32>(to, code);
      to += 4;
    }
  }
  return !isFlooded;
}

function haveSeveralOrigins(runs: Runs, kinds: u32): bool {
  let only: usize = 0;
  for (let i: u32 = 0; i < runs.count; i++) {
    const column = runAt(runs, i).column;
    if (column === null || (column.seen & kinds) == 0) continue;
    const pool = changetype<usize>(column.pool);
    if (pool == 0 || (only != 0 && pool != only)) return true;
    only = pool;
  }
  return false;
}

function copyOf(from: usize, bytes: usize): usize {
  const copy = keep(bytes);
  memory.copy(copy, from, bytes);
  return copy;
}

function gatherLists(runs: Runs): void {
  vector.offsets = keep(((<usize> vector.length) + 1) << 2);
  let to = vector.offsets;
  let end: u32 = 0;
  store<u32>(to, 0);
  for (let i: u32 = 0; i < runs.count; i++) {
    const run = runAt(runs, i);
    const column = run.column;
    const start = run.start;
    const base = end;
    const first = column === null || column.starts == 0 || start == run.end
      ? 0
      : wordAt(column.starts, start);
    for (let at = start; at < run.end; at++) {
      if (column !== null && column.starts != 0) end = base + wordAt(column.ends, at) - first;
      to += 4;
      store<u32>(to, end);
    }
  }
}
