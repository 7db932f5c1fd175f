import assert from "node:assert/strict";
import { test } from "node:test";
import { type EventSource, MemoryStore, StoreError, streamToParquet, tumbling } from "../../mod.ts";
import { MemoryJournal } from "../../src/journal/memory.ts";
import { FaultyStore } from "../../src/testing/faulty_store.ts";
import { deadLettersOfTable, rowsOfTable } from "../support/table_rows.ts";

/** A source that tells what it was cancelled with, and how often it was asked. */
function watchedSource(): {
  readonly source: ReadableStream<object>;
  pulls(): number;
  readonly cancelled: Promise<unknown>;
} {
  let pulls = 0;
  let cancel!: (reason: unknown) => void;
  const cancelled = new Promise<unknown>((resolve) => cancel = resolve);
  const source = new ReadableStream<object>({
    pull: (controller) => controller.enqueue({ at: pulls++ * 1000, text: "x".repeat(2000) }),
    cancel,
  }, { highWaterMark: 0 });
  return { source, pulls: () => pulls, cancelled };
}

async function isEmpty(store: MemoryStore): Promise<boolean> {
  for await (const _ of store.list("")) return false;
  return true;
}

test("a run that is aborted before it begins reads nothing, writes nothing and cancels", async () => {
  for (const journal of [undefined, new MemoryJournal()]) {
    const { source, pulls, cancelled } = watchedSource();
    const store = new MemoryStore();
    const reason = new Error("changed my mind");
    const run = streamToParquet(source, {
      store,
      signal: AbortSignal.abort(reason),
      ...(journal && { journal }),
    });
    await assert.rejects(run, (thrown) => thrown === reason);
    assert.equal(await cancelled, reason);
    assert.equal(pulls(), 0);
    assert.equal(await isEmpty(store), true);
  }
});

test("a store that cannot be read cancels the source with what went wrong", async () => {
  const { source, pulls, cancelled } = watchedSource();
  const store = new FaultyStore(new MemoryStore(), () => ({ kind: "fail" }));
  const error = await streamToParquet(source, { store }).then(() => undefined, (thrown) => thrown);
  assert.ok(error instanceof StoreError);
  assert.equal(await cancelled, error);
  assert.equal(pulls(), 0);
});

test("a table of other partitions cancels the source with what went wrong", async () => {
  const store = new MemoryStore();
  await streamToParquet([{ a: 1 }], { store, partitionBy: ["a"] });
  const { source, cancelled } = watchedSource();
  const run = streamToParquet(source, { store, partitionBy: ["b"] });
  await assert.rejects(run, { name: "TableMismatchError" });
  assert.equal((await cancelled as Error).name, "TableMismatchError");
});

test("options that cannot be are refused before anything is opened, and the source stays", async () => {
  for (
    const options of [
      { maxRows: 0 },
      { batchBytes: 1 },
      { time: "" },
      { writer: "a-b" },
      { compression: "rar" as never },
      { window: "15m" as never },
      { partitionBy: "page" as never },
    ]
  ) {
    const { source } = watchedSource();
    const store = new MemoryStore();
    await assert.rejects(
      streamToParquet(source, { store, ...options }),
      (thrown: Error) =>
        /^(Type|Range)Error$/.test(thrown.name) &&
        thrown.message.includes(`option "${Object.keys(options)[0]}"`),
    );
    assert.equal(source.locked, false);
    assert.equal(await isEmpty(store), true);
  }
});

test("what is no source is refused before anything is opened", async () => {
  for (const source of [null, undefined, 5, {}, { id: "x" }]) {
    const store = new MemoryStore();
    await assert.rejects(streamToParquet(source as unknown as EventSource, { store }), {
      name: "TypeError",
      message: /^Cannot read events: the source must be a stream or iterable/,
    });
    assert.equal(await isEmpty(store), true);
  }
});

test("an error of the progress callback fails the run, and cancels the source", async () => {
  const { source, cancelled } = watchedSource();
  const failure = new Error("no terminal");
  const run = streamToParquet(source, {
    store: new MemoryStore(),
    time: "at",
    batchBytes: 1024,
    onProgress: () => {
      throw failure;
    },
  });
  await assert.rejects(run, (thrown) => thrown === failure);
  assert.equal(await cancelled, failure);
});

/** An event of some bytes for each minute. */
function minuteEvent(minute: number): object {
  return { at: minute * 60_000, text: "x".repeat(4096) };
}

