// The column's values as pages (Parquet, "Data Pages" and Encodings.md).
import { copyPadded } from "../../kernel/bytes.ts";
import { PADDING } from "../../kernel/memory.ts";
import { fillTo, newBuffer, roomFor } from "../../kernel/buffer.ts";
import {
  BITS,
  codeAt,
  codes,
  count,
  definitions,
  distinctStrings,
  entries,
  isPresent,
  kind,
  lengthAt,
  maxDefinition,
  maxRepetition,
  offsets,
  present,
  repetitions,
  stringAt,
  STRINGS,
  validity,
  values,
} from "./column.ts";
import { bitAt, codesAt, distinctValues, findDistinct } from "./distinct.ts";
import { codec, file } from "./file.ts";
import { bitsFor, putHybrid, putRun } from "./hybrid.ts";
import { compress, maxCompressedLength } from "./snappy.ts";
import { PLAIN, putI32, RLE, RLE_DICTIONARY } from "./thrift.ts";

const SNAPPY: u32 = 1;
/** `PageType` of parquet.thrift. */
const DATA_PAGE: u32 = 0;
const DICTIONARY_PAGE: u32 = 2;

/** About how many bytes the values of a page take at most, before they are compressed. */
const PAGE_BYTES: u32 = 1 << 20;
/** Rows are left out or read page by page, so a page has no more of them than this. */
const MAX_PAGE_ROWS: u32 = 20_000;
/** A dictionary is a page, and readers hold it whole. */
const MAX_DICTIONARY_BYTES: u32 = 1 << 20;
const MAX_HEADER_BYTES: u32 = 64;

/** A page before and after it is compressed. */
const page = newBuffer();
const compressed = newBuffer();
/** Codes or levels, as 32-bit integers. */
const scratch = newBuffer();

/** How many values the dictionary has; 0 if there is none. */
export let distinct: u32 = 0;
/** The code of each value, if there is one. */
let codesOfValues: usize = 0;
/** How many bytes the pages of the column take, with their headers, if nothing is compressed. */
export let uncompressedBytes: u32 = 0;

/** Begins the column with the page of its distinct values, if there is to be one. */
export function putDictionary(): void {
  uncompressedBytes = 0;
  if (kind < STRINGS && kind != BITS) {
    distinct = findDistinct(values, count, validity);
    codesOfValues = codesAt();
  } else {
    distinct = isDictionaryWorthIt() ? distinctStrings : 0;
    codesOfValues = codes;
  }
  if (distinct == 0) return;
  page.length = 0;
  if (kind < STRINGS) {
    const at = roomFor(page, distinctValues.length);
    memory.copy(at, distinctValues.start, distinctValues.length);
    fillTo(page, at + distinctValues.length);
  } else {
    for (let code: u32 = 0; code < distinct; code++) putString(code);
  }
  putPage(DICTIONARY_PAGE, distinct);
}

/** Whether each string is used twice on average. */
function isDictionaryWorthIt(): bool {
  if (distinctStrings << 1 > present || distinctStrings == 0) return false;
  const bytes = load<u32>(offsets + ((<usize>distinctStrings) << 2)) + (distinctStrings << 2);
  return bytes <= MAX_DICTIONARY_BYTES;
}

/** Puts all pages of data. Those of nested columns begin with a row. */
export function putPages(): void {
  let entry: u32 = 0;
  let value: u32 = 0;
  while (entry < entries) {
    const most = value + valuesInPage(value);
    let next = value; // the first value of the next page
    let end: u32;
    if (definitions == 0) next = end = min(min(entries, entry + MAX_PAGE_ROWS), most);
    else {
      let rows: u32 = 0;
      for (end = entry; end < entries; end++) {
        const isRow = repetitions == 0 || load<u8>(repetitions + end) == 0;
        if (isRow && (rows++ == MAX_PAGE_ROWS || next > most)) break;
        if (<u32>load<u8>(definitions + end) != maxDefinition) continue;
        while (!isPresent(next)) next++;
        next++;
      }
    }
    putData(entry, end - entry, value, next - value);
    entry = end;
    value = next;
  }
}

/** How many of the values from this one on one page should hold; at least one. */
function valuesInPage(from: u32): u32 {
  if (distinct > 0) return PAGE_BYTES >> 2;
  if (kind == BITS) return PAGE_BYTES << 3;
  if (kind < STRINGS) return PAGE_BYTES >> 3;
  let bytes: u32 = 0;
  let to = from;
  for (; to < count && (bytes < PAGE_BYTES || to == from); to++) {
    if (isPresent(to)) bytes += 4 + lengthAt(codeAt(to));
  }
  return to - from;
}

/** Writes a page of entries, which have as many values; of a flat column, one each. */
function putData(firstEntry: u32, entryCount: u32, firstValue: u32, valueCount: u32): void {
  page.length = 0;
  if (maxRepetition > 0) putLevels(repetitions + firstEntry, entryCount, bitsFor(maxRepetition));
  if (definitions != 0) putLevels(definitions + firstEntry, entryCount, bitsFor(maxDefinition));
  else putValidity(firstValue, valueCount);
  const end = firstValue + valueCount;
  if (distinct > 0) putCodes(firstValue, end);
  else if (kind == BITS) putBits(firstValue, end);
  else if (kind < STRINGS) putNumbers(firstValue, end);
  else putStrings(firstValue, end);
  putPage(DATA_PAGE, entryCount);
}

