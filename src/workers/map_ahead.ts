/**
 * What a function makes of each item, in the order of the items. Up to `ahead` more items are taken
 * and worked on while the one before is waited for, or made use of; with 0, one after the other.
 */
export async function* mapAhead<T, R>(
  items: AsyncIterable<T>,
  work: (item: T) => R | Promise<R>,
  ahead: number,
): AsyncGenerator<Awaited<R>, void> {
  if (ahead === 0) {
    for await (const item of items) yield await work(item);
    return;
  }
  const queue = new Queue(items, work, ahead + 1);
  try {
    while (await queue.hasNext()) yield await queue.take();
  } finally {
    queue.stop();
  }
}

/** Work that was begun and not yet asked for. */
class Queue<T, R> {
  readonly #begun: { readonly result: Promise<R>; isDone: boolean }[] = [];
  readonly #mostBegun: number;
  /** How the source ended, once it has. */
  #end: { readonly error?: unknown } | undefined;
  #isStopped = false;
  #onRoom: () => void = () => {};
  #onNews: () => void = () => {};

  constructor(items: AsyncIterable<T>, work: (item: T) => R | Promise<R>, mostBegun: number) {
    this.#mostBegun = mostBegun;
    this.#fill(items, work).then(() => ({}), (error) => ({ error })).then((end) => {
      this.#end = end;
      this.#onNews();
    });
  }

  /** Waits until work is done that is next in order; `false` at the end of the source. */
  async hasNext(): Promise<boolean> {
    while (true) {
      // A source that fails, fails at once, whatever is under way.
      if (this.#end !== undefined && "error" in this.#end) throw this.#end.error;
      const [first] = this.#begun;
      if (first?.isDone) return true;
      if (first === undefined && this.#end !== undefined) return false;
      await new Promise<void>((resolve) => this.#onNews = resolve);
    }
  }

  /** What came of it. */
  take(): Promise<R> {
    const { result } = this.#begun.shift()!;
    this.#onRoom();
    return result;
  }

  /** Ends the source. Not waited for: it may be waiting for its own, which is cancelled after this. */
  stop(): void {
    this.#isStopped = true;
    this.#onRoom();
  }

  async #fill(items: AsyncIterable<T>, work: (item: T) => R | Promise<R>): Promise<void> {
    for await (const item of items) {
      if (this.#isStopped) return;
      this.#begin(Promise.resolve(work(item)) as Promise<R>);
      while (this.#begun.length >= this.#mostBegun && !this.#isStopped) {
        await new Promise<void>((resolve) => this.#onRoom = resolve);
      }
      if (this.#isStopped) return;
    }
  }

  #begin(result: Promise<R>): void {
    const begun = { result, isDone: false };
    this.#begun.push(begun);
    const onEnd = () => {
      begun.isDone = true;
      this.#onNews();
    };
    result.then(onEnd, onEnd);
  }
}
