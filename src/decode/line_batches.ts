import type { LineBatch, LineBatcher } from "./line_batcher.ts";

/** A live source has its lines cut into a batch after this long at most. */
const MAX_BATCH_DELAY_MS = 1000;

/** Cuts a source into batches, by the clock too if it is live. */
export async function* lineBatches(
  bytes: AsyncIterable<Uint8Array>,
  batcher: LineBatcher,
  idleMs: number | undefined,
): AsyncGenerator<LineBatch, void> {
  for await (const chunk of readChunks(bytes, idleMs)) {
    if (chunk instanceof Uint8Array) yield* batcher.push(chunk);
    else if (chunk === "quiet" || !batcher.isEmpty) {
      yield { ...batcher.flush(), isQuiet: chunk === "quiet" };
    }
  }
  const rest = batcher.finish();
  if (rest !== undefined) yield rest;
}

/**
 * The chunks of a source; of a live one also `"cut"`, when what has come should wait no longer, and
 * `"quiet"`, once, when nothing has come for `idleMs`.
 */
async function* readChunks(
  bytes: AsyncIterable<Uint8Array>,
  idleMs: number | undefined,
): AsyncGenerator<Uint8Array | "cut" | "quiet", void> {
  let cutAt = Infinity;
  let quietAt = idleMs === undefined ? Infinity : performance.now() + idleMs;
  const chunks = bytes[Symbol.asyncIterator]();
  let reading: Promise<IteratorResult<Uint8Array, unknown>> | undefined;
  while (true) {
    reading ??= chunks.next();
    const result = await within(reading, Math.min(cutAt, quietAt));
    if (result === undefined) {
      const isQuiet = quietAt <= cutAt;
      yield isQuiet ? "quiet" : "cut";
      cutAt = Infinity;
      if (isQuiet) quietAt = Infinity;
      continue;
    }
    if (result.done === true) return;
    reading = undefined;
    yield result.value;
    if (idleMs === undefined) continue;
    const now = performance.now();
    quietAt = now + idleMs;
    if (now < cutAt) cutAt = Math.min(cutAt, now + Math.min(MAX_BATCH_DELAY_MS, idleMs));
    else {
      yield "cut";
      cutAt = Infinity;
    }
  }
}

/** What a promise resolves to, or `undefined` when it has not by a time on `performance.now()`. */
async function within<T>(promise: Promise<T>, time: number): Promise<T | undefined> {
  if (time === Infinity) return await promise;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, time - performance.now()), undefined);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
