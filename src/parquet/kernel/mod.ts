// The Parquet kernel: the arrays of a column to the pages of a file (Parquet, "Data Pages" and
// Encodings.md). What is around them, the footer, is put there by ../file_footer.ts.
//
// For each file: `beginFile`, and for each of its columns `input`, which says where its arrays are
// to be put, `beginColumn`, then pages; then the file so far is taken from `fileAt`.
import { copyPadded } from "../../kernel/bytes.ts";
import { PADDING } from "../../kernel/memory.ts";
import { fillTo, newBuffer, putVarint, roomFor } from "./buffer.ts";
import {
  bitAt,
  codesAt as numberCodesAt,
  distinctValues,
  findDistinct,
  setHashSeed,
} from "./distinct.ts";
import { bitsFor, putHybrid, putRun } from "./hybrid.ts";
import { compress, maxCompressedLength } from "./snappy.ts";

/** What values are: one bit, eight bytes, or strings. */
const BITS: u32 = 0;
const NUMBERS: u32 = 1;

/** Of Parquet's enumerations, what is used here. */
const SNAPPY: u32 = 1;
const DATA_PAGE: u32 = 0;
const DICTIONARY_PAGE: u32 = 2;
const PLAIN: u32 = 0;
const RLE: u32 = 3;
const RLE_DICTIONARY: u32 = 8;

/** About how many bytes the values of a page take at most, before they are compressed. */
const PAGE_BYTES: u32 = 1 << 20;
const MAX_HEADER_BYTES: u32 = 64;

const file = newBuffer();
/** A page before and after it is compressed. */
const page = newBuffer();
const compressed = newBuffer();
/** Codes or levels, as 32-bit integers. */
const scratch = newBuffer();
const inputs = newBuffer();

let codec: u32 = 0;
let kind: u32 = 0;
let count: u32 = 0;
let values: usize = 0;
let validity: usize = 0;
let codes: usize = 0;
let offsets: usize = 0;
let distinct: u32 = 0;
let definitions: usize = 0;
let repetitions: usize = 0;
let maxDefinition: u32 = 0;
let maxRepetition: u32 = 0;
let uncompressed: u32 = 0;

/** To be called once, with a number that nobody can guess. */
export function seedHashes(seed: u64): void {
  setHashSeed(seed);
}

/** Begins a file whose pages are compressed by a codec of Parquet: 0 for none, 1 for Snappy. */
export function beginFile(codecOfFile: u32): void {
  codec = codecOfFile;
  file.length = 0;
  const at = roomFor(file, 4);
  store<u32>(at, 0x31524150); // PAR1
  fillTo(file, at + 4);
}

/** Where the file is, as far as it goes. It moves when pages are added. */
export function fileAt(): usize {
  return file.start;
}

export function fileLength(): u32 {
  return file.length;
}

/** Says where as many bytes are to be put: the arrays of the next column. */
export function input(bytes: u32): usize {
  inputs.length = 0;
  return roomFor(inputs, bytes);
}

/**
 * Begins a column. Its arrays are where {@link input} said; those that it does not have are 0.
 *
 * @param kindOfValues 0 for bits, 1 for numbers of eight bytes, 2 for strings.
 * @param countOfValues How many there are, nulls among them.
 * @param valuesAt The bits, the numbers, or the bytes of distinct strings.
 * @param validityAt A bit for each value, set where it is not null.
 * @param codesAt Of strings: which of the distinct ones each is, as u32.
 * @param offsetsAt Of strings: where each distinct one begins, and where the last one ends, as i32.
 * @param distinctCount How many distinct strings there are, if a dictionary is to be written.
 */
export function beginColumn(
  kindOfValues: u32,
  countOfValues: u32,
  valuesAt: usize,
  validityAt: usize,
  codesAt: usize,
  offsetsAt: usize,
  distinctCount: u32,
): void {
  kind = kindOfValues;
  count = countOfValues;
  values = valuesAt;
  validity = validityAt;
  codes = codesAt;
  offsets = offsetsAt;
  distinct = distinctCount;
  definitions = repetitions = 0;
  maxDefinition = 1;
  maxRepetition = 0;
  uncompressed = 0;
}

/** Says how a nested column is nested: its levels, a byte for each entry. */
export function setLevels(
  definitionsAt: usize,
  repetitionsAt: usize,
  greatestDefinition: u32,
  greatestRepetition: u32,
): void {
  definitions = definitionsAt;
  repetitions = repetitionsAt;
  maxDefinition = greatestDefinition;
  maxRepetition = greatestRepetition;
}

/** How many bytes the pages of the column take, with their headers, if nothing is compressed. */
export function uncompressedLength(): u32 {
  return uncompressed;
}

