import { allocate, blockSize, grow } from "./memory.ts";

/** Bytes that are appended to. */
// @ts-ignore: decorator
@unmanaged
export class Buffer {
  start: usize;
  size: u32;
  length: u32;
}

export function newBuffer(): Buffer {
  const buffer = changetype<Buffer>(allocate(offsetof<Buffer>()));
  memory.fill(changetype<usize>(buffer), 0, offsetof<Buffer>());
  return buffer;
}

/** Makes room for more bytes, and says where they go. */
export function roomFor(buffer: Buffer, bytes: u32): usize {
  const needed = buffer.length + bytes;
  if (needed > buffer.size) {
    const to = max<u32>(needed, max<u32>(4096, buffer.size << 1));
    buffer.start = grow(buffer.start, buffer.size, buffer.length, to);
    buffer.size = <u32>blockSize(to);
  }
  return buffer.start + buffer.length;
}

/** Notes that bytes were put where {@link roomFor} said, up to here. */
// @ts-ignore: decorator
@inline
export function fillTo(buffer: Buffer, end: usize): void {
  buffer.length = <u32>(end - buffer.start);
}

/** Puts a word behind what there is. */
export function addWord(buffer: Buffer, word: u32): void {
  const at = roomFor(buffer, 4);
  store<u32>(at, word);
  fillTo(buffer, at + 4);
}

/** An unsigned integer, seven bits a byte; says where it ends. */
export function putVarint(at: usize, value: u32): usize {
  for (; value >= 0x80; value >>= 7) store<u8>(at++, <u8>(value | 0x80));
  store<u8>(at++, <u8>value);
  return at;
}
