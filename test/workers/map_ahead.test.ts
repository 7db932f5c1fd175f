import assert from "node:assert/strict";
import { test } from "node:test";
import { mapAhead } from "../../src/workers/map_ahead.ts";

async function* upTo(count: number): AsyncGenerator<number, void> {
  for (let i = 0; i < count; i++) yield i;
}

interface Task {
  readonly item: number;
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

/** Work that ends when it is told to. */
function manualWork() {
  const tasks: Task[] = [];
  const work = (item: number) =>
    new Promise<number>((resolve, reject) => {
      tasks.push({ item, end: () => resolve(item), fail: reject });
    });
  return { tasks, work };
}

const turns = async () => {
  for (let i = 0; i < 50; i++) await Promise.resolve();
};

test("results come in the order of the items, however long each one takes", async () => {
  const { tasks, work } = manualWork();
  const results: number[] = [];
  const reading = (async () => {
    for await (const result of mapAhead(upTo(5), work, 3)) results.push(result);
  })();
  await turns();
  assert.deepEqual(tasks.map(({ item }) => item), [0, 1, 2, 3]);
  tasks[2]!.end();
  tasks[1]!.end();
  await turns();
  assert.deepEqual(results, []);
  tasks[0]!.end();
  await turns();
  assert.deepEqual(results, [0, 1, 2]);
  for (const task of tasks) task.end();
  await turns();
  tasks[4]!.end();
  await reading;
  assert.deepEqual(results, [0, 1, 2, 3, 4]);
});

test("without looking ahead there is one item at a time", async () => {
  let underWay = 0;
  let most = 0;
  for await (
    const _ of mapAhead(upTo(4), async () => {
      most = Math.max(most, ++underWay);
      await turns();
      underWay--;
    }, 0)
  );
  assert.equal(most, 1);
});

test("what is ready does not wait for a source that is slow", async () => {
  async function* slow(): AsyncGenerator<number, void> {
    yield 0;
    await new Promise(() => {});
  }
  for await (const result of mapAhead(slow(), (item) => item, 2)) {
    assert.equal(result, 0);
    return;
  }
});

test("work that fails, fails in its turn, and a source that fails at once", async () => {
  const { tasks, work } = manualWork();
  const results = mapAhead(upTo(3), work, 2);
  const first = results.next();
  await turns();
  tasks[1]!.fail(new Error("work"));
  tasks[0]!.end();
  assert.equal((await first).value, 0);
  await assert.rejects(results.next(), /work/);

  async function* broken(): AsyncGenerator<number, void> {
    yield 0;
    throw new Error("source");
  }
  await assert.rejects(mapAhead(broken(), () => new Promise(() => {}), 2).next(), /source/);
});

test("what comes is worked on while the reader is busy, and no more than was said", async () => {
  const begun: number[] = [];
  const results = mapAhead(upTo(10), (item) => void begun.push(item), 2);
  assert.deepEqual(await results.next(), { done: false, value: undefined });
  await turns();
  assert.deepEqual(begun, [0, 1, 2, 3]);
  await results.return();
});

test("a reader that stops ends the source", async () => {
  let isEnded = false;
  async function* source(): AsyncGenerator<number, void> {
    try {
      yield* upTo(100);
    } finally {
      isEnded = true;
    }
  }
  for await (const _ of mapAhead(source(), (item) => item, 2)) break;
  await turns();
  assert.ok(isEnded);
});
