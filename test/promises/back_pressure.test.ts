// Promise 6: nothing is pulled that cannot be held; cancelling reaches the source.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore, StoreError, streamToParquet, tumbling } from "../../mod.ts";
import { FaultyStore } from "../../src/testing/faulty_store.ts";

const OPTIONS = { time: "at", window: tumbling("1s"), batchBytes: 1024 } as const;

/** An endless source of one window after the other, which says what is asked of it. */
function endless(): {
  readonly source: ReadableStream<Uint8Array>;
  pulls(): number;
  cancelled: Promise<unknown>;
} {
  let pulls = 0;
  let cancel: (reason: unknown) => void;
  const cancelled = new Promise<unknown>((resolve) => cancel = resolve);
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      const line = JSON.stringify({ at: pulls++ * 1000, text: "x".repeat(1100) });
      controller.enqueue(new TextEncoder().encode(`${line}\n`));
    },
    cancel: (reason) => cancel(reason),
  }, { highWaterMark: 0 });
  return { source, pulls: () => pulls, cancelled };
}

/** Lets everything run that can: timers and promises. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 2));
}

test("a store that does not take files stops the source", async () => {
  const { source, pulls } = endless();
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  let reach: () => void = () => {};
  const isHeld = new Promise<void>((resolve) => reach = resolve);
  const store = new FaultyStore(new MemoryStore(), async ({ operation, key }) => {
    if (operation === "put" && key.endsWith(".parquet")) {
      reach();
      await held;
    }
    return undefined;
  });
  const abort = new AbortController();
  const run = streamToParquet(source, { ...OPTIONS, store, signal: abort.signal });
  await isHeld; // before that, loading the encoder takes as long as it takes
  await settle();
  const before = pulls();
  await settle();
  assert.equal(pulls(), before, "the source is pulled though nothing can be written");
  assert.ok(before < 40, `${before} pulls`);
  abort.abort(new Error("enough"));
  release();
  await assert.rejects(run, /enough/);
});

test("aborting fails the run and cancels the source, both with the same reason", async () => {
  const { source, cancelled } = endless();
  const abort = new AbortController();
  const reason = new Error("no more");
  const run = streamToParquet(source, {
    ...OPTIONS,
    store: new MemoryStore(),
    signal: abort.signal,
    onProgress: ({ files }) => files > 2 && abort.abort(reason),
  });
  await assert.rejects(run, (error) => error === reason);
  assert.equal(await cancelled, reason);
});

test("a store that fails for good fails the run and cancels the source", async () => {
  const { source, cancelled } = endless();
  const store = new FaultyStore(
    new MemoryStore(),
    ({ operation, key }) =>
      operation === "put" && key.endsWith(".parquet") ? { kind: "fail" } : undefined,
  );
  const run = streamToParquet(source, { ...OPTIONS, store });
  const error = await run.then(() => undefined, (error: unknown) => error);
  assert.ok(error instanceof StoreError);
  assert.equal(error.operation, "put");
  assert.match(error.key, /\.parquet$/);
  assert.equal(await cancelled, error);
});

test("an error of the source reaches the caller as it is; what was committed stays", async () => {
  const failure = new Error("connection reset");
  const store = new MemoryStore();
  async function* source(): AsyncIterable<object> {
    for (let i = 0; i < 10; i++) yield { at: i * 1000, text: "x".repeat(1100) };
    throw failure;
  }
  await assert.rejects(streamToParquet(source(), { ...OPTIONS, store }), (e) => e === failure);
});

test("progress can be watched by callback and by iteration", async () => {
  const called: number[] = [];
  const run = streamToParquet([{ at: 0 }, { at: 5000 }], {
    ...OPTIONS,
    store: new MemoryStore(),
    onProgress: ({ written }) => called.push(written),
  });
  let last = -1;
  for await (const { written } of run) last = written;
  const summary = await run;
  assert.equal(summary.written, 2);
  assert.equal(last, 2);
  assert.equal(called.at(-1), 2);
});

test("a run that fails fails for those who watch its progress, too", async () => {
  const run = streamToParquet([{ at: 0 }], { ...OPTIONS, store: new MemoryStore(), maxRows: 0 });
  await assert.rejects(async () => {
    for await (const _ of run);
  }, /maxRows/);
  await assert.rejects(run, RangeError);
});
