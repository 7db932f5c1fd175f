import type { ReplayableSource } from "sluice";

/** How far the bytes of a source were read, before they were unpacked. */
export interface ReadCount {
  bytesRead: number;
  readonly bytesTotal: number | undefined;
}

/**
 * A file as a source that can be read again: what the table has of it is not read a second time.
 *
 * @param onBytes Is shown what is read.
 */
export function fileSource(
  file: File,
  { count, onBytes }: {
    readonly count: ReadCount;
    readonly onBytes: (bytes: Uint8Array) => void;
  },
): ReplayableSource {
  return {
    id: `file:${file.name}`,
    async open(offset) {
      if (await isGzip(file)) {
        count.bytesRead = 0;
        return counted(file.stream(), count)
          .pipeThrough(new DecompressionStream("gzip"))
          .pipeThrough(skip(offset))
          .pipeThrough(shown(onBytes));
      }
      count.bytesRead = offset;
      return counted(file.slice(offset).stream(), count).pipeThrough(shown(onBytes));
    },
  };
}

/** The bytes of a response, unpacked if they are packed. */
export async function urlStream(
  url: string,
  signal: AbortSignal,
): Promise<{ readonly bytes: ReadableStream<Uint8Array>; readonly count: ReadCount }> {
  const response = await fetch(url, { signal });
  if (!response.ok || response.body === null) {
    throw new Error(`Cannot read ${url}: the server says ${response.status}`);
  }
  // What is unpacked on the way is longer than the server says.
  const isPackedOnTheWay = response.headers.has("content-encoding");
  const length = Number(response.headers.get("content-length") ?? 0);
  const count = { bytesRead: 0, bytesTotal: isPackedOnTheWay || length === 0 ? undefined : length };
  const bytes = counted(response.body, count);
  const [head, rest] = await peek(bytes);
  const isPacked = head?.[0] === 0x1f && head[1] === 0x8b;
  return { bytes: isPacked ? rest.pipeThrough(new DecompressionStream("gzip")) : rest, count };
}

/** Whether a file is packed, by its first bytes. */
export async function isGzip(file: Blob): Promise<boolean> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return first === 0x1f && second === 0x8b;
}

async function peek(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<[Uint8Array | undefined, ReadableStream<Uint8Array<ArrayBuffer>>]> {
  const reader = stream.getReader();
  const { value } = await reader.read();
  const rest = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      if (value !== undefined) controller.enqueue(value);
    },
    async pull(controller) {
      const next = await reader.read();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return [value, rest];
}

function counted(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  count: ReadCount,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return stream.pipeThrough(shown((chunk) => count.bytesRead += chunk.length));
}

function shown<T extends Uint8Array>(onChunk: (chunk: T) => void): TransformStream<T, T> {
  return new TransformStream({
    transform(chunk, controller) {
      onChunk(chunk);
      controller.enqueue(chunk);
    },
  });
}

function skip(bytes: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = bytes;
  return new TransformStream({
    transform(chunk, controller) {
      const rest = chunk.subarray(Math.min(left, chunk.length));
      left -= chunk.length - rest.length;
      if (rest.length > 0) controller.enqueue(rest);
    },
  });
}
