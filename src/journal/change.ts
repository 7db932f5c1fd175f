/**
 * One change to a journal, and the bytes of it in the body of a frame (`frame.ts`). Integers are
 * unsigned and little-endian.
 *
 * ```text
 * append   1, id u32, length u16 and UTF-8 of the segment's name, length u32 and payload
 * seal     2, number u64, count u32, id u32 …
 * delete   3, count u32, id u32 …
 * ```
 *
 * Segments go by an id that is used once, since a name may come back for another segment after its
 * first was deleted.
 */
export type Change =
  | {
    readonly kind: "append";
    readonly id: number;
    readonly segment: string;
    readonly payload: Uint8Array;
  }
  | { readonly kind: "seal"; readonly ids: readonly number[]; readonly number: number }
  | { readonly kind: "delete"; readonly ids: readonly number[] };

const APPEND = 1;
const SEAL = 2;
const DELETE = 3;

const encoder = new TextEncoder();
/** Keeps a BOM, which a name may begin with. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The bytes of a change; none of them are shared with it. */
export function encodeChange(change: Change): Uint8Array {
  switch (change.kind) {
    case "append":
      return encodeAppend(change.id, encoder.encode(change.segment), change.payload);
    case "seal": {
      const bytes = new Uint8Array(13 + 4 * change.ids.length);
      const view = new DataView(bytes.buffer);
      view.setUint8(0, SEAL);
      view.setBigUint64(1, BigInt(change.number), true);
      putIds(view, 9, change.ids);
      return bytes;
    }
    case "delete": {
      const bytes = new Uint8Array(5 + 4 * change.ids.length);
      const view = new DataView(bytes.buffer);
      view.setUint8(0, DELETE);
      putIds(view, 1, change.ids);
      return bytes;
    }
  }
}

function encodeAppend(id: number, name: Uint8Array, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(11 + name.length + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, APPEND);
  view.setUint32(1, id, true);
  view.setUint16(5, name.length, true);
  bytes.set(name, 7);
  view.setUint32(7 + name.length, payload.length, true);
  bytes.set(payload, 11 + name.length);
  return bytes;
}

function putIds(view: DataView, offset: number, ids: readonly number[]): void {
  view.setUint32(offset, ids.length, true);
  ids.forEach((id, index) => view.setUint32(offset + 4 + 4 * index, id, true));
}

/**
 * The changes in a frame's body, payloads as views of it.
 *
 * @throws {RangeError} If it is not what {@linkcode encodeChange} makes.
 */
export function decodeChanges(body: Uint8Array): Change[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const changes: Change[] = [];
  let offset = 0;
  const takeUint32 = (): number => view.getUint32((offset += 4) - 4, true);
  const takeIds = (): number[] => Array.from({ length: takeUint32() }, takeUint32);
  const takeBytes = (length: number): Uint8Array => {
    if (length > body.length - offset) throw new RangeError("a change is cut short");
    return body.subarray(offset, offset += length);
  };
  while (offset < body.length) {
    const code = body[offset++];
    if (code === APPEND) {
      const id = takeUint32();
      const segment = decoder.decode(takeBytes(view.getUint16((offset += 2) - 2, true)));
      changes.push({ kind: "append", id, segment, payload: takeBytes(takeUint32()) });
    } else if (code === SEAL) {
      const number = Number(view.getBigUint64((offset += 8) - 8, true));
      changes.push({ kind: "seal", ids: takeIds(), number });
    } else if (code === DELETE) {
      changes.push({ kind: "delete", ids: takeIds() });
    } else {
      throw new RangeError(`no change has the code ${code}`);
    }
  }
  return changes;
}
