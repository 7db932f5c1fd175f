const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;
const TRUE = 1;
const FALSE = 2;

const encoder = new TextEncoder();

/** What a field of a struct holds: which type is written follows from it. */
export type ThriftValue =
  | { readonly i32: number }
  | { readonly i64: number }
  | { readonly bool: boolean }
  | { readonly binary: Uint8Array | string }
  | { readonly struct: ThriftStruct }
  | { readonly list: readonly ThriftValue[] };

/** Fields by their ids; those that are `undefined` are absent. */
export type ThriftStruct = Readonly<Record<number, ThriftValue | undefined>>;

/** A struct in Thrift's compact protocol (thrift-compact-protocol.md), as Parquet has its metadata. */
export function encodeThrift(struct: ThriftStruct): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  putStruct(bytes, struct);
  return Uint8Array.from(bytes);
}

function putStruct(bytes: number[], struct: ThriftStruct): void {
  let last = 0;
  for (const [key, value] of Object.entries(struct)) { // in order of the ids, which are integers
    if (value === undefined) continue;
    const id = Number(key);
    bytes.push((id - last) << 4 | typeOf(value)); // no id here is more than 15 after the one before
    last = id;
    if (!("bool" in value)) putValue(bytes, value);
  }
  bytes.push(0);
}

function typeOf(value: ThriftValue): number {
  if ("i32" in value) return I32;
  if ("i64" in value) return I64;
  if ("bool" in value) return value.bool ? TRUE : FALSE;
  if ("binary" in value) return BINARY;
  return "list" in value ? LIST : STRUCT;
}

function putValue(bytes: number[], value: Exclude<ThriftValue, { readonly bool: boolean }>): void {
  if ("i32" in value) putVarint(bytes, value.i32 * 2); // zigzag; none here is negative
  else if ("i64" in value) putVarint(bytes, value.i64 * 2);
  else if ("binary" in value) putBinary(bytes, value.binary);
  else if ("struct" in value) putStruct(bytes, value.struct);
  else putList(bytes, value.list);
}

function putBinary(bytes: number[], value: Uint8Array | string): void {
  const binary = typeof value === "string" ? encoder.encode(value) : value;
  putVarint(bytes, binary.length);
  for (const byte of binary) bytes.push(byte);
}

function putList(bytes: number[], items: readonly ThriftValue[]): void {
  const type = items.length === 0 ? STRUCT : typeOf(items[0]!);
  if (items.length < 15) bytes.push(items.length << 4 | type);
  else {
    bytes.push(0xf0 | type);
    putVarint(bytes, items.length);
  }
  for (const item of items) putValue(bytes, item as Exclude<ThriftValue, { bool: boolean }>);
}

/** A whole number, up to 2^53. */
function putVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push(rest % 0x80 | 0x80);
  bytes.push(rest);
}
