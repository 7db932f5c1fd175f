const NEWLINE = 10;

/**
 * A stream that ends when it is told to, as if its source had ended there.
 *
 * @param options.wholeLines Goes on to the end of the line first: of a source that can be read
 * again, the next run then begins with a whole line.
 */
export function endEarly(
  stream: ReadableStream<Uint8Array>,
  { end, wholeLines }: { readonly end: AbortSignal; readonly wholeLines: boolean },
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  let lastByte: number | undefined = NEWLINE;
  let hasEnded = false;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const endNow = (): void => {
        if (hasEnded || (wholeLines && lastByte !== NEWLINE)) return;
        finish(controller);
        reader.cancel(end.reason).catch(() => {}); // it is not needed any more
      };
      if (end.aborted) endNow();
      else end.addEventListener("abort", endNow, { once: true });
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (hasEnded) return;
      if (done) return finish(controller);
      const newline = end.aborted ? value.indexOf(NEWLINE) : -1;
      controller.enqueue(newline < 0 ? value : value.subarray(0, newline + 1));
      lastByte = value.at(-1) ?? lastByte;
      if (newline < 0) return;
      finish(controller);
      await reader.cancel(end.reason);
    },
    async cancel(reason) {
      hasEnded = true;
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });

  function finish(controller: ReadableStreamDefaultController<Uint8Array>): void {
    hasEnded = true;
    controller.close();
  }
}
