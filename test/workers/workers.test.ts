import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MemoryStore,
  simulateEvents,
  streamToParquet,
  type StreamToParquetOptions,
  tumbling,
} from "../../mod.ts";
import { setWorkerScript } from "../../src/workers/worker_script.ts";
import { randomFrom } from "../support/random.ts";
import { SCRIPT } from "./worker_script.ts";

type Options = Omit<StreamToParquetOptions, "store" | "workers">;

/** The files of a table, as text where they are text. The log tells the time, so it is left out. */
async function filesWith(
  workers: number,
  lines: string,
  options: Options,
): Promise<{ files: Record<string, string>; summary: unknown }> {
  const store = new MemoryStore();
  const { elapsedMs: _, ...summary } = await streamToParquet(lines, { ...options, store, workers });
  const files: Record<string, string> = {};
  for await (const { key } of store.list("")) {
    if (key.startsWith("_delta_log/")) continue;
    files[key] = new TextDecoder("latin1").decode(await store.get(key));
  }
  return { files, summary };
}

async function assertSameWithWorkers(lines: string, options: Options): Promise<void> {
  const expected = await filesWith(0, lines, options);
  assert.ok(Object.keys(expected.files).length > 0);
  for (const workers of [1, 2, 4]) {
    assert.deepEqual(await filesWith(workers, lines, options), expected, `workers: ${workers}`);
  }
}

async function webEvents(events: number): Promise<string> {
  let text = "";
  for await (const event of simulateEvents({ events, seed: 7 })) {
    text += `${JSON.stringify(event)}\n`;
  }
  return text;
}

test("the files are the same, whatever the number of workers", async () => {
  await assertSameWithWorkers(await webEvents(1000), {
    time: "event_timestamp",
    partitionBy: ["page_url_path"],
    window: tumbling("1d"),
    batchBytes: 50_000,
  });
});

test("odd lines, nested and changing values are the same too", async () => {
  const random = randomFrom(3);
  const lines = Array.from({ length: 3000 }, (_, i) => {
    if (random() < 0.01) return "not JSON";
    if (random() < 0.01) return `{"at":${i},"twice":1,"twice":"x"}`;
    const value = random() < 0.5 ? i : random() < 0.5 ? `s${i % 50}` : { n: [i, { m: `${i}` }] };
    return JSON.stringify({ at: i * 1000, key: `k${i % 5}`, id: `${random()}`, value });
  });
  await assertSameWithWorkers(lines.join("\n"), {
    time: "at",
    partitionBy: ["key"],
    window: tumbling("1m"),
    lateness: "1m",
    batchBytes: 4096,
  });
});

test("files that are too large to wait side by side are the same too", async () => {
  const lines = Array.from({ length: 100_000 }, (_, i) => `{"at":${i * 10},"key":${i % 3}}`);
  await assertSameWithWorkers(lines.join("\n"), {
    time: "at",
    partitionBy: ["key"],
    window: tumbling("10m"),
  });
});

test("a signal stops a run with workers", async () => {
  const abort = new AbortController();
  const reason = new Error("enough");
  async function* endless(): AsyncGenerator<object, void> {
    for (let at = 0;; at += 1000) {
      yield { at };
      if (at === 5_000_000) abort.abort(reason);
    }
  }
  const run = streamToParquet(endless(), {
    store: new MemoryStore(),
    time: "at",
    workers: 2,
    batchBytes: 4096,
    signal: abort.signal,
  });
  await assert.rejects(run, reason);
});

test("a worker that cannot go on fails the run with its cause, and the next run completes it", async () => {
  const store = new MemoryStore();
  const lines = await webEvents(300);
  const bytes = new TextEncoder().encode(lines);
  const source = {
    id: "memory:events",
    open: (offset: number) => Promise.resolve(new Blob([bytes.subarray(offset)]).stream()),
  };
  const options = { store, time: "event_timestamp", batchBytes: 20_000 };
  const broken = 'let n = 0; const say = () => { if (++n > 1) throw new Error("broken"); };' +
    'const node = globalThis.process?.getBuiltinModule?.("node:worker_threads")?.parentPort;' +
    'if (node) node.on("message", say); else globalThis.onmessage = say;';
  setWorkerScript(new URL(`data:text/javascript,${encodeURIComponent(broken)}`));
  try {
    await assert.rejects(streamToParquet(source, { ...options, workers: 1 }), (error: Error) => {
      assert.match(error.message, /^Cannot go on: a worker has failed/);
      assert.match(String((error.cause as Error).message), /broken/);
      return true;
    });
  } finally {
    setWorkerScript(SCRIPT);
  }
  const { written } = await streamToParquet(source, { ...options, workers: 1 });
  assert.equal(written, 300);
});

test("workers are refused where they are of no use", async () => {
  const store = new MemoryStore();
  await assert.rejects(streamToParquet("", { store, workers: -1 }), {
    name: "RangeError",
    message: 'Cannot use option "workers": it must be a whole number of at least 0: ' +
      "current value is -1",
  });
});
