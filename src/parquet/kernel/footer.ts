// What stands at the end of a file: `FileMetaData` of parquet.thrift, but for what the schema alone
// decides, which ../schema_metadata.ts has.
import { Buffer, fillTo, newBuffer, putVarint, roomFor } from "../../kernel/buffer.ts";
import { BITS, entries, INTEGERS, kind, present, STRINGS } from "./column.ts";
import { Bound, hasBounds, lower, upper } from "./extremes.ts";
import { codec, file, putMagic } from "./file.ts";
import { distinct, uncompressedBytes } from "./pages.ts";
import { PLAIN, putI32, putI64, putListHeader, RLE, RLE_DICTIONARY } from "./thrift.ts";

/** `Type` of parquet.thrift, by kind. */
const BOOLEAN: u32 = 0;
const INT64: u32 = 2;
const DOUBLE: u32 = 5;
const BYTE_ARRAY: u32 = 6;

const TYPE_I32: u32 = 5;
const TYPE_STRUCT: u32 = 12;
const MAX_FIELDS_BYTES: u32 = 128;

/** The `ColumnChunk`s so far. */
const chunks = newBuffer();
let chunkCount: u32 = 0;
let totalUncompressed: u32 = 0;
let totalCompressed: u32 = 0;

export function startFooter(): void {
  chunks.length = 0;
  chunkCount = totalUncompressed = totalCompressed = 0;
}

/**
 * Adds what is to be said of the column.
 *
 * @param start Where its pages begin in the file, the dictionary first.
 * @param dataStart Where its first page of data begins.
 * @param path Where `path_in_schema` is, a list as Thrift has it.
 */
export function putChunk(start: u32, dataStart: u32, path: usize, pathLength: u32): void {
  let at = roomFor(chunks, MAX_FIELDS_BYTES + pathLength);
  at = putI64(at, 0, 2); // 2: file_offset, of what is nowhere else
  store<u8>(at++, 0x1c); // 3: meta_data
  at = putI32(at, physicalType()); // 1: type
  store<u8>(at++, 0x19); // 2: encodings
  at = putListHeader(at, distinct > 0 ? 3 : 2, TYPE_I32);
  at = putVarint(at, PLAIN << 1);
  at = putVarint(at, RLE << 1);
  if (distinct > 0) at = putVarint(at, RLE_DICTIONARY << 1);
  store<u8>(at++, 0x19); // 3: path_in_schema
  memory.copy(at, path, pathLength);
  at = putI32(at + pathLength, codec); // 4: codec
  at = putI64(at, entries, 1); // 5: num_values
  at = putI64(at, uncompressedBytes, 1); // 6: total_uncompressed_size
  at = putI64(at, file.length - start, 1); // 7: total_compressed_size
  at = putI64(at, dataStart, 2); // 9: data_page_offset
  if (distinct > 0) at = putI64(at, start, 2); // 11: dictionary_page_offset
  store<u8>(at++, distinct > 0 ? 0x1c : 0x3c); // 12: statistics
  at = putI64(at, entries - present, 3); // 3: null_count
  fillTo(chunks, at);
  if (hasBounds) {
    putBytes(chunks, upper, 0x28); // 5: max_value
    putBytes(chunks, lower, 0x18); // 6: min_value
  }
  at = roomFor(chunks, 8);
  if (hasBounds) {
    store<u8>(at++, upper.isExact ? 0x11 : 0x12); // 7: is_max_value_exact
    store<u8>(at++, lower.isExact ? 0x11 : 0x12); // 8: is_min_value_exact
  }
  store<u32>(at, 0); // the ends of the three structs
  fillTo(chunks, at + 3);
  chunkCount++;
  totalUncompressed += uncompressedBytes;
  totalCompressed += file.length - start;
}

function physicalType(): u32 {
  if (kind >= STRINGS) return BYTE_ARRAY;
  if (kind == INTEGERS) return INT64;
  return kind == BITS ? BOOLEAN : DOUBLE;
}

function putBytes(buffer: Buffer, bound: Bound, header: u32): void {
  let at = roomFor(buffer, 8 + bound.length);
  store<u8>(at, <u8>header);
  at = putVarint(at + 1, bound.length);
  memory.copy(at, bound.at, bound.length);
  fillTo(buffer, at + bound.length);
}

/**
 * Ends the file.
 *
 * @param head What comes before `num_rows`, and after the row groups.
 */
export function putFooter(
  rows: u32,
  head: usize,
  headLength: u32,
  tail: usize,
  tailLength: u32,
): void {
  const start = file.length;
  let at = roomFor(file, headLength + MAX_FIELDS_BYTES + chunks.length + tailLength);
  memory.copy(at, head, headLength);
  at = putI64(at + headLength, rows, 1); // 3: num_rows
  store<u8>(at++, 0x19); // 4: row_groups
  at = putListHeader(at, rows > 0 ? 1 : 0, TYPE_STRUCT);
  if (rows > 0) {
    store<u8>(at++, 0x19); // 1: columns
    at = putListHeader(at, chunkCount, TYPE_STRUCT);
    memory.copy(at, chunks.start, chunks.length);
    at = putI64(at + chunks.length, totalUncompressed, 1); // 2: total_byte_size
    at = putI64(at, rows, 1); // 3: num_rows
    at = putI64(at, totalCompressed, 3); // 6: total_compressed_size
    store<u8>(at++, 0); // the end of the struct
  }
  memory.copy(at, tail, tailLength);
  fillTo(file, at + tailLength);
  const length = file.length - start;
  at = roomFor(file, 4);
  store<u32>(at, length);
  fillTo(file, at + 4);
  putMagic();
}
