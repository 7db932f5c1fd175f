import assert from "node:assert/strict";
import { test } from "node:test";
import { simulateEvents, simulateJsonLines, type SimulateOptions } from "../src/simulate/mod.ts";
import { type ChunkSource, type Clock, streamOf } from "../src/simulate/paced_stream.ts";

async function collect<T>(stream: ReadableStream<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** Counts up; a chunk is the numbers that were asked for, ten at most and one at least. */
class CountingSource implements ChunkSource<number[]> {
  readonly events = { taken: 0, hasNext: (): boolean => this.events.taken < this.#end };
  readonly #end: number;

  constructor(end = Infinity) {
    this.#end = end;
  }

  take(mostEvents: number): number[] {
    const count = Math.max(1, Math.min(mostEvents, 10, this.#end - this.events.taken));
    return Array.from({ length: count }, () => this.events.taken++);
  }
}

/** Time that passes only while someone sleeps. */
class FakeClock implements Clock {
  time = 1000;
  readonly sleeps: number[] = [];

  now(): number {
    return this.time;
  }

  sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    this.time += ms;
    return Promise.resolve();
  }
}

/** A clock whose sleepers only wake when they are told to stop. */
class StoppedClock implements Clock {
  /** Resolves when someone has fallen asleep. */
  readonly asleep: Promise<void>;
  #fellAsleep: () => void = () => {};

  constructor() {
    this.asleep = new Promise((resolve) => this.#fellAsleep = resolve);
  }

  now(): number {
    return 0;
  }

  sleep(_ms: number, signal: AbortSignal): Promise<void> {
    this.#fellAsleep();
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
  }
}

test("simulate: nothing is made before it is pulled", async () => {
  const source = new CountingSource();
  const reader = streamOf(source, {}).getReader();
  await Promise.resolve();
  assert.equal(source.events.taken, 0);
  assert.equal((await reader.read()).value?.length, 10);
  await Promise.resolve();
  assert.equal(source.events.taken, 10);
  await reader.cancel();
  assert.equal(source.events.taken, 10);
});

test("simulate: an endless stream can be cancelled", async () => {
  const reader = simulateEvents().getReader();
  for (let i = 0; i < 10; i++) assert.equal((await reader.read()).done, false);
  await reader.cancel();
  assert.equal((await reader.read()).done, true);
});

test("simulate: with a rate, events come when they are due", async () => {
  const clock = new FakeClock();
  const source = new CountingSource(30);
  const reader = streamOf(source, { rate: 4, clock }).getReader();
  assert.deepEqual((await reader.read()).value, [0]); // the first is due at once
  assert.deepEqual((await reader.read()).value, [1]);
  assert.deepEqual((await reader.read()).value, [2]);
  assert.deepEqual(clock.sleeps, [250, 250]);
  clock.time += 1000; // whoever reads too late finds what has become due
  assert.deepEqual((await reader.read()).value, [3, 4, 5, 6]);
  clock.time += 4000; // in chunks of the usual size
  assert.equal((await reader.read()).value?.length, 10);
  assert.equal((await reader.read()).value?.length, 6);
  assert.deepEqual(clock.sleeps, [250, 250]);
  for (let next = 23; next < 30; next++) assert.deepEqual((await reader.read()).value, [next]);
  assert.equal((await reader.read()).done, true); // and the end comes right after the last
  assert.equal(clock.time, 1000 + 29 * 250);
});

test("simulate: a clock that wakes sleepers too early makes nothing too early", async () => {
  const clock = new FakeClock();
  const hasty: Clock = {
    now: () => clock.now(),
    sleep: (ms) => clock.sleep(Math.ceil(ms / 2)),
  };
  const reader = streamOf(new CountingSource(), { rate: 0.5, clock: hasty }).getReader();
  await reader.read();
  await reader.read();
  assert.equal(clock.time, 3000);
});

test("simulate: waits longer than a timer can take are cut", async () => {
  const clock = new FakeClock();
  const reader = streamOf(new CountingSource(), { rate: 1e-7, clock }).getReader();
  await reader.read();
  await reader.read();
  assert.equal(clock.time, 1000 + 1e10);
  assert.ok(clock.sleeps.every((ms) => ms < 2 ** 31));
});

test("simulate: a rate changes when events come, not which", async () => {
  const plain = simulateJsonLines({ events: 300 });
  const paced = simulateJsonLines({ events: 300, rate: 100_000 });
  assert.equal(await new Response(paced).text(), await new Response(plain).text());
});

test("simulate: cancelling ends a wait", async () => {
  const clock = new StoppedClock();
  const source = new CountingSource();
  const reader = streamOf(source, { rate: 1, clock }).getReader();
  await reader.read();
  const waiting = reader.read();
  await clock.asleep;
  await reader.cancel();
  assert.equal((await waiting).done, true);
  assert.equal(source.events.taken, 1);
});

test("simulate: aborting ends a wait with the signal's reason", async () => {
  const clock = new StoppedClock();
  const source = new CountingSource();
  const abort = new AbortController();
  const reader = streamOf(source, { rate: 1, clock, signal: abort.signal }).getReader();
  await reader.read();
  const waiting = reader.read();
  await clock.asleep;
  const reason = new Error("enough");
  abort.abort(reason);
  await assert.rejects(waiting, reason);
  assert.equal(source.events.taken, 1);
});

test("simulate: a signal ends the stream, also one that has aborted already", async () => {
  const reason = new Error("enough");
  const abort = new AbortController();
  const reader = simulateJsonLines({ signal: abort.signal }).getReader();
  await reader.read();
  abort.abort(reason);
  await assert.rejects(reader.read(), reason);
  const late = simulateEvents({ signal: AbortSignal.abort(reason) }).getReader();
  await assert.rejects(late.read(), reason);
});

test("simulate: a signal is of no concern to a stream that has ended", async () => {
  const abort = new AbortController();
  const events = await collect(simulateEvents({ events: 2, signal: abort.signal }));
  abort.abort();
  assert.equal(events.length, 2);
});

test("simulate: chunks are whole lines, about 64 KiB of them", async () => {
  const chunks = await collect(simulateJsonLines({ events: 1000 }));
  const sizes = chunks.map((chunk) => chunk.length);
  const last = sizes.pop()!;
  assert.ok(sizes.length > 10 && last <= sizes[0]!);
  for (const size of sizes) assert.ok(size >= 65_536 && size < 65_536 + 2048, String(size));
  for (const chunk of chunks) {
    assert.equal(chunk[0], "{".charCodeAt(0));
    assert.equal(chunk.at(-1), "\n".charCodeAt(0));
  }
});

test("simulate: bad options are refused at once, by name, constraint and value", () => {
  const cases: [SimulateOptions | Record<string, unknown>, RegExp][] = [
    [{ users: 0 }, /"users" must be a whole number from 1 to 1000000: current value is 0$/],
    [{ users: "5" }, /"users" must be .*: current value is "5"$/],
    [{ sessionsPerDay: 1.5 }, /"sessionsPerDay" must be .*: current value is 1.5$/],
    [{ sessionsPerDay: 1e9 }, /"sessionsPerDay" must be .*: current value is 1000000000$/],
    [{ events: -1 }, /"events" must be a whole number from 0 .*: current value is -1$/],
    [{ events: Infinity }, /"events" must be .*: current value is Infinity$/],
    [{ duration: "1 day" }, /"duration".*: current value is "1 day"$/],
    [{ seed: -1 }, /"seed" must be .*: current value is -1$/],
    [{ seed: NaN }, /"seed" must be .*: current value is NaN$/],
    [{ rate: 0 }, /"rate" must be a finite number above 0: current value is 0$/],
    [{ rate: Infinity }, /"rate" must be .*: current value is Infinity$/],
    [{ start: "yesterday" }, /"start" must be .* ISO 8601 .*: current value is "yesterday"$/],
    [{ start: "2022-02-30" }, /"start" must be .*: current value is "2022-02-30"$/],
    [{ start: "2022-06-01T25:00" }, /"start" must be .*: current value is "2022-06-01T25:00"$/],
    [{ start: new Date(NaN) }, /"start" must be .*: current value is Invalid Date$/],
    [{ start: 0.5 }, /"start" must be .*: current value is 0.5$/],
    [{ start: 253_402_300_800_000 }, /"start" must be .* years 0 to 9999: .* 253402300800000$/],
  ];
  for (const [options, message] of cases) {
    const refusal = { name: "RangeError", message };
    assert.throws(() => simulateEvents(options as SimulateOptions), refusal);
    assert.throws(() => simulateJsonLines(options as SimulateOptions), refusal);
  }
  assert.throws(() => simulateEvents({ events: 5, duration: "1d" }), {
    name: "TypeError",
    message: /"events" and "duration" exclude each other: current values are 5 and "1d"$/,
  });
  assert.throws(() => simulateEvents({ signal: {} as AbortSignal }), {
    name: "TypeError",
    message: /"signal" must be an AbortSignal: current value is \[object Object\]$/,
  });
});
