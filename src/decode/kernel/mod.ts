// The JSON kernel: lines of JSON to columns, as the reference decoder has them.
//
// For each batch: `begin`, then the bytes are put where it says, then `countLines`, then `read` until
// it says that it is done, then `finish`, whose description of the columns is taken before the next
// `begin`.
import {
  activeField,
  Column,
  countColumns,
  endBatch,
  lengthen,
  setExpectedRows,
  undoFields,
} from "./column.ts";
import { wasFlooded } from "./dictionary.ts";
import { blankEnd, forgetTimes, lastTimeRow, readEvent, root, setTime } from "./events.ts";
import { allocate, blockSize, grow } from "../../kernel/memory.ts";
import { setSeed } from "./text.ts";
import { micros } from "./time.ts";

const NEWLINE: u8 = 0x0a;
/** What reads ahead finds behind the input: newlines, which end everything. */
const SENTINELS: u32 = 64;

/** What {@link read} says. */
const DONE: u32 = 0;
const ODD_LINE: u32 = 1;
const FLOODED: u32 = 2;

let maxEventBytes: u32 = 0;
let hasTime: bool = false;

let input: usize = 0;
let inputSize: u32 = 0;
let inputEnd: usize = 0;
let at: usize = 0;
let line: u32 = 0;
let rows: u32 = 0;

/** Of each row the time, as f64, and the number of its line. */
let times: usize = 0;
let lines: usize = 0;
let rowsSize: u32 = 0;

let description: usize = 0;
let descriptionSize: u32 = 0;
let described: u32 = 0;
let arrayBytes: u32 = 0;

/** To be called once. The name of the time field is put where {@link begin} says before. */
export function configure(
  seed: u64,
  longest: u32,
  timeNameLength: u32,
  nanosecondsPerUnit: u32,
): void {
  setSeed(seed);
  maxEventBytes = longest;
  hasTime = nanosecondsPerUnit != 0;
  const name = allocate(timeNameLength);
  memory.copy(name, input, timeNameLength);
  setTime(name, timeNameLength, nanosecondsPerUnit);
}

/** Says where as many bytes of whole lines are to be put. */
export function begin(length: u32): usize {
  endBatch(root);
  if (length + SENTINELS > inputSize) {
    input = grow(input, inputSize, 0, length + SENTINELS);
    inputSize = <u32>blockSize(length + SENTINELS);
  }
  memory.fill(input + length, NEWLINE, SENTINELS);
  at = input;
  inputEnd = input + length;
  line = 0;
  rows = 0;
  forgetTimes();
  return input;
}

/** Counts the lines, once the bytes are there, and makes room for as many rows. */
export function countLines(): u32 {
  let lineCount = countNewlines();
  if (inputEnd > input && load<u8>(inputEnd - 1) != NEWLINE) lineCount++;
  setExpectedRows(lineCount);
  if (lineCount > rowsSize) {
    times = grow(times, rowsSize << 3, 0, lineCount << 3);
    lines = grow(lines, rowsSize << 2, 0, lineCount << 2);
    rowsSize = lineCount;
  }
  return lineCount;
}

function countNewlines(): u32 {
  let count: u32 = 0;
  let from = input;
  while (from + 16 <= inputEnd) {
    // A lane counts to 255 at most.
    const stop = min(inputEnd - 15, from + 255 * 16);
    let lanes = i8x16.splat(0);
    for (; from < stop; from += 16) {
      lanes = i8x16.sub(lanes, i8x16.eq(v128.load(from), i8x16.splat(NEWLINE)));
    }
    const pairs = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(lanes));
    count += <u32>i32x4.extract_lane(pairs, 0) + <u32>i32x4.extract_lane(pairs, 1) +
      <u32>i32x4.extract_lane(pairs, 2) + <u32>i32x4.extract_lane(pairs, 3);
  }
  for (; from < inputEnd; from++) count += <u32>(load<u8>(from) == NEWLINE);
  return count;
}

/**
 * Reads lines up to one that is odd, which is the line before {@link currentLine} then and has left
 * nothing behind, or to the end.
 */
