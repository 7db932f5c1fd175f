// The ingest on Cloudflare in workerd, on one machine with those who send to it: see README.md.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { WebSocket } from "ws";
import { simulateJsonLines } from "../mod.ts";
import { downloadTable, metric, queryParquet, until } from "../test/cloudflare/downloads.ts";
import { type RateReport, Senders } from "../test/cloudflare/senders.ts";
import {
  type Bundle,
  bundleWorker,
  EXAMPLE,
  ingestWith,
  type RunningWorker,
  runWorker,
  workerdOptions,
} from "../test/cloudflare/workerd.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    rate: { type: "string", default: "2000" },
    window: { type: "string", default: "15m" },
    step: { type: "string", default: "10" },
    only: { type: "string" },
    state: { type: "string", default: tmpdir() },
    live: { type: "boolean", default: false },
  },
});
const directory = mkdtempSync(join(values.state, "edge-bench-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
const BASE = Date.UTC(2026, 0, 1);

type Figures = Record<string, string | number>;

/** The Worker of the example, as it is deployed. */
async function size(): Promise<Figures> {
  const { code, wasm } = await bundleWorker(EXAMPLE, { minify: true });
  const kb = (bytes: Uint8Array): string => `${(gzipSync(bytes).length / 1000).toFixed(0)} kB gzip`;
  return {
    code: kb(new TextEncoder().encode(code)),
    ...Object.fromEntries(Array.from(wasm, ([name, bytes]) => [name, kb(bytes)])),
  };
}

/** From the start of the process to the first answer, and what of it a process without us takes. */
async function start(): Promise<Figures> {
  const bundle = await bundleWorker(EXAMPLE, { minify: true });
  const code = `
    export class IngestShard {}
    export default { fetch() { return new Response("") } };
  `;
  const empty: Bundle = { code, wasm: new Map() };
  const times: Record<string, number[]> = { "our Worker": [], "an empty Worker": [] };
  for (let round = 0; round < 3; round++) {
    for (const [name, what] of [["our Worker", bundle], ["an empty Worker", empty]] as const) {
      const started = performance.now();
      const worker = await runWorker(workerdOptions(what, place()));
      await (await worker.request("/v1/tables")).arrayBuffer();
      times[name]!.push(performance.now() - started);
      await worker.miniflare.dispose();
    }
  }
  return {
    ...Object.fromEntries(
      Object.entries(times).map((
        [name, all],
      ) => [name, `${Math.min(...all).toFixed(0)} ms (best of ${all.length})`]),
    ),
    "evaluation of the module, in Node": `${(await evaluationMs(bundle)).toFixed(0)} ms`,
  };
}

/** What is done before the first request; the binary is compiled beforehand. */
async function evaluationMs({ code }: Bundle): Promise<number> {
  const file = join(directory, "worker.mjs");
  const module = "new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))";
  writeFileSync(
    file,
    code.replace(/import (\w+) ?from ?"\.\/[^"]+\.wasm";/g, `const $1 = ${module};`),
  );
  const started = performance.now();
  await import(pathToFileURL(file).href);
  return performance.now() - started;
}

/** As many requests as there can be, one event in each. */
async function requests(): Promise<Figures> {
  const worker = await startExample();
  const end = performance.now() + 10_000;
  let id = 0;
  const latencies: number[] = [];
  await Promise.all(Array.from({ length: 32 }, async () => {
    while (performance.now() < end) {
      const sent = performance.now();
      const response = await worker.post(eventLine(id++));
      if (!response.ok) throw new Error(await response.text());
      await response.arrayBuffer();
      latencies.push(performance.now() - sent);
    }
  }));
  await worker.miniflare.dispose();
  return {
    "requests a second, of one event, by 32 senders": (latencies.length / 10).toFixed(0),
    ...percentiles(latencies),
  };
}

/** A rate that does not wait for answers. */
async function load(): Promise<Figures> {
  const rate = Number(values.rate);
  const seconds = Number(values.seconds);
  const window = values.window;
  const worker = await startExample({ window });
  const figures: Figures = {};
  // All shards are awake.
  await (await worker.post(lines(0, 200))).arrayBuffer();
  const lag = await send(worker, { rate, seconds, perRequest: 20 });
  figures[`${rate} events/s for ${seconds} s, 20 in a request, answered`] = lag.statuses;
  Object.assign(figures, percentiles(lag.latencies));
  figures[`files of windows of ${window} that were written meanwhile`] = await metric(
    worker,
    "sluice_files_total",
  );
  await worker.miniflare.dispose();
  return figures;
}

async function send(
  worker: RunningWorker,
  options: { readonly rate: number; readonly seconds: number; readonly perRequest: number },
): Promise<{ latencies: number[]; statuses: string }> {
  const { rate, seconds, perRequest } = options;
  const total = rate * seconds / perRequest;
  const latencies: number[] = [];
  const statuses = new Map<number, number>();
  const started = performance.now();
  const under: Promise<void>[] = [];
  for (let request = 0; request < total; request++) {
    const due = started + request * 1000 * perRequest / rate;
    const waitMs = due - performance.now();
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const body = lines(request * perRequest, perRequest);
    under.push((async () => {
      const status = await postOnce(worker, body, `load-${request}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      latencies.push(performance.now() - due); // also what a late start has cost
    })());
  }
  await Promise.all(under);
  const text = Array.from(statuses, ([status, count]) => `${count} × ${status}`).join(", ");
  return { latencies, statuses: text };
}

/** Sends again over another connection where a busy workerd has closed one. */
async function postOnce(worker: RunningWorker, body: string, batch: string): Promise<number> {
  for (let tries = 1;; tries++) {
    try {
      const response = await worker.post(body, { query: `?batch=${batch}` });
      await response.arrayBuffer();
      return response.status;
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}

/**
 * More and more, at the limits that the example has, until some is refused or the slowest hundredth
 * takes a second; then four times as much. Everything that was acknowledged has to be there once.
 */
async function ramp(): Promise<Figures> {
  const figures: Figures = {};
  const worker = await startExample({ inspectorPort: 0 });
  const isolate = await Inspector.open(worker);
  // A quarter of an hour passes in 15 seconds, so that windows are committed meanwhile.
  const started = Date.now();
  const lineOf = (id: number): string => eventLine(id, { ms: (Date.now() - started) * 60 });
  // All shards are awake.
  await (await worker.post(
    Array.from({ length: 200 }, (_, i) => eventLine(1e9 + i, { ms: 0 })).join(""),
  ))
    .arrayBuffer();
  const senders = new Senders(worker, { eventsPerBatch: 20, lineOf });
  const step = async (rate: number, seconds: number): Promise<RateReport> => {
    const peak = isolate.watch();
    const report = await senders.send({ rate, seconds });
    const { isolateMb, processMb } = await peak();
    const { statuses, unanswered, latenciesMs, takenAtOnce } = report;
    const text = [
      `${(takenAtOnce * 20 / seconds).toFixed(0)} taken at once`,
      ...Object.entries(percentiles(latenciesMs)).map(([name, value]) => `${name} ${value}`),
      ...Array.from(statuses, ([status, count]) => `${count} × ${status}`),
      ...(unanswered > 0 ? [`${unanswered} × no answer`] : []),
      `isolate at most ${isolateMb} MB, process ${processMb} MB resident`,
    ].join(", ");
    const key = `${rate} events/s for ${seconds} s`;
    figures[key] = text;
    console.log(`  ${key}: ${text}`);
    return report;
  };
  const seconds = Number(values.step);
  let rate = Number(values.rate);
  await senders.send({ rate, seconds: 3 }); // compiled now
  for (;; rate *= 2) {
    const { refusedAtFirst, latenciesMs } = await step(rate, seconds);
    if (refusedAtFirst > 0 || latenciesMs[Math.floor(latenciesMs.length * 0.99)]! > 1000) break;
  }
  for (const times of [2, 4]) await step(rate * times, seconds);
  await senders.settled();
  figures["everything was acknowledged after"] = `${((Date.now() - started) / 1000).toFixed(0)} s`;
  // Far later: the windows of all shards close.
  await (await worker.post(lines(2e9, 200))).arrayBuffer();
  await until(async () => await metric(worker, "sluice_journal_segments") === 4 || undefined, {
    timeoutMs: 300_000,
  });
  const [[rows, ids] = []] = await queryParquet(
    await downloadTable(worker),
    "SELECT count(*), count(DISTINCT id) FROM $table WHERE id < 1e9",
  );
  figures["acknowledged events"] = senders.acknowledged;
  figures["events in the table, and different ones"] = `${rows}, ${ids}`;
  await worker.miniflare.dispose();
  if (rows !== ids || Number(ids) !== senders.acknowledged) throw new Error("not exactly once");
  return figures;
}

/** What workerd computes for a megabyte of events, until they are taken in, and until committed. */
async function cpu(): Promise<Figures> {
  const figures: Figures = {};
  for (const hasKernel of [true, false]) {
    const which = hasKernel ? "with the kernel" : "by JSON.parse";
    for (const [what, value] of Object.entries(await cpuWith(hasKernel))) {
      figures[`${which}: ${what}`] = value;
    }
  }
  return figures;
}

async function cpuWith(hasKernel: boolean): Promise<Figures> {
  const worker = await startExample({ window: "52w", hasKernel });
  const text = await textOf(simulateJsonLines({ events: 40_000 }));
  const events = text.trimEnd().split("\n");
  await (await worker.post(events.slice(0, 200).join("\n"))).arrayBuffer();
  const before = cpuSeconds();
  let bytes = 0;
  for (let at = 0; at < events.length; at += 500) {
    const body = `${events.slice(at, at + 500).join("\n")}\n`;
    bytes += body.length;
    const response = await worker.post(body, { query: `?batch=cpu-${at}` });
    if (!response.ok) throw new Error(await response.text());
    await response.arrayBuffer();
  }
  const taken = cpuSeconds();
  // Years later: the windows of all shards close.
  await (await worker.post(lines(0, 200))).arrayBuffer();
  await until(async () => await metric(worker, "sluice_journal_segments") === 4 || undefined);
  const committed = cpuSeconds();
  const files = await metric(worker, "sluice_files_total");
  await worker.miniflare.dispose();
  const mb = bytes / 1e6;
  const perMb = (seconds: number): string => (seconds * 1000 / mb).toFixed(0);
  return {
    "web events sent": `${events.length}, ${mb.toFixed(1)} MB`,
    "CPU ms per MB until taken in": perMb(taken - before),
    [`CPU ms per MB to commit them, as ${files} files`]: perMb(committed - taken),
  };
}

/**
 * Puts wait for a timer, as they would for a network: workerd, which is busy all the time otherwise,
 * would not say what it holds.
 */
const SLOW_BUCKET = `
  bucket: ({ BUCKET }) => ({
    get: (...of) => BUCKET.get(...of),
    head: (...of) => BUCKET.head(...of),
    list: (...of) => BUCKET.list(...of),
    delete: (...of) => BUCKET.delete(...of),
    async put(...of) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return await BUCKET.put(...of);
    },
  }),
`;

/** The isolate of the Worker and of its four shards, with ten thousand keys open. */
async function memory(): Promise<Figures> {
  const worker = await startExample({ inspectorPort: 0, bucket: SLOW_BUCKET });
  const isolate = await Inspector.open(worker);
  const figures: Figures = {};
  const note = async (when: string): Promise<void> => {
    figures[`isolate, ${when}`] = `${(await isolate.heapBytes() / 1e6).toFixed(1)} MB`;
    figures[`process, ${when}`] = `${(rss() / 1e6).toFixed(0)} MB resident`;
    console.log(when, figures[`isolate, ${when}`], figures[`process, ${when}`]);
  };
  await note("at first");
  for (let round = 0; round < 10; round++) {
    for (let at = 0; at < 10_000; at += 500) {
      const body = Array.from(
        { length: 500 },
        (_, i) => eventLine(round, { page: `/page/${at + i}` }),
      );
      const response = await worker.post(body.join(""));
      if (!response.ok) throw new Error(await response.text());
      await response.arrayBuffer();
    }
    if (round === 0 || round === 9) await note(`10,000 keys, ${round + 1} events each`);
  }
  const peak = isolate.watch({ isLive: values.live });
  const started = performance.now();
  // An hour later: the windows close.
  const body = Array.from({ length: 500 }, (_, i) => eventLine(7_200_000, { page: `/page/${i}` }))
    .join("");
  await (await worker.post(body)).arrayBuffer();
  // One window of each shard is left. A busy workerd may close a connection it has not looked at.
  const isCommitted = async (): Promise<true | undefined> => {
    return await metric(worker, "sluice_journal_segments") === 4 || undefined;
  };
  await until(() => isCommitted().catch(() => undefined), { timeoutMs: 300_000 });
  const { isolateMb, processMb, samples } = await peak();
  figures["isolate, most while 10,000 files are written"] = `${isolateMb} MB in ${samples} samples`;
  figures["process, most while 10,000 files are written"] = `${processMb} MB resident`;
  figures["10,000 files written in"] = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  await note("afterwards");
  await worker.miniflare.dispose();
  return figures;
}

async function startExample(
  { window = "15m", hasKernel = true, bucket = "", ...more }: {
    readonly window?: string;
    readonly bucket?: string;
    readonly hasKernel?: boolean;
    readonly inspectorPort?: number;
  } = {},
): Promise<RunningWorker> {
  const options = `
    window: sluice.tumbling("${window}"), time: "event_timestamp", partitionBy: ["page_url_path"],
    ${bucket}
  `;
  const bundle = await bundleWorker(ingestWith(options, { hasKernel }));
  return await runWorker(workerdOptions(bundle, place(more)));
}

function place(more: object = {}): { directory: string; more: object } {
  // Past miniflare's own Worker, which stands before all others otherwise.
  const unsafeDirectSockets = [{ host: "127.0.0.1", port: 0 }];
  return {
    directory: mkdtempSync(join(directory, "state-")),
    more: { unsafeDirectSockets, ...more },
  };
}

/** An event of about 200 bytes; there are 2,000 to a second of event time. */
function eventLine(
  id: number,
  { page = `/page/${id % 50}`, ms = id / 2 }: {
    readonly page?: string;
    readonly ms?: number;
  } = {},
): string {
  const time = new Date(BASE + ms).toISOString();
  return `{"event_timestamp":"${time}","page_url_path":"${page}","id":${id},` +
    `"user":"user-${id % 997}","referrer":"https://example.org/${id % 31}","value":0.5}\n`;
}

function lines(from: number, count: number): string {
  return Array.from({ length: count }, (_, i) => eventLine(from + i)).join("");
}

function percentiles(latencies: number[]): Figures {
  latencies.sort((a, b) => a - b);
  const at = (share: number): string => {
    return `${latencies[Math.floor((latencies.length - 1) * share)]!.toFixed(0)} ms`;
  };
  return { "acknowledged, median": at(0.5), "p99": at(0.99), "slowest": at(1) };
}

async function textOf(
  stream: ReadableStream<Uint8Array> | AsyncIterable<unknown>,
): Promise<string> {
  return await new Response(stream as BodyInit).text();
}

/** The workerd that is our child. */
function workerdPid(): number {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(
        readFileSync(`/proc/${pid}/stat`, "utf8"),
      )!;
      if (name === "workerd" && Number(parent) === process.pid) return Number(pid);
    } catch {
      // It has ended.
    }
  }
  throw new Error("there is no workerd");
}

function cpuSeconds(): number {
  const stat = readFileSync(`/proc/${workerdPid()}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
  return (Number(stat[11]) + Number(stat[12])) / 100;
}

function rss(): number {
  const [, kb] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${workerdPid()}/status`, "utf8"))!;
  return Number(kb) * 1024;
}

/** What an isolate takes, garbage and WebAssembly included. */
class Inspector {
  readonly #socket: WebSocket;
  #id = 0;
  readonly #asked: Map<number, (result: Record<string, number>) => void> = new Map();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (text) => {
      const { id, result } = JSON.parse(String(text));
      this.#asked.get(id)?.(result);
      this.#asked.delete(id);
    });
  }

  static async open(worker: RunningWorker): Promise<Inspector> {
    const url = await worker.miniflare.getInspectorURL();
    const targets = await (await fetch(`http://${url.host}/json`)).json() as {
      readonly id: string;
      readonly webSocketDebuggerUrl: string;
    }[];
    const target = targets.find(({ id }) => id.startsWith("core:user"))!;
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    return new Inspector(socket);
  }

  /** Bytes of the heap, garbage included, and of buffers and WebAssembly. */
  async heapBytes(): Promise<number> {
    const usage = await this.#ask("Runtime.getHeapUsage");
    return usage["usedSize"]! + (usage["backingStorageSize"] ?? 0);
  }

  #ask(method: string): Promise<Record<string, number>> {
    const id = ++this.#id;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method }));
    });
  }

  /**
   * Looks every 20 ms, until the function it gives is called: what was the most. `isLive` has
   * garbage collected before each look.
   */
  watch({ isLive = false }: { readonly isLive?: boolean } = {}): () => Promise<
    { readonly isolateMb: string; readonly processMb: string; readonly samples: number }
  > {
    let isOver = false;
    let samples = 0;
    let isolate = 0;
    let process = 0;
    const timer = setInterval(() => process = Math.max(process, rss()), 20);
    const watching = (async () => {
      while (!isOver) {
        if (isLive) await this.#ask("HeapProfiler.collectGarbage");
        isolate = Math.max(isolate, await this.heapBytes());
        samples++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    return async () => {
      isOver = true;
      clearInterval(timer);
      await watching;
      return {
        isolateMb: (isolate / 1e6).toFixed(0),
        processMb: (process / 1e6).toFixed(0),
        samples,
      };
    };
  }
}

const only = values.only?.split(",");
const BENCHES = { size, start, requests, load, ramp, cpu, memory };
for (const [name, bench] of Object.entries(BENCHES)) {
  if (only !== undefined && !only.includes(name)) continue;
  for (const [what, value] of Object.entries(await bench())) {
    console.log(`${name}: ${what}: ${value}`);
  }
}
