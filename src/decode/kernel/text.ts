// Strings of JSON: where they end, and what they say once escapes are undone.
import { firstOnes, hashEnd, hashStep } from "../../kernel/bytes.ts";
import { allocate, blockSize, grow } from "../../kernel/memory.ts";
import { isUtf8 } from "./utf8.ts";

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;

/** What {@link readText} found: UTF-8, in the input or, where it had escapes, in the scratch. */
export let text: usize = 0;
export let textLength: u32 = 0;
/** A hash of it, which has the seed in it. */
export let textHash: u32 = 0;
/** Whether half a surrogate pair was escaped, and became U+FFFD. */
export let hadLoneSurrogate: bool = false;

let seed: u64 = 0;
let scratch: usize = 0;
let scratchSize: u32 = 0;

export function setSeed(value: u64): void {
  seed = value;
}

/** Which bytes are a quote, a backslash or a control character; a newline ends the input. */
// @ts-ignore: decorator
@inline
function stopsIn(bytes: v128): i32 {
  return i8x16.bitmask(
    v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
      i8x16.le_u(bytes, i8x16.splat(0x1f)),
    ),
  );
}

/** Reads a string after its quote; returns where it ends, or 0 when it is none. */
export function readText(start: usize): usize {
  let end = start;
  let bytes = v128.load(end);
  let stops = stopsIn(bytes);
  let seen = i64x2.splat(0);
  let hash = i64x2.splat(seed);
  while (stops == 0) {
    seen = v128.or(seen, bytes);
    hash = hashStep(hash, bytes);
    end += 16;
    bytes = v128.load(end);
    stops = stopsIn(bytes);
  }
  const before = ctz(stops);
  end += before;
  if (load<u8>(end) != QUOTE) return readEscapedText(start, end);
  const rest = v128.and(bytes, firstOnes(before));
  text = start;
  textLength = <u32>(end - start);
  if (i8x16.bitmask(v128.or(seen, rest)) != 0 && !isUtf8(start, textLength)) return 0;
  textHash = hashEnd(hash, rest, textLength);
  return end + 1;
}

/** Undoes escapes, in a string that is plain up to `stop`. */
function readEscapedText(start: usize, stop: usize): usize {
  hadLoneSurrogate = false;
  let length: u32 = 0;
  while (true) {
    const plain = <u32>(stop - start);
    if (length + plain + 4 > scratchSize || scratch == 0) {
      const to = max<u32>(4096, (length + plain + 4) << 1);
      scratch = grow(scratch, scratchSize, length, to);
      scratchSize = <u32>blockSize(to);
    }
    memory.copy(scratch + length, start, plain);
    length += plain;
    const byte = load<u8>(stop);
    if (byte == QUOTE) break;
    if (byte != BACKSLASH) return 0;
    start = stop + 2;
    const escaped = load<u8>(stop, 1);
    if (escaped == 0x75) { // u
      start = readUnicode(stop + 2, scratch + length);
      if (start == 0) return 0;
      length += written;
    } else {
      const char = unescaped(escaped);
      if (char == 0) return 0;
      store<u8>(scratch + length, char);
      length++;
    }
    stop = start;
    let stops: i32 = 0;
    while ((stops = stopsIn(v128.load(stop))) == 0) stop += 16;
    stop += ctz(stops);
  }
  text = scratch;
  textLength = length;
  let at = scratch;
  let seen = i64x2.splat(0);
  let hash = i64x2.splat(seed);
  for (; length >= 16; length -= 16) {
    const bytes = v128.load(at);
    seen = v128.or(seen, bytes);
    hash = hashStep(hash, bytes);
    at += 16;
  }
  const rest = v128.and(v128.load(at), firstOnes(length));
  if (i8x16.bitmask(v128.or(seen, rest)) != 0 && !isUtf8(scratch, textLength)) return 0;
  textHash = hashEnd(hash, rest, textLength);
  return stop + 1;
}

function unescaped(char: u8): u8 {
  switch (char) {
    case 0x22:
    case 0x5c:
    case 0x2f:
      return char;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return 0;
  }
}

let written: u32 = 0;

/** Reads `XXXX` after `\u`, and its other half where there is one; writes it as UTF-8. */
function readUnicode(at: usize, target: usize): usize {
  let point = hex4(at);
  if (point < 0) return 0;
  at += 4;
  if (point >= 0xd800 && point <= 0xdfff) {
    const low = point < 0xdc00 && load<u16>(at) == 0x755c ? hex4(at + 2) : -1; // \u
    if (low >= 0xdc00 && low <= 0xdfff) {
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
      at += 6;
    } else {
      point = 0xfffd;
      hadLoneSurrogate = true;
    }
  }
  if (point < 0x80) {
    store<u8>(target, point);
    written = 1;
  } else if (point < 0x800) {
    store<u8>(target, 0xc0 | (point >> 6));
    store<u8>(target, 0x80 | (point & 0x3f), 1);
    written = 2;
  } else if (point < 0x10000) {
    store<u8>(target, 0xe0 | (point >> 12));
    store<u8>(target, 0x80 | ((point >> 6) & 0x3f), 1);
    store<u8>(target, 0x80 | (point & 0x3f), 2);
    written = 3;
  } else {
    store<u8>(target, 0xf0 | (point >> 18));
    store<u8>(target, 0x80 | ((point >> 12) & 0x3f), 1);
    store<u8>(target, 0x80 | ((point >> 6) & 0x3f), 2);
    store<u8>(target, 0x80 | (point & 0x3f), 3);
    written = 4;
  }
  return at;
}

/** Four hexadecimal digits, or -1. */
function hex4(at: usize): i32 {
  let value: i32 = 0;
  for (let i: usize = 0; i < 4; i++) {
    const char = <i32>load<u8>(at + i);
    const lower = char | 0x20;
    if (char >= 0x30 && char <= 0x39) value = (value << 4) | (char - 0x30);
    else if (lower >= 0x61 && lower <= 0x66) value = (value << 4) | (lower - 0x57);
    else return -1;
  }
  return value;
}
