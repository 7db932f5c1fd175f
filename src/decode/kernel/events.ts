// Events into columns. Whatever is odd about a line is left to the reference decoder: nothing of
// the line stays, and the reader stops behind it.
import { equalBytes } from "../../kernel/bytes.ts";
import {
  activate,
  activateField,
  BOOL,
  Column,
  dictionaryOf,
  fieldNamed,
  FLOAT64,
  INT64,
  kindAt,
  LIST,
  MISSING,
  newColumn,
  NULL,
  setCode,
  setEnd,
  setFloat,
  setInteger,
  setKind,
  setStart,
  STRING,
  STRUCT,
  TIMESTAMP,
} from "./column.ts";
import { codeOf } from "./dictionary.ts";
import { float, integer, isInteger, readNumber } from "./numbers.ts";
import { hadLoneSurrogate, readText, text, textHash, textLength } from "./text.ts";
import { micros, readTimeText, timeOfNumber } from "./time.ts";

const NEWLINE: u8 = 0x0a;
const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;
const OPENING_BRACKET: u8 = 0x5b;
const CLOSING_BRACKET: u8 = 0x5d;
const OPENING_BRACE: u8 = 0x7b;
const CLOSING_BRACE: u8 = 0x7d;

/** As the reference has them. */
const MAX_DEPTH: u32 = 64;
const MAX_BATCH_FIELDS: u32 = 2000;
const MAX_STRUCT_FIELDS: u32 = 1000;

/** The fields of events. */
export const root: Column = newColumn();
let timeName: usize = 0;
let timeNameLength: u32 = 0;
/** How many nanoseconds a number in the time field counts; 0 without a time field. */
let timeUnit: u32 = 0;

/** Names the time field. */
export function setTime(name: usize, length: u32, unit: u32): void {
  timeName = name;
  timeNameLength = length;
  timeUnit = unit;
}

// @ts-ignore: decorator
@inline
function skipSpace(at: usize): usize {
  let char = load<u8>(at);
  while (char == 0x20 || char == 0x09 || char == 0x0d) char = load<u8>(++at);
  return at;
}

/** Whether a line has nothing in it: where it ends then, or 0. */
export function blankEnd(line: usize): usize {
  const at = skipSpace(line);
  return load<u8>(at) == NEWLINE ? at : 0;
}

/** Reads the event of a line; returns where the line ends, or 0 when it must be undone. */
export function readEvent(line: usize, row: u32): usize {
  let at = skipSpace(line);
  if (load<u8>(at) != OPENING_BRACE) return 0;
  at = readObject(root, row, at + 1, 1);
  if (at == 0) return 0;
  at = skipSpace(at);
  return load<u8>(at) == NEWLINE ? at : 0;
}

/** Reads an object after its brace. */
function readObject(struct: Column, row: u32, at: usize, depth: u32): usize {
  const maxFields = depth == 1 ? MAX_BATCH_FIELDS : MAX_STRUCT_FIELDS;
  if (depth > MAX_DEPTH || struct.activeLength > maxFields) return 0;
  at = skipSpace(at);
  if (load<u8>(at) == CLOSING_BRACE) return at + 1;
  let before: Column | null = null;
  let expected = struct.first;
  while (true) {
    if (load<u8>(at) != QUOTE) return 0;
    at++;
    let field: Column;
    if (expected !== null && standsAt(expected, at)) {
      field = expected;
      at += expected.nameLength + 2;
    } else {
      at = readText(at);
      if (at == 0) return 0;
      if (hadLoneSurrogate) return 0;
      field = fieldNamed(struct, text, textLength, textHash);
      if (before === null) struct.first = field;
      else before.next = field;
      at = skipSpace(at);
      if (load<u8>(at) != COLON) return 0;
      at++;
    }
    if (!field.isActive) {
      if (depth == 1) {
        if (struct.activeLength == MAX_BATCH_FIELDS) return 0;
        field.isTime = timeUnit != 0 && field.nameLength == timeNameLength &&
          equalBytes(field.name, timeName, timeNameLength);
      }
      activateField(struct, field, row);
    } else if (kindAt(field, row) != MISSING) return 0; // of two members of a name the last counts

    at = skipSpace(at);
    at = field.isTime ? readTime(field, row, at) : readValue(field, row, at, depth);
    if (at == 0) return 0;
    at = skipSpace(at);
    const char = load<u8>(at);
    if (char == COMMA) {
      at = skipSpace(at + 1);
      before = field;
      expected = field.next;
    } else return char == CLOSING_BRACE ? at + 1 : 0;
  }
}

