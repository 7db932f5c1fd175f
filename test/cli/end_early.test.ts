import assert from "node:assert/strict";
import { test } from "node:test";
import { endEarly } from "../../src/cli/end_early.ts";

/** A stream of pieces that were given, which then waits for more, and what became of it. */
function openSource(pieces: string[]): {
  readonly stream: ReadableStream<Uint8Array>;
  readonly cancelled: Promise<unknown>;
} {
  let stream: ReadableStream<Uint8Array>;
  const cancelled = new Promise((resolve) => {
    stream = new ReadableStream({
      async pull(controller) {
        const piece = pieces.shift();
        if (piece === undefined) await new Promise(() => {});
        controller.enqueue(new TextEncoder().encode(piece));
      },
      cancel: resolve,
    }, { highWaterMark: 0 });
  });
  return { stream: stream!, cancelled };
}

/** Ends the stream after so many pieces; what was read of it. */
async function readEnding(
  pieces: string[],
  { after, wholeLines }: { readonly after: number; readonly wholeLines: boolean },
): Promise<string> {
  const { stream, cancelled } = openSource(pieces);
  const end = new AbortController();
  const reader = endEarly(stream, { end: end.signal, wholeLines }).getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let i = 0;; i++) {
    const reading = reader.read();
    if (i === after) end.abort("enough");
    const { done, value } = await reading;
    if (done) break;
    text += decoder.decode(value);
  }
  assert.equal(await cancelled, "enough");
  return text;
}

test("a live stream ends at once, even while it is waited for", async () => {
  assert.equal(await readEnding(["a\nb"], { after: 1, wholeLines: false }), "a\nb");
  assert.equal(await readEnding([], { after: 0, wholeLines: false }), "");
});

test("a stream of whole lines ends after the line that was begun", async () => {
  const whole = (pieces: string[], after: number): Promise<string> =>
    readEnding(pieces, { after, wholeLines: true });
  assert.equal(await whole(["a\nb", "c", "d\ne\n", "f\n"], 1), "a\nbcd\n");
  assert.equal(await whole(["a\n", "b\n"], 1), "a\n", "no line was begun");
  assert.equal(await whole(["a\n"], 0), "", "nothing was read");
});

test("a stream that was told to end before it was read is empty", async () => {
  const { stream, cancelled } = openSource(["a\n"]);
  const ended = endEarly(stream, { end: AbortSignal.abort("enough"), wholeLines: true });
  assert.deepEqual(await ended.getReader().read(), { done: true, value: undefined });
  assert.equal(await cancelled, "enough");
});

test("a stream that is not told to end is passed on as it is, with its end and its error", async () => {
  const never = new AbortController().signal;
  const whole = endEarly(new Blob(["a\nb"]).stream(), { end: never, wholeLines: true });
  assert.equal(await new Response(whole).text(), "a\nb");
  const broken = new ReadableStream<Uint8Array>({ start: (c) => c.error(new Error("broken")) });
  const reader = endEarly(broken, { end: never, wholeLines: true }).getReader();
  await assert.rejects(reader.read(), /^Error: broken$/);
});

test("cancelling it cancels the source with the same reason", async () => {
  const { stream, cancelled } = openSource(["a\n"]);
  const end = new AbortController();
  const ended = endEarly(stream, { end: end.signal, wholeLines: true });
  await ended.cancel("no more");
  assert.equal(await cancelled, "no more");
  end.abort(); // it is over already
});