test("while a commit is under way the source is read on, but the next files wait for it", async () => {
  const puts: string[] = [];
  const isCommit = (key: string) => key.startsWith("_delta_log/");
  let confirm!: () => void;
  const confirmed = new Promise<undefined>((resolve) => confirm = () => resolve(undefined));
  const store = new FaultyStore(new MemoryStore(), ({ operation, key }) => {
    if (operation !== "put") return undefined;
    puts.push(key);
    return isCommit(key) ? confirmed : undefined;
  });
  async function* events(): AsyncGenerator<object> {
    for (let minute = 0; !puts.some(isCommit); minute++) yield minuteEvent(minute);
    // The commit is under way, and the events after it are asked for.
    for (let minute = 17; minute < 50; minute++) {
      if (minute === 29) void confirmLater();
      yield minuteEvent(minute); // from minute 30 on, the next window is closed
    }
  }
  let putMeanwhile: string[] = [];
  async function confirmLater(): Promise<void> {
    const before = puts.length;
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve));
    putMeanwhile = puts.slice(before);
    confirm();
  }
  const { windows, accepted, written } = await streamToParquet(events(), {
    store,
    time: "at",
    window: tumbling("15m"),
    batchBytes: 4096,
  });
  assert.deepEqual(putMeanwhile, []);
  assert.equal(windows, 4);
  assert.equal(written, accepted);
  assert.ok(puts.filter((key) => key.endsWith(".parquet")).length >= 4);
});

test("a commit that fails fails the run, and no file is put after it", async () => {
  const puts: string[] = [];
  const store = new FaultyStore(new MemoryStore(), ({ operation, key }) => {
    if (operation !== "put") return undefined;
    puts.push(key);
    if (!key.startsWith("_delta_log/")) return undefined;
    return { kind: "fail", error: Object.assign(new Error("no"), { code: "EACCES" }) };
  });
  async function* events(): AsyncGenerator<object> {
    for (let minute = 0; minute < 100; minute++) yield minuteEvent(minute);
  }
  const run = streamToParquet(events(), { store, time: "at", batchBytes: 4096 });
  await assert.rejects(run, { name: "StoreError" });
  const [, ...after] = puts.slice(puts.findIndex((key) => key.startsWith("_delta_log/")));
  assert.deepEqual(after.filter((key) => key.endsWith(".parquet")), []);
});

test("an iterable is closed when the run is aborted", async () => {
  let isClosed = false;
  const abort = new AbortController();
  async function* source() {
    try {
      for (let at = 0;; at += 60_000) yield { at, text: "x".repeat(2000) };
    } finally {
      isClosed = true;
    }
  }
  const reason = new Error("enough");
  const run = streamToParquet(source(), {
    store: new MemoryStore(),
    time: "at",
    batchBytes: 1024,
    signal: abort.signal,
    onProgress: ({ written }) => written > 10 && abort.abort(reason),
  });
  await assert.rejects(run, (thrown) => thrown === reason);
  for (let i = 0; i < 50 && !isClosed; i++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(isClosed, true);
});

test("a table grows from run to run, and keeps the types of its columns", async () => {
  const store = new MemoryStore();
  const options = { store, time: "at", partitionBy: ["page"], window: tumbling("1h") };
  const first = await streamToParquet([{ at: 0, page: "/a", n: 1 }], options);
  const second = await streamToParquet(
    [{ at: 0, page: "/a", n: 1.5, more: "x" }, { at: 1, page: 5, n: 2 }],
    options,
  );
  assert.deepEqual([first.rescued, second.rescued], [0, 1]);
  const rows = (await rowsOfTable(store)).map(({ page, n, more, _rescued_data: rescued }) => [
    page,
    n ?? null,
    more ?? null,
    rescued ?? null,
  ]);
  assert.deepEqual(rows.sort((a, b) => (String(a) < String(b) ? -1 : 1)), [
    ["/a", null, "x", '{"n":1.5}'],
    ["/a", 1n, null, null],
    ["5", 2n, null, null],
  ]);
});

test("a run over nothing leaves no table, and one over bad lines only leaves dead letters", async () => {
  const store = new MemoryStore();
  const nothing = await streamToParquet("\n\r\n", { store });
  assert.deepEqual([nothing.accepted, nothing.written, nothing.files], [0, 0, 0]);
  assert.equal(await isEmpty(store), true);
  const bad = await streamToParquet("{\nnull\n", { store, partitionBy: ["page"] });
  assert.deepEqual([bad.accepted, bad.written, bad.deadLettered, bad.files], [2, 0, 2, 0]);
  assert.deepEqual(await rowsOfTable(store), []);
  const letters = await deadLettersOfTable(store);
  assert.deepEqual(letters.map(({ reason }) => reason), ["malformed-json", "not-an-object"]);
  const good = await streamToParquet([{ page: "x" }], { store, partitionBy: ["page"] });
  assert.equal(good.written, 1);
});
