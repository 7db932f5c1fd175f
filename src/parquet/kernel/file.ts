import { fillTo, newBuffer, roomFor } from "../../kernel/buffer.ts";

/** The file, as far as it is written. */
export const file = newBuffer();
/** `CompressionCodec` of parquet.thrift: 0 for none, 1 for Snappy. */
export let codec: u32 = 0;

export function startFile(codecOfFile: u32): void {
  codec = codecOfFile;
  file.length = 0;
  putMagic();
}

/** What files begin and end with. */
export function putMagic(): void {
  const at = roomFor(file, 4);
  store<u32>(at, 0x31524150); // PAR1
  fillTo(file, at + 4);
}
