/** How much is read at once where it is for us to say. */
const CHUNK_BYTES = 1 << 20;

/**
 * Reads the bytes of a source, one chunk ahead of whoever works on them. A stream that lets its reader
 * say where bytes are to go, as those of files do, is read into two buffers in turn: reading makes no
 * garbage then.
 */
export class SourceReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #intoBuffers: ReadableStreamBYOBReader | undefined;
  readonly #spare: ArrayBuffer[] = [];
  #stopped: { readonly reason: unknown } | undefined;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#intoBuffers = byobReader(stream);
    if (this.#intoBuffers === undefined) this.#reader = stream.getReader();
  }

  /**
   * The chunks, to be read once, each before the next is asked for: then its buffer may be used again.
   * Fails with the reason once it was stopped.
   */
  async *chunks(): AsyncGenerator<Uint8Array, void> {
    for (let next = this.#read();;) {
      const { done, value } = await next;
      if (this.#stopped !== undefined) throw this.#stopped.reason;
      if (done) return;
      next = this.#read();
      yield value;
      if (this.#intoBuffers !== undefined) this.#spare.push(value.buffer as ArrayBuffer);
    }
  }

  /** Cancels the source, whether or not it is being read. */
  async stop(reason: unknown): Promise<void> {
    this.#stopped ??= { reason };
    const cancelled = (this.#intoBuffers ?? this.#reader!).cancel(reason);
    await cancelled.catch(() => {}); // what stopped it says more
  }

  #read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    const reading = this.#intoBuffers === undefined
      ? this.#reader!.read()
      : this.#intoBuffers.read(new Uint8Array(this.#spare.pop() ?? new ArrayBuffer(CHUNK_BYTES)));
    reading.catch(() => {}); // it may be that nobody waits for it any more
    return reading as Promise<ReadableStreamReadResult<Uint8Array>>;
  }
}

function byobReader(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return stream.getReader({ mode: "byob" });
  } catch {
    return undefined; // it is no stream of bytes, or they are unknown to the runtime
  }
}