function putLevels(levels: usize, entryCount: u32, bits: u32): void {
  scratch.length = 0;
  const at = roomFor(scratch, entryCount << 2);
  for (let i: u32 = 0; i < entryCount; i++) {
    store<u32>(at + ((<usize>i) << 2), <u32>load<u8>(levels + i));
  }
  const start = beginLevels();
  putHybrid(page, at, entryCount, bits);
  endLevels(start);
}

/** The levels of a flat column: whether there is a value. */
function putValidity(from: u32, entryCount: u32): void {
  scratch.length = 0;
  const at = roomFor(scratch, entryCount << 2);
  const start = beginLevels();
  if (validity == 0) putRun(page, 1, entryCount, 1);
  else {
    for (let i: u32 = 0; i < entryCount; i++) {
      store<u32>(at + ((<usize>i) << 2), <u32>bitAt(validity, from + i));
    }
    putHybrid(page, at, entryCount, 1);
  }
  endLevels(start);
}

/** Levels follow their length in bytes. */
function beginLevels(): u32 {
  fillTo(page, roomFor(page, 4) + 4);
  return page.length;
}

function endLevels(start: u32): void {
  store<u32>(page.start + start - 4, page.length - start);
}

function putCodes(from: u32, to: u32): void {
  const bits = bitsFor(distinct - 1);
  const at = roomFor(page, 1);
  store<u8>(at, <u8>bits);
  fillTo(page, at + 1);
  const own = codesOfValues;
  if (validity == 0) return putHybrid(page, own + ((<usize>from) << 2), to - from, bits);
  scratch.length = 0;
  const start = roomFor(scratch, (to - from) << 2);
  let end = start;
  for (let i = from; i < to; i++) {
    if (!isPresent(i)) continue;
    store<u32>(end, load<u32>(own + ((<usize>i) << 2)));
    end += 4;
  }
  putHybrid(page, start, <u32>(end - start) >> 2, bits);
}

function putBits(from: u32, to: u32): void {
  let at = roomFor(page, ((to - from) >> 3) + 1);
  let byte: u32 = 0;
  let bit: u32 = 0;
  for (let i = from; i < to; i++) {
    if (!isPresent(i)) continue;
    byte |= <u32>bitAt(values, i) << bit;
    if (++bit == 8) {
      store<u8>(at++, <u8>byte);
      byte = bit = 0;
    }
  }
  if (bit > 0) store<u8>(at++, <u8>byte);
  fillTo(page, at);
}

function putNumbers(from: u32, to: u32): void {
  let at = roomFor(page, (to - from) << 3);
  if (validity == 0) {
    memory.copy(at, values + ((<usize>from) << 3), (to - from) << 3);
    return fillTo(page, at + ((<usize>(to - from)) << 3));
  }
  for (let i = from; i < to; i++) {
    if (!isPresent(i)) continue;
    store<u64>(at, load<u64>(values + ((<usize>i) << 3)));
    at += 8;
  }
  fillTo(page, at);
}

function putStrings(from: u32, to: u32): void {
  for (let i = from; i < to; i++) {
    if (isPresent(i)) putString(codeAt(i));
  }
}

function putString(code: u32): void {
  const length = lengthAt(code);
  const at = roomFor(page, 4 + length + <u32>PADDING);
  store<u32>(at, length);
  copyPadded(at + 4, stringAt(code), length);
  fillTo(page, at + 4 + length);
}

/** Puts the page into the file, behind its header. */
function putPage(type: u32, valueCount: u32): void {
  let body = page;
  if (codec == SNAPPY) {
    body = compressed;
    body.length = 0;
    const at = roomFor(body, maxCompressedLength(page.length));
    fillTo(body, compress(page.start, page.length, at));
  }
  const header = roomFor(file, MAX_HEADER_BYTES + body.length);
  const at = putHeader(header, type, body.length, valueCount);
  memory.copy(at, body.start, body.length);
  fillTo(file, at + body.length);
  uncompressedBytes += <u32>(at - header) + page.length;
}

/** `PageHeader` of parquet.thrift. */
function putHeader(start: usize, type: u32, length: u32, valueCount: u32): usize {
  let at = putI32(start, type); // 1: type
  at = putI32(at, page.length); // 2: uncompressed_page_size
  at = putI32(at, length); // 3: compressed_page_size
  if (type == DICTIONARY_PAGE) {
    store<u8>(at++, 0x4c); // 7: dictionary_page_header
    at = putI32(at, valueCount); // 1: num_values
    at = putI32(at, PLAIN); // 2: encoding
  } else {
    store<u8>(at++, 0x2c); // 5: data_page_header
    at = putI32(at, valueCount); // 1: num_values
    at = putI32(at, distinct > 0 ? RLE_DICTIONARY : PLAIN); // 2: encoding
    at = putI32(at, RLE); // 3: definition_level_encoding
    at = putI32(at, RLE); // 4: repetition_level_encoding
  }
  store<u16>(at, 0); // the ends of both structs
  return at + 2;
}