/** Writes the page of the distinct values if there is to be one; says whether there is. */
export function putDictionary(): bool {
  if (kind == NUMBERS) {
    distinct = findDistinct(values, count, validity);
    codes = numberCodesAt();
  }
  if (distinct == 0) return false;
  page.length = 0;
  if (kind == NUMBERS) {
    const at = roomFor(page, distinctValues.length);
    memory.copy(at, distinctValues.start, distinctValues.length);
    fillTo(page, at + distinctValues.length);
  } else {
    for (let code: u32 = 0; code < distinct; code++) putString(code);
  }
  putPage(DICTIONARY_PAGE, distinct);
  return true;
}

/** How many of the values from this one on one page should hold; at least one. */
export function valuesInPage(from: u32): u32 {
  if (distinct > 0) return PAGE_BYTES >> 2;
  if (kind == BITS) return PAGE_BYTES << 3;
  if (kind == NUMBERS) return PAGE_BYTES >> 3;
  let bytes: u32 = 0;
  let to = from;
  for (; to < count && (bytes < PAGE_BYTES || to == from); to++) {
    if (isPresent(to)) bytes += 4 + lengthAt(codeAt(to));
  }
  return to - from;
}

/** Writes a page of entries, which have as many values; of a flat column, one each. */
export function putData(firstEntry: u32, entries: u32, firstValue: u32, valueCount: u32): void {
  page.length = 0;
  if (maxRepetition > 0) putLevels(repetitions + firstEntry, entries, bitsFor(maxRepetition));
  if (definitions != 0) putLevels(definitions + firstEntry, entries, bitsFor(maxDefinition));
  else putValidity(firstValue, valueCount);
  const end = firstValue + valueCount;
  if (distinct > 0) putCodes(firstValue, end);
  else if (kind == BITS) putBits(firstValue, end);
  else if (kind == NUMBERS) putNumbers(firstValue, end);
  else putStrings(firstValue, end);
  putPage(DATA_PAGE, entries);
}

// @ts-ignore: decorator
@inline
function isPresent(index: u32): bool {
  return validity == 0 || bitAt(validity, index);
}

function putLevels(levels: usize, entries: u32, bits: u32): void {
  scratch.length = 0;
  const at = roomFor(scratch, entries << 2);
  for (let i: u32 = 0; i < entries; i++) {
    store<u32>(at + ((<usize>i) << 2), <u32>load<u8>(levels + i));
  }
  const start = beginLevels();
  putHybrid(page, at, entries, bits);
  endLevels(start);
}

/** The levels of a flat column: whether there is a value. */
function putValidity(from: u32, entries: u32): void {
  scratch.length = 0;
  const at = roomFor(scratch, entries << 2);
  const start = beginLevels();
  if (validity == 0) putRun(page, 1, entries, 1);
  else {
    for (let i: u32 = 0; i < entries; i++) {
      store<u32>(at + ((<usize>i) << 2), <u32>bitAt(validity, from + i));
    }
    putHybrid(page, at, entries, 1);
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
  if (validity == 0) return putHybrid(page, codes + ((<usize>from) << 2), to - from, bits);
  scratch.length = 0;
  const start = roomFor(scratch, (to - from) << 2);
  let end = start;
  for (let i = from; i < to; i++) {
    if (!isPresent(i)) continue;
    store<u32>(end, load<u32>(codes + ((<usize>i) << 2)));
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

// @ts-ignore: decorator
@inline
function codeAt(index: u32): u32 {
  return load<u32>(codes + ((<usize>index) << 2));
}

// @ts-ignore: decorator
@inline
function lengthAt(code: u32): u32 {
  const at = offsets + ((<usize>code) << 2);
  return load<u32>(at, 4) - load<u32>(at);
}

function putString(code: u32): void {
  const length = lengthAt(code);
  const at = roomFor(page, 4 + length + <u32>PADDING);
  store<u32>(at, length);
  copyPadded(at + 4, values + load<u32>(offsets + ((<usize>code) << 2)), length);
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
  uncompressed += <u32>(at - header) + page.length;
}

/** `PageHeader` of parquet.thrift, in Thrift's compact protocol. */
function putHeader(start: usize, type: u32, length: u32, valueCount: u32): usize {
  let at = putInt(start, type); // 1: type
  at = putInt(at, page.length); // 2: uncompressed_page_size
  at = putInt(at, length); // 3: compressed_page_size
  if (type == DICTIONARY_PAGE) {
    store<u8>(at++, 0x4c); // 7: dictionary_page_header
    at = putInt(at, valueCount); // 1: num_values
    at = putInt(at, PLAIN); // 2: encoding
  } else {
    store<u8>(at++, 0x2c); // 5: data_page_header
    at = putInt(at, valueCount); // 1: num_values
    at = putInt(at, distinct > 0 ? RLE_DICTIONARY : PLAIN); // 2: encoding
    at = putInt(at, RLE); // 3: definition_level_encoding
    at = putInt(at, RLE); // 4: repetition_level_encoding
  }
  store<u16>(at, 0); // the ends of both structs
  return at + 2;
}

/** The next field of a struct, of type i32. */
function putInt(at: usize, value: u32): usize {
  store<u8>(at, 0x15);
  return putVarint(at + 1, value << 1);
}
