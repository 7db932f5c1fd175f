import { equalBytes } from "../../kernel/bytes.ts";
import { Dictionary, newDictionary, startBatch } from "./dictionary.ts";
import { allocate, blockSize, grow, release } from "../../kernel/memory.ts";

// The kinds of values: as in columns/kind.ts.
export const MISSING: u8 = 0;
export const NULL: u8 = 1;
export const BOOL: u8 = 2;
export const INT64: u8 = 3;
export const FLOAT64: u8 = 4;
export const STRING: u8 = 5;
export const TIMESTAMP: u8 = 6;
export const LIST: u8 = 7;
export const STRUCT: u8 = 8;

const QUOTE_AND_COLON: u16 = 0x3a22;

/**
 * The values of one field over the rows of a batch, laid out as columns/column.ts has it. A column
 * is kept for the next batches, with its dictionary and what usually follows it.
 */
// @ts-ignore: decorator
@unmanaged
export class Column {
  /** Name of the field, in UTF-8, with a quote and a colon behind it as they mostly are in JSON. */
  name: usize;
  nameLength: u32;
  nameHash: u32;
  /** The number that stands for the name, as who reads it has it. */
  field: u32;
  /** The column that was made before it, if that has no such number yet either. */
  unnumbered: Column | null;
  /** Whether the name stands in JSON as it is, without escapes. */
  isPlainName: bool;
  /** Whether this is the time field. */
  isTime: bool;

  /** Whether the batch has a value of it yet, and the row of the first. */
  isActive: bool;
  firstRow: u32;

  /** Arrays with room for as many rows; 0 until the batch needs one. */
  kindsRows: u32;
  numbersRows: u32;
  codesRows: u32;
  listsRows: u32;
  kinds: usize;
  numbers: usize;
  codes: usize;
  starts: usize;
  ends: usize;
  /** Sizes of their blocks. */
  kindsSize: u32;
  numbersSize: u32;
  codesSize: u32;
  listsSize: u32;

  dictionary: Dictionary | null;

  /** Fields of structs: in order of activation, and by hash of their names. */
  active: usize;
  activeSize: u32;
  activeLength: u32;
  slots: usize;
  slotMask: u32;
  fieldCount: u32;
  /** The field that events begin with, and the one that comes after this one, as they last were. */
  first: Column | null;
  next: Column | null;

  /** Items of lists. */
  items: Column | null;
  itemCount: u32;
}

let columnCount: u32 = 0;
/** The last column that was made and has no number yet for its name. */
let unnumbered: Column | null = null;
/** Rows that arrays get from the start: there are no more lines than this. */
let expectedRows: u32 = 0;

export function setExpectedRows(rows: u32): void {
  expectedRows = rows;
}

export function countColumns(): u32 {
  return columnCount;
}

/** Takes one of the columns whose names have no number yet. */
export function takeUnnumbered(): Column | null {
  const column = unnumbered;
  if (column !== null) unnumbered = column.unnumbered;
  return column;
}

export function newColumn(): Column {
  const column = changetype<Column>(allocate(offsetof<Column>()));
  memory.fill(changetype<usize>(column), 0, offsetof<Column>());
  columnCount++;
  return column;
}

/** Notes that a batch has values of a column, from this row on. */
export function activate(column: Column, row: u32): void {
  column.isActive = true;
  column.firstRow = row;
  column.kindsRows = 0;
  column.numbersRows = 0;
  column.codesRows = 0;
  column.listsRows = 0;
  column.activeLength = 0;
  column.itemCount = 0;
}

/** Puts a field among those of the batch. */
export function activateField(struct: Column, field: Column, row: u32): void {
  activate(field, row);
  const used = struct.activeLength << 2;
  if (used + 4 > struct.activeSize) {
    const to = max<u32>(64, struct.activeSize << 1);
    struct.active = grow(struct.active, struct.activeSize, used, to);
    struct.activeSize = <u32>blockSize(to);
  }
  store<u32>(struct.active + used, <u32>changetype<usize>(field));
  struct.activeLength++;
}

