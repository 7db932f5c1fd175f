/**
 * What a function makes of each item, in the order of the items. Up to `ahead` more items are taken
 * and worked on while the one before is waited for; with 0, one after the other.
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
  const source = items[Symbol.asyncIterator]();
  const results: Promise<R>[] = [];
  let next: Promise<IteratorResult<T, unknown>> | undefined;
  let isDone = false;
  try {
    while (!isDone || results.length > 0) {
      if (!isDone && results.length <= ahead) next ??= source.next();
      // A source may be slow to give the next item: what is ready must not wait for it.
      const [ready] = results;
      const isNext = ready === undefined ||
        (next !== undefined &&
          await Promise.race([next.then(() => true), ready.then(() => false)]));
      if (!isNext) {
        results.shift();
        yield await ready!;
        continue;
      }
      const { done, value } = await next!;
      next = undefined;
      if (done === true) isDone = true;
      else {
        const result = Promise.resolve(work(value));
        result.catch(() => {}); // whoever waits for it sees it
        results.push(result as Promise<R>);
      }
    }
  } finally {
    // Not waited for: it may be waiting for its own source, which is cancelled after this.
    if (!isDone) {
      next?.catch(() => {});
      source.return?.()?.catch(() => {});
    }
  }
}
