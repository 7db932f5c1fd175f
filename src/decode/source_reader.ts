/** Reads the bytes of a source, one chunk ahead of whoever works on them. */
export class SourceReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #stopped: { readonly reason: unknown } | undefined;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** The chunks, to be read once; fails with the reason once it was stopped. */
  async *chunks(): AsyncGenerator<Uint8Array, void> {
    for (let next = this.#read();;) {
      const { done, value } = await next;
      if (this.#stopped !== undefined) throw this.#stopped.reason;
      if (done) return;
      next = this.#read();
      yield value;
    }
  }

  /** Cancels the source, whether or not it is being read. */
  async stop(reason: unknown): Promise<void> {
    this.#stopped ??= { reason };
    await this.#reader.cancel(reason).catch(() => {}); // what stopped it says more
  }

  #read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    const reading = this.#reader.read();
    reading.catch(() => {}); // it may be that nobody waits for it any more
    return reading;
  }
}