// @ts-ignore: decorator
@inline
export function activeField(struct: Column, index: u32): Column {
  return changetype<Column>(<usize>load<u32>(struct.active + ((<usize>index) << 2)));
}

/** The kind of a row, of a column that is active. */
// @ts-ignore: decorator
@inline
export function kindAt(column: Column, row: u32): u8 {
  return row < column.kindsRows ? load<u8>(column.kinds + row) : MISSING;
}

// @ts-ignore: decorator
@inline
export function setKind(column: Column, row: u32, kind: u8): void {
  if (row >= column.kindsRows) growKinds(column, row);
  store<u8>(column.kinds + row, kind);
}

// @ts-ignore: decorator
@inline
export function setInteger(column: Column, row: u32, value: i64): void {
  if (row >= column.numbersRows) growNumbers(column, row);
  store<i64>(column.numbers + ((<usize>row) << 3), value);
}

// @ts-ignore: decorator
@inline
export function setFloat(column: Column, row: u32, value: f64): void {
  if (row >= column.numbersRows) growNumbers(column, row);
  store<f64>(column.numbers + ((<usize>row) << 3), value);
}

// @ts-ignore: decorator
@inline
export function setCode(column: Column, row: u32, code: u32): void {
  if (row >= column.codesRows) growCodes(column, row);
  store<u32>(column.codes + ((<usize>row) << 2), code);
}

// @ts-ignore: decorator
@inline
export function setStart(column: Column, row: u32): void {
  if (row >= column.listsRows) growLists(column, row);
  store<u32>(column.starts + ((<usize>row) << 2), column.itemCount);
}

// @ts-ignore: decorator
@inline
export function setEnd(column: Column, row: u32): void {
  store<u32>(column.ends + ((<usize>row) << 2), column.itemCount);
}

// @ts-ignore: decorator
@inline
export function dictionaryOf(column: Column): Dictionary {
  const known = column.dictionary;
  if (known !== null) return known;
  const made = newDictionary();
  column.dictionary = made;
  return made;
}

/** How many rows an array should have so that it has this one. */
function rowsFor(row: u32, rows: u32): u32 {
  return max(max(row + 1, expectedRows), max<u32>(64, rows << 1));
}

function growKinds(column: Column, row: u32): void {
  const rows = rowsFor(row, column.kindsRows);
  column.kinds = enlarged(column.kinds, column.kindsSize, column.kindsRows, rows);
  column.kindsSize = enlargedSize;
  column.kindsRows = rows;
}

function growNumbers(column: Column, row: u32): void {
  const rows = rowsFor(row, column.numbersRows);
  column.numbers = enlarged(column.numbers, column.numbersSize, column.numbersRows << 3, rows << 3);
  column.numbersSize = enlargedSize;
  column.numbersRows = rows;
}

function growCodes(column: Column, row: u32): void {
  const rows = rowsFor(row, column.codesRows);
  column.codes = enlarged(column.codes, column.codesSize, column.codesRows << 2, rows << 2);
  column.codesSize = enlargedSize;
  column.codesRows = rows;
}

function growLists(column: Column, row: u32): void {
  const rows = rowsFor(row, column.listsRows);
  const size = column.listsSize;
  column.starts = enlarged(column.starts, size, column.listsRows << 2, rows << 2);
  column.ends = enlarged(column.ends, size, column.listsRows << 2, rows << 2);
  column.listsSize = enlargedSize;
  column.listsRows = rows;
}

/** Lengthens the arrays in use to as many rows. */
export function lengthen(column: Column, rows: u32): void {
  if (rows > column.kindsRows) growKinds(column, rows - 1);
  if (column.numbersRows > 0 && rows > column.numbersRows) growNumbers(column, rows - 1);
  if (column.codesRows > 0 && rows > column.codesRows) growCodes(column, rows - 1);
  if (column.listsRows > 0 && rows > column.listsRows) growLists(column, rows - 1);
}

let enlargedSize: u32 = 0;

