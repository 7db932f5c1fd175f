/**
 * A stage of a stream, written as a generator over what comes in: it pulls a chunk when it wants
 * one, and nothing is pulled before something is asked of it.
 *
 * It does what a `TransformStream` does, and is used in its place because that of Node 20 replaces
 * the reason with an error of its own when it is cancelled during a write.
 */
export class GeneratorStream<In, Out> implements ReadableWritablePair<Out, In> {
  /** What the generator yields. */
  readonly readable: ReadableStream<Out>;
  /** What it iterates over. */
  readonly writable: WritableStream<In>;

  /** @param generate Makes the output out of the input. */
  constructor(generate: (input: AsyncIterable<In>) => AsyncGenerator<Out, void>) {
    const inlet = new Inlet<In>();
    const output = generate(inlet);
    this.writable = inlet.writable;
    this.readable = new ReadableStream({
      async pull(controller) {
        try {
          const { done, value } = await output.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          inlet.cancel(error);
          throw error;
        }
      },
      async cancel(reason) {
        inlet.cancel(reason);
        await output.return();
      },
    }, { highWaterMark: 0 });
  }
}

/** A writable stream whose chunks are handed over one by one, each when it is asked for. */
class Inlet<T> implements AsyncIterableIterator<T, void> {
  readonly writable: WritableStream<T>;
  #controller!: WritableStreamDefaultController;
  /** Settled when a chunk is asked for, and with the chunk. */
  #asked = deferred<void>();
  #answer = deferred<IteratorResult<T, void>>();

  constructor() {
    this.writable = new WritableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      write: async (value) => {
        await this.#asked.promise;
        const answer = this.#answer;
        this.#asked = deferred();
        this.#answer = deferred();
        answer.resolve({ done: false, value });
      },
      close: () => this.#answer.resolve({ done: true, value: undefined }),
      abort: (reason) => this.#answer.reject(reason),
    });
  }

  next(): Promise<IteratorResult<T, void>> {
    const { promise } = this.#answer;
    this.#asked.resolve();
    return promise;
  }

  /** Takes no more: whoever writes gets the reason. */
  cancel(reason: unknown): void {
    this.#controller.error(reason);
    this.#asked.reject(reason);
    this.#answer.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, "promise"> | undefined;
  const promise = new Promise<T>((resolve, reject) => settle = { resolve, reject });
  promise.catch(() => {}); // it may be that nobody waits for it
  return { promise, ...settle! };
}
