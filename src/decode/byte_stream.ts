import { joinBytes } from "../join_bytes.ts";

/** An event as an object: it is taken as its JSON, though a `bigint` is an exact integer. */
export type EventObject = object;

/**
 * A piece of a source: bytes (any buffer or view) or text of JSON lines, cut anywhere, or one event
 * as an object.
 */
export type EventChunk = Uint8Array | string | EventObject;

/** Where events come from: pieces, from a stream or anything that can be iterated over. */
export type EventSource =
  | ReadableStream<EventChunk>
  | AsyncIterable<EventChunk>
  | Iterable<EventChunk>
  | Uint8Array
  | string;

/**
 * Any source as a stream of bytes, JSON lines. Nothing is pulled from the source before the stream
 * is read, and cancelling the stream cancels the source with the same reason.
 *
 * @throws {TypeError} If it is no source. The stream fails with one at a piece that is none.
 */
export function toByteStream(source: EventSource): ReadableStream<Uint8Array> {
  const pieces = openSource(source);
  const texts = new PieceEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (true) {
        const { done, value } = await pieces.next();
        const bytes = done === true ? texts.finish() : await encodeOrCancel(value);
        if (bytes.length > 0) controller.enqueue(bytes);
        if (done === true) return controller.close();
        if (bytes.length > 0) return;
      }
    },
    cancel: (reason) => pieces.cancel(reason),
  }, { highWaterMark: 0 });

  async function encodeOrCancel(piece: EventChunk): Promise<Uint8Array> {
    try {
      return texts.encode(piece);
    } catch (error) {
      await pieces.cancel(error).catch(() => {}); // this error says more
      throw error;
    }
  }
}

interface Pieces {
  next(): Promise<IteratorResult<EventChunk, unknown>> | IteratorResult<EventChunk, unknown>;
  cancel(reason: unknown): Promise<void>;
}

function openSource(source: EventSource): Pieces {
  if (typeof source === "string" || source instanceof Uint8Array) return openSource([source]);
  if (source instanceof ReadableStream) {
    const reader = source.getReader();
    return {
      next: () => reader.read() as Promise<IteratorResult<EventChunk, unknown>>,
      cancel: (reason) => reader.cancel(reason),
    };
  }
  const iterable = source as Partial<AsyncIterable<EventChunk> & Iterable<EventChunk>> | null;
  const iterator = iterable?.[Symbol.asyncIterator]?.() ?? iterable?.[Symbol.iterator]?.();
  if (iterator === undefined) {
    throw new TypeError(
      `Cannot read events: the source must be a stream or iterable: current value is ${
        String(source)
      }`,
    );
  }
  return {
    next: () => iterator.next(),
    cancel: async (reason) => {
      await iterator.return?.(reason);
    },
  };
}

const NEWLINE = 10;

const encoder = new TextEncoder();

/** Turns pieces into bytes; text may be cut between the halves of a surrogate pair. */
class PieceEncoder {
  /** The first half of a pair, where the text so far ends in one. */
  #half = "";

  encode(piece: EventChunk): Uint8Array {
    if (typeof piece !== "string") {
      const bytes = bytesOf(piece);
      return this.#half === "" ? bytes : joinFilled([this.finish(), bytes]);
    }
    const text = this.#half + piece;
    this.#half = /[\uD800-\uDBFF]$/.test(text) ? text.slice(-1) : "";
    return encoder.encode(this.#half === "" ? text : text.slice(0, -1));
  }

  /** A half that nothing followed. */
  finish(): Uint8Array {
    const bytes = encoder.encode(this.#half);
    this.#half = "";
    return bytes;
  }
}

/** The bytes of a piece by itself. */
function bytesOf(piece: EventChunk): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  if (typeof piece === "string") return encoder.encode(piece);
  if (piece instanceof ArrayBuffer) return new Uint8Array(piece);
  if (ArrayBuffer.isView(piece)) {
    return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  }
  if (typeof piece === "object" && piece !== null) return encoder.encode(`${toJson(piece)}\n`);
  throw new TypeError(
    `Cannot read a piece of the source: it must be bytes, text or an object: current value is ${
      String(piece)
    }`,
  );
}

/**
 * Events at hand as JSON lines: each piece of bytes or text stands for itself, so its byte order mark
 * is left out, and it ends in a newline as each object does.
 */
export function linesOf(events: EventChunk | readonly EventChunk[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const event of Array.isArray(events) ? events as EventChunk[] : [events as EventChunk]) {
    const bytes = withoutMark(bytesOf(event));
    pieces.push(bytes);
    if (bytes.length > 0 && bytes.at(-1) !== NEWLINE) pieces.push(Uint8Array.of(NEWLINE));
  }
  return joinFilled(pieces);
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return hasMark ? bytes.subarray(3) : bytes;
}

/** Pieces behind each other; one that is alone is not copied. */
function joinFilled(pieces: readonly Uint8Array[]): Uint8Array {
  const filled = pieces.filter(({ length }) => length > 0);
  return filled.length === 1 ? filled[0]! : joinBytes(filled);
}

/** An event as JSON text; like `JSON.stringify`, but a `bigint` becomes an integer. */
export function toJson(event: EventObject): string {
  try {
    return JSON.stringify(event);
  } catch (error) {
    const text = hasBigint(event, new Set()) ? exactJson(event) : undefined;
    if (text === undefined) throw error;
    return text;
  }
}

function hasBigint(value: unknown, seen: Set<unknown>): boolean {
  if (typeof value === "bigint") return true;
  if (typeof value !== "object" || value === null || seen.has(value)) return false;
  seen.add(value);
  return Object.values(value).some((member) => hasBigint(member, seen));
}

function exactJson(value: unknown): string | undefined {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null || "toJSON" in value) {
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item) => exactJson(item) ?? "null").join(",")}]`;
  }
  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    const text = exactJson(member);
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${members.join(",")}}`;
}