/** A block with room for `to` bytes, those past `used` zero; its size is left in `enlargedSize`. */
function enlarged(block: usize, size: u32, used: u32, to: u32): usize {
  enlargedSize = size;
  if (block == 0 || size < to) {
    block = grow(block, size, used, to);
    enlargedSize = <u32>blockSize(to);
  }
  memory.fill(block + used, 0, to - used);
  return block;
}

/** The field of a name; one that is new if need be. */
export function fieldNamed(struct: Column, name: usize, length: u32, hash: u32): Column {
  if (struct.fieldCount >= struct.slotMask >> 1) widenFields(struct);
  let slot = hash & struct.slotMask;
  while (true) {
    const place = struct.slots + ((<usize>slot) << 2);
    const known = changetype<Column | null>(<usize>load<u32>(place));
    if (known === null) {
      const field = newColumn();
      field.name = allocate(length + 2);
      memory.copy(field.name, name, length);
      store<u16>(field.name + length, QUOTE_AND_COLON);
      field.nameLength = length;
      field.nameHash = hash;
      field.isPlainName = isPlain(name, length);
      field.unnumbered = unnumbered;
      unnumbered = field;
      store<u32>(place, <u32>changetype<usize>(field));
      struct.fieldCount++;
      return field;
    }
    if (
      known.nameHash == hash && known.nameLength == length && equalBytes(known.name, name, length)
    ) return known;
    slot = (slot + 1) & struct.slotMask;
  }
}

function isPlain(name: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(name + i);
    if (byte == 0x22 || byte == 0x5c || byte < 0x20) return false;
  }
  return true;
}

function widenFields(struct: Column): void {
  const count = struct.slots == 0 ? <u32>64 : (struct.slotMask + 1) << 1;
  const mask = count - 1;
  const slots = allocate((<usize>count) << 2);
  memory.fill(slots, 0, (<usize>count) << 2);
  const old = struct.slots;
  const oldCount = old == 0 ? <u32>0 : struct.slotMask + 1;
  for (let i: u32 = 0; i < oldCount; i++) {
    const field = load<u32>(old + ((<usize>i) << 2));
    if (field == 0) continue;
    let slot = changetype<Column>(<usize>field).nameHash & mask;
    while (load<u32>(slots + ((<usize>slot) << 2)) != 0) slot = (slot + 1) & mask;
    store<u32>(slots + ((<usize>slot) << 2), field);
  }
  release(old, (<usize>oldCount) << 2);
  struct.slots = slots;
  struct.slotMask = mask;
}

/** Makes a column and those below ready for the next batch. */
export function endBatch(column: Column): void {
  for (let i: u32 = 0; i < column.activeLength; i++) endBatch(activeField(column, i));
  const items = column.items;
  if (items !== null && items.isActive) endBatch(items);
  const dictionary = column.dictionary;
  // Strings of a line that was undone are told with the next batch that has strings.
  if (dictionary !== null && column.codesRows > 0) startBatch(dictionary);
  column.isActive = false;
  column.activeLength = 0;
  column.itemCount = 0;
}

/**
 * Takes back what a row got, in a column that is active and in those below. No later row has got
 * anything, so what begins with this row is not in the batch.
 */
export function undoRow(column: Column, row: u32): void {
  const kind = kindAt(column, row);
  if (kind == MISSING) return;
  store<u8>(column.kinds + row, MISSING);
  if (kind == LIST) {
    const start = load<u32>(column.starts + ((<usize>row) << 2));
    const items = column.items;
    if (items !== null && items.isActive) {
      for (let item = column.itemCount; item >= start; item--) {
        undoRow(items, item);
        if (item == 0) break;
      }
      if (items.firstRow >= start) items.isActive = false;
    }
    column.itemCount = start;
  }
  if (kind == STRUCT) undoFields(column, row);
}

export function undoFields(struct: Column, row: u32): void {
  for (let i: u32 = 0; i < struct.activeLength; i++) undoRow(activeField(struct, i), row);
  while (struct.activeLength > 0) {
    const last = activeField(struct, struct.activeLength - 1);
    if (last.firstRow < row) break;
    last.isActive = false;
    last.activeLength = 0;
    struct.activeLength--;
  }
}