export function read(): u32 {
  while (at < inputEnd) {
    const start = at;
    const row = rows;
    let end = readEvent(start, row);
    const isEvent = end != 0 && (!hasTime || lastTimeRow == row) &&
      <u32>(end - start) <= maxEventBytes;
    if (!isEvent) {
      undoFields(root, row);
      forgetTimes();
      end = blankEnd(start);
      if (end == 0 || <u32>(end - start) > maxEventBytes) {
        at = lineEnd(start) + 1;
        line++;
        return ODD_LINE;
      }
    } else {
      store<f64>(times + ((<usize>row) << 3), <f64>micros);
      store<u32>(lines + ((<usize>row) << 2), line);
      rows++;
    }
    at = end + 1;
    line++;
  }
  return wasFlooded() ? FLOODED : DONE;
}

export function currentLine(): u32 {
  return line;
}

export function rowCount(): u32 {
  return rows;
}

/** Where the times of the rows are: f64, microseconds; nothing of the kind without a time field. */
export function timesAt(): usize {
  return times;
}

/** Where the numbers of the rows' lines are: u32, from 0. */
export function linesAt(): usize {
  return lines;
}

/** Whether strings have come that were made to be slow to look up. */
export function isFlooded(): bool {
  return wasFlooded();
}

/** How many columns there are in memory, those of earlier batches too. */
export function columns(): u32 {
  return countColumns();
}

/**
 * Describes the columns of the events that were read: returns where the words of the description are, first how many bytes all arrays take together, each rounded up to a multiple of eight, then
 * the number of columns. Each column is {@link COLUMN_WORDS} words, then its fields, then its items.
 */
export function finish(): usize {
  described = 0;
  arrayBytes = 0;
  addWord(0);
  addWord(root.activeLength);
  for (let i: u32 = 0; i < root.activeLength; i++) describe(activeField(root, i), rows);
  store<u32>(description, arrayBytes);
  return description;
}

const COLUMN_WORDS: u32 = 17;

function describe(column: Column, rows: u32): void {
  lengthen(column, rows);
  const dictionary = column.codesRows > 0 ? column.dictionary : null;
  addWord(<u32>changetype<usize>(column)); // stands for the column in all batches
  addWord(<u32>column.name);
  addWord(column.nameLength);
  addWord(column.firstRow);
  addArray(column.kinds, rows);
  addArray(column.numbersRows > 0 ? column.numbers : 0, rows << 3);
  addArray(column.codesRows > 0 ? column.codes : 0, rows << 2);
  addArray(column.listsRows > 0 ? column.starts : 0, rows << 2);
  addArray(column.listsRows > 0 ? column.ends : 0, rows << 2);
  if (dictionary !== null) {
    const pool = dictionary.pool;
    addWord(dictionary.epoch);
    addWord(<u32>pool.isInterned);
    addWord(<u32>pool.bytes);
    addWord(pool.byteLength);
    addWord(<u32>pool.offsets);
    addWord(pool.length);
  } else {
    for (let i = 0; i < 6; i++) addWord(0);
  }
  addWord(column.activeLength);
  addWord(column.itemCount);
  for (let i: u32 = 0; i < column.activeLength; i++) describe(activeField(column, i), rows);
  const items = column.items;
  if (items !== null && column.itemCount > 0) describe(items, column.itemCount);
}

function addArray(array: usize, length: u32): void {
  addWord(<u32>array);
  if (array != 0) arrayBytes += (length + 7) & ~7;
}

function addWord(word: u32): void {
  const used = described << 2;
  if (used + 4 > descriptionSize) {
    const to = max<u32>(4096, descriptionSize << 1);
    description = grow(description, descriptionSize, used, to);
    descriptionSize = <u32>blockSize(to);
  }
  store<u32>(description + used, word);
  described++;
}

function lineEnd(from: usize): usize {
  let char = load<u8>(from);
  while (char != NEWLINE) char = load<u8>(++from);
  return from;
}
