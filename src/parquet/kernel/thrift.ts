// Thrift's compact protocol (thrift-compact-protocol.md), as far as it is used here: the header of a
// field is how much its id is more than the last one's, then its type.
import { putVarint } from "../../kernel/buffer.ts";

/** `Encoding` of parquet.thrift, as far as it is used. */
export const PLAIN: u32 = 0;
export const RLE: u32 = 3;
export const RLE_DICTIONARY: u32 = 8;

/** The next field of a struct, of type i32. */
export function putI32(at: usize, value: u32): usize {
  store<u8>(at, 0x15);
  return putVarint(at + 1, value << 1);
}

/** A field of type i64, which is `after` the last one. */
export function putI64(at: usize, value: u32, after: u32): usize {
  store<u8>(at, <u8>(after << 4 | 6));
  return putVarint(at + 1, value << 1);
}

/** The header of a list of so many. */
export function putListHeader(at: usize, length: u32, type: u32): usize {
  if (length < 15) {
    store<u8>(at, <u8>(length << 4 | type));
    return at + 1;
  }
  store<u8>(at, <u8>(0xf0 | type));
  return putVarint(at + 1, length);
}