/** Whether a name stands here, with a quote and a colon after it. */
// @ts-ignore: decorator
@inline
function standsAt(field: Column, at: usize): bool {
  return field.isPlainName && equalBytes(field.name, at, field.nameLength + 2);
}

function readValue(column: Column, row: u32, at: usize, depth: u32): usize {
  const char = load<u8>(at);
  if (char == QUOTE) {
    at = readText(at + 1);
    if (at == 0) return 0;
    setKind(column, row, STRING);
    setCode(column, row, codeOf(dictionaryOf(column), text, textLength, textHash));
    return at;
  }
  if (char == 0x2d || <u32>char - 0x30 <= 9) {
    at = readNumber(at);
    if (at == 0) return 0;
    if (isInteger) {
      setKind(column, row, INT64);
      setInteger(column, row, integer);
    } else {
      setKind(column, row, FLOAT64);
      setFloat(column, row, float);
    }
    return at;
  }
  return readOther(column, row, at, depth);
}

function readOther(column: Column, row: u32, at: usize, depth: u32): usize {
  switch (load<u8>(at)) {
    case 0x6e: // null
      if (load<u32>(at) != 0x6c6c756e) return 0;
      setKind(column, row, NULL);
      return at + 4;
    case 0x74: // true
      if (load<u32>(at) != 0x65757274) return 0;
      setKind(column, row, BOOL);
      setInteger(column, row, 1);
      return at + 4;
    case 0x66: // false
      if (load<u32>(at, 1) != 0x65736c61) return 0;
      setKind(column, row, BOOL);
      setInteger(column, row, 0);
      return at + 5;
    case OPENING_BRACE:
      setKind(column, row, STRUCT);
      return readObject(column, row, at + 1, depth + 1);
    case OPENING_BRACKET:
      setKind(column, row, LIST);
      return readList(column, row, at + 1, depth + 1);
    default:
      return 0;
  }
}

/** Reads a list after its bracket. */
function readList(column: Column, row: u32, at: usize, depth: u32): usize {
  setStart(column, row);
  if (depth > MAX_DEPTH) return 0;
  at = skipSpace(at);
  if (load<u8>(at) == CLOSING_BRACKET) {
    setEnd(column, row);
    return at + 1;
  }
  let items = column.items;
  if (items === null) {
    items = newColumn();
    column.items = items;
  }
  if (!items.isActive) activate(items, column.itemCount);
  while (true) {
    const item = column.itemCount++;
    at = readValue(items, item, at, depth);
    if (at == 0) return 0;
    at = skipSpace(at);
    const char = load<u8>(at);
    if (char == COMMA) at = skipSpace(at + 1);
    else if (char == CLOSING_BRACKET) break;
    else return 0;
  }
  setEnd(column, row);
  return at + 1;
}

function readTime(column: Column, row: u32, at: usize): usize {
  const char = load<u8>(at);
  if (char == QUOTE) at = readTimeText(at + 1);
  else if (char == 0x2d || <u32>char - 0x30 <= 9) {
    at = readNumber(at);
    if (at != 0 && !timeOfNumber(timeUnit)) return 0;
  } else return 0;
  if (at == 0) return 0;
  setKind(column, row, TIMESTAMP);
  setInteger(column, row, micros);
  lastTimeRow = row;
  return at;
}

/** The row that was last given a time; no row, to begin with. */
export let lastTimeRow: u32 = u32.MAX_VALUE;

export function forgetTimes(): void {
  lastTimeRow = u32.MAX_VALUE;
}
