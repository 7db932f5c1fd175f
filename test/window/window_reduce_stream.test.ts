import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { tumbling, type WindowReduceOptions, WindowReduceStream } from "../../mod.ts";

interface View {
  readonly at: number;
  readonly page: string;
}

const COUNT_VIEWS: WindowReduceOptions<View, string, number> = {
  window: tumbling(10),
  time: ({ at }) => at,
  key: ({ page }) => page,
  init: () => 0,
  reduce: (count) => count + 1,
};

/** The events as a stream that gives one each time it is asked. */
function streamOf<T>(events: Iterable<T>): ReadableStream<T> {
  const iterator = events[Symbol.iterator]();
  return new ReadableStream<T>({
    pull(controller) {
      const { done, value } = iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
}

async function reductions(
  events: Iterable<View>,
  options: Partial<WindowReduceOptions<View, string, number>> = {},
): Promise<[start: number, page: string, count: number][]> {
  const found: [number, string, number][] = [];
  const stream = streamOf(events).pipeThrough(
    new WindowReduceStream({ ...COUNT_VIEWS, ...options }),
  );
  for await (const { key, window, value } of stream) found.push([window.start, key, value]);
  return found;
}

test("a window's keys come in order of first appearance, windows in order of time", async () => {
  const events = [
    { at: 3, page: "b" },
    { at: 1, page: "a" },
    { at: 4, page: "b" },
    { at: 12, page: "a" },
  ];
  assert.deepEqual(await reductions(events), [[0, "b", 2], [0, "a", 1], [10, "a", 1]]);
});

test("a window comes as soon as the watermark has passed its end", async () => {
  const seen: number[] = [];
  function* events(): Iterable<View> {
    for (const at of [1, 9, 12, 13, 25]) {
      seen.push(at);
      yield { at, page: "a" };
    }
  }
  const reader = streamOf(events()).pipeThrough(
    new WindowReduceStream({ ...COUNT_VIEWS, lateness: 2 }),
  ).getReader();
  const { value } = await reader.read();
  assert.deepEqual(value, { key: "a", window: { start: 0, end: 10 }, value: 2 });
  assert.equal(seen.at(-1)! < 25, true);
  await reader.cancel();
});

test("events of a closed window are passed over, and shown to onLate", async () => {
  const late: View[] = [];
  const events = [{ at: 1, page: "a" }, { at: 20, page: "a" }, { at: 2, page: "b" }];
  const found = await reductions(events, { onLate: (event) => late.push(event) });
  assert.deepEqual(found, [[0, "a", 1], [20, "a", 1]]);
  assert.deepEqual(late, [{ at: 2, page: "b" }]);
});

test("dates are times too, and what is no time fails the stream", async () => {
  const dated = { window: tumbling(10), time: ({ at }: View) => new Date(at) };
  assert.deepEqual(await reductions([{ at: 15, page: "a" }], dated), [[10, "a", 1]]);
  await assert.rejects(reductions([{ at: NaN, page: "a" }]), TypeError);
});

test("with lateness enough, every event is counted once, whatever the order", async () => {
  const event = fc.record({
    at: fc.integer({ min: -100, max: 100 }),
    page: fc.constantFrom("a", "b", "c"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(event), async (events) => {
      const expected = new Map<string, number>();
      for (const { at, page } of events) {
        const key = `${Math.floor(at / 10) * 10} ${page}`;
        expected.set(key, (expected.get(key) ?? 0) + 1);
      }
      const found = await reductions(events, { lateness: 200 });
      assert.deepEqual(new Map(found.map(([start, page, n]) => [`${start} ${page}`, n])), expected);
      assert.equal(found.length, expected.size);
    }),
    { numRuns: 50 },
  );
});
