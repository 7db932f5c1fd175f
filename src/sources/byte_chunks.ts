import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { reasonOf } from "../stores/fs_files.ts";
import type { Extent } from "./extent.ts";

/** Bytes in pieces, as Node's streams and generators give them. */
export type ByteChunks = AsyncIterable<Uint8Array>;

/** Chunks as a stream. Nothing is read before it is pulled. `stop` ends a read under way. */
export function toStream(chunks: ByteChunks, stop: () => void): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      stop();
      await iterator.return?.().catch(() => {}); // what was stopped may say so
    },
  }, { highWaterMark: 0 });
}

/**
 * The bytes of a Node stream that is made when it is first read: should it fail before, nobody would
 * hear of it, which ends the process.
 */
export function readLazily(
  make: () => Readable,
): { readonly chunks: ByteChunks; readonly stop: () => void } {
  let readable: Readable | undefined;
  return {
    chunks: (async function* (): AsyncGenerator<Uint8Array, void> {
      readable = make();
      for await (const chunk of readable) yield chunk as Uint8Array;
    })(),
    stop: () => readable?.destroy(),
  };
}

/** Whether bytes begin as a gzip file does (RFC 1952, section 2.3.1): no JSON does. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** Reads until the first `count` bytes are there, and gives them together with all the chunks. */
export async function peek(
  chunks: ByteChunks,
  count: number,
): Promise<{ readonly head: Uint8Array; readonly chunks: ByteChunks }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  const head: number[] = [];
  while (head.length < count) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    seen.push(value);
    head.push(...value.subarray(0, count - head.length));
  }
  return { head: Uint8Array.from(head), chunks: resume(seen, iterator) };
}

async function* resume(
  seen: readonly Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  yield* seen;
  yield* { [Symbol.asyncIterator]: () => iterator };
}

/**
 * Decompresses gzip, also several files after one another (section 2.2), which
 * `DecompressionStream` takes in some runtimes only.
 */
export async function* gunzip(chunks: ByteChunks): AsyncGenerator<Uint8Array, void> {
  const inflater = createGunzip();
  // A failure of the source destroys the inflater with it, so that the loop throws it.
  pipeline(Readable.from(chunks), inflater, () => {});
  for await (const chunk of inflater) yield chunk as Uint8Array;
}

/** Leaves out the first `count` bytes. */
export async function* skip(chunks: ByteChunks, count: number): AsyncGenerator<Uint8Array, void> {
  let left = count;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left);
    left -= Math.min(left, chunk.length);
  }
}

/** Notes how far a source was read. */
export async function* measure(
  chunks: ByteChunks,
  extent: Extent,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of chunks) {
    extent.position += chunk.length;
    yield chunk;
  }
}

/** Says of a failure what could not be read. */
export async function* explain(chunks: ByteChunks, name: string): AsyncGenerator<Uint8Array, void> {
  try {
    yield* chunks;
  } catch (error) {
    throw readFailure(name, error);
  }
}

/** The error of an input that cannot be read. */
export function readFailure(name: string, cause: unknown): Error {
  return new Error(`Cannot read ${name}: ${reasonOf(cause)}`, { cause });
}
