const NEWLINE = 10;
/** Lines are handed over in pieces of about this size. */
const PIECE_BYTES = 256 << 10;

/** Cuts a stream into pieces of whole lines. A line without an end is handed over as it is. */
export async function* linePieces(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
      const part = chunk.subarray(start, start + PIECE_BYTES);
      const end = part.lastIndexOf(NEWLINE) + 1;
      if (end === 0 || size + end < PIECE_BYTES / 4) {
        held.push(part);
        size += part.length;
        if (end === 0 || part.at(-1) !== NEWLINE) continue;
        yield join(held, size);
        held = [];
        size = 0;
      } else {
        held.push(part.subarray(0, end));
        yield join(held, size + end);
        held = [part.subarray(end)];
        size = part.length - end;
      }
    }
  }
  if (size > 0) yield join(held, size);
}

function join(parts: readonly Uint8Array[], size: number): Uint8Array {
  const joined = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
