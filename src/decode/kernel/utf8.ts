/** Whether bytes are valid UTF-8 (Unicode 15, table 3-7). */
export function isUtf8(at: usize, length: usize): bool {
  const end = at + length;
  while (at < end) {
    const first = <u32>load<u8>(at);
    if (first < 0x80) {
      at++;
      continue;
    }
    if (first < 0xc2 || first > 0xf4) return false;
    const second = <u32>load<u8>(at, 1);
    if (first < 0xe0) {
      if (at + 2 > end || (second & 0xc0) != 0x80) return false;
      at += 2;
    } else if (first < 0xf0) {
      if (at + 3 > end || (second & 0xc0) != 0x80 || (load<u8>(at, 2) & 0xc0) != 0x80) return false;
      if (first == 0xe0 && second < 0xa0) return false;
      if (first == 0xed && second > 0x9f) return false; // surrogates
      at += 3;
    } else {
      if (at + 4 > end || (second & 0xc0) != 0x80) return false;
      if ((load<u8>(at, 2) & 0xc0) != 0x80 || (load<u8>(at, 3) & 0xc0) != 0x80) return false;
      if (first == 0xf0 && second < 0x90) return false;
      if (first == 0xf4 && second > 0x8f) return false;
      at += 4;
    }
  }
  return true;
}
