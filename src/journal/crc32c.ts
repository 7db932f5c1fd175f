/** The CRC-32C polynomial (Castagnoli; RFC 3720 section 12.1) with its bits reflected. */
const POLYNOMIAL = 0x82f63b78;

/** Table `k` of eight takes a byte that has `k` more bytes after it in the same step. */
const TABLES = makeTables();

/**
 * CRC-32C of the bytes, as an unsigned 32-bit integer. The one iSCSI uses (RFC 3720 appendix B.4
 * has the test vectors), chosen because it finds every burst of up to 32 flipped bits.
 */
export function crc32c(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const table = TABLES;
  let crc = -1;
  let offset = 0;
  // Eight bytes a step ("slicing by 8"): four times as fast as one.
  for (const end = bytes.length - 8; offset <= end; offset += 8) {
    const low = crc ^ view.getInt32(offset, true);
    const high = view.getInt32(offset + 4, true);
    crc = table[0x700 | (low & 0xff)]! ^ table[0x600 | (low >>> 8 & 0xff)]! ^
      table[0x500 | (low >>> 16 & 0xff)]! ^ table[0x400 | (low >>> 24)]! ^
      table[0x300 | (high & 0xff)]! ^ table[0x200 | (high >>> 8 & 0xff)]! ^
      table[0x100 | (high >>> 16 & 0xff)]! ^ table[high >>> 24]!;
  }
  for (; offset < bytes.length; offset++) {
    crc = table[(crc ^ bytes[offset]!) & 0xff]! ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    tables[byte] = crc;
  }
  for (let index = 256; index < tables.length; index++) {
    const crc = tables[index - 256]!;
    tables[index] = tables[crc & 0xff]! ^ (crc >>> 8);
  }
  return tables;
}
