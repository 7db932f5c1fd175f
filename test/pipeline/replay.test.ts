import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore, type ReplayableSource, streamToParquet, tumbling } from "../../mod.ts";
import type { Store } from "../../src/stores/store.ts";
import { chunksOf, joined, utf8 } from "../decode/decode_helpers.ts";
import { type Call, Mortal } from "../support/mortal.ts";
import { deadLettersOfTable, rowsOfTable } from "../support/table_rows.ts";

/** Bytes in memory that can be read again; how much was read of them is counted. */
class MemorySource implements ReplayableSource {
  readonly id: string;
  bytes: Uint8Array;
  bytesRead = 0;

  constructor(bytes: Uint8Array, id: string = "memory:test") {
    this.bytes = bytes;
    this.id = id;
  }

  open(offset: number): Promise<ReadableStream<Uint8Array>> {
    const chunks = chunksOf(this.bytes.subarray(offset), [700]).values();
    return Promise.resolve(
      new ReadableStream({
        pull: (controller) => {
          const { done, value } = chunks.next();
          if (done === true) return controller.close();
          this.bytesRead += value.length;
          controller.enqueue(value);
        },
      }, { highWaterMark: 0 }),
    );
  }
}

/** Events of an hour, not quite in order, some lines that are none. */
function linesOf(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => {
    const id = from + i;
    if (id % 17 === 0) return `no event ${id}\n`;
    const at = Math.max(0, id * 30_000 - (id % 7 === 0 ? 400_000 : 0));
    return `${JSON.stringify({ id, at, page: `/p${id % 3}`, text: "x".repeat(60) })}\n`;
  }).join("");
}

const OPTIONS = {
  time: "at",
  window: tumbling("10m"),
  partitionBy: ["page"],
  lateness: "1m",
  batchBytes: 1024,
} as const;

const write = (source: ReplayableSource, store: Store) =>
  streamToParquet(source, { ...OPTIONS, store });

/** What a table holds, whatever its files are called. */
async function contentOf(store: Store): Promise<unknown> {
  const rows = await rowsOfTable(store);
  const letters = await deadLettersOfTable(store);
  return {
    rows: rows.map((row) => [Number(row["id"]), row["page"], Number(row["at"]), row["text"]])
      .sort((a, b) => Number(a[0]) - Number(b[0])),
    letters: letters.map(({ line, offset, raw }) => [line, offset, raw])
      .sort((a, b) => Number(a[0]) - Number(b[0])),
  };
}

async function keysOf(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list("")) keys.push(key);
  return keys;
}

const CONTENT = utf8(linesOf(0, 120));

async function undisturbed(bytes: Uint8Array): Promise<unknown> {
  const store = new MemoryStore();
  await write(new MemorySource(bytes), store);
  return await contentOf(store);
}

test("a source that was read to its end has nothing new, and the table stays as it is", async () => {
  const store = new MemoryStore();
  const source = new MemorySource(CONTENT);
  const first = await write(source, store);
  assert.equal(first.source, "new");
  assert.equal(first.accepted, 120);
  assert.equal(first.accepted, first.written + first.deadLettered);
  const keys = await keysOf(store);
  source.bytesRead = 0;
  const second = await write(source, store);
  assert.equal(second.source, "unchanged");
  assert.deepEqual([second.accepted, second.written, second.files], [0, 0, 0]);
  assert.deepEqual(await keysOf(store), keys);
});

test("a source that has grown is gone on with", async () => {
  const store = new MemoryStore();
  const source = new MemorySource(utf8(linesOf(0, 50)));
  await write(source, store);
  source.bytes = CONTENT;
  const { accepted, source: status, bytesRead } = await write(source, store);
  assert.deepEqual([accepted, status], [70, "resumed"]);
  assert.equal(bytesRead, CONTENT.length - utf8(linesOf(0, 50)).length);
  assert.deepEqual(await contentOf(store), await undisturbed(CONTENT));
  assert.equal((await write(source, store)).source, "unchanged");
});

test("another content under the same name is read as a new source", async () => {
  const store = new MemoryStore();
  const source = new MemorySource(utf8(linesOf(0, 50)));
  await write(source, store);
  source.bytes = utf8(linesOf(200, 260));
  const { accepted, source: status } = await write(source, store);
  assert.deepEqual([accepted, status], [60, "replaced"]);
  const { rows } = await contentOf(store) as { rows: [number][] };
  const expected = [...Array(50).keys(), ...Array.from({ length: 60 }, (_, i) => 200 + i)];
  assert.deepEqual(rows.map(([id]) => id), expected.filter((id) => id % 17 !== 0));
});

test("sources of different names are read each by itself, by one writer or two", async () => {
  const store = new MemoryStore();
  await write(new MemorySource(utf8(linesOf(0, 40)), "a"), store);
  const b = new MemorySource(utf8(linesOf(40, 80)), "b");
  assert.equal((await write(b, store)).source, "new");
  const other = { ...OPTIONS, store, writer: "other" };
  const c = new MemorySource(utf8(linesOf(80, 120)), "c");
  assert.equal((await streamToParquet(c, other)).source, "new");
  assert.equal((await streamToParquet(c, other)).source, "unchanged");
  assert.equal((await write(b, store)).source, "unchanged");
  const { rows } = await contentOf(store) as { rows: [number][] };
  assert.deepEqual(rows.map(([id]) => id), [...Array(120).keys()].filter((id) => id % 17 !== 0));
});

/** A process that dies at a call; what is under way then may be done all the same. */
function dyingAt(index: number, isDone: (call: Call) => boolean): Mortal {
  return new Mortal((call) =>
    call.index < index ? "answered" : isDone(call) ? "unanswered" : "lost"
  );
}

test("killed at any call of the store, whatever of it was done, a rerun completes it", async () => {
  const expected = await undisturbed(CONTENT);
  const alive = new Mortal();
  await write(new MemorySource(CONTENT), alive.store(new MemoryStore()));
  assert.ok(alive.calls > 30, `${alive.calls} calls`);
  const done = [() => false, () => true, (call: Call) => call.index % 2 === 0];
  for (let index = 0; index < alive.calls; index += 2) {
    const store = new MemoryStore();
    const process = dyingAt(index, done[index % done.length]!);
    await process.survive(write(new MemorySource(CONTENT), process.store(store)));
    assert.equal(process.isDead, true);
    const source = new MemorySource(CONTENT);
    await write(source, store);
    assert.deepEqual(await contentOf(store), expected, `killed at call ${index}`);
    const keys = await keysOf(store);
    assert.equal((await write(source, store)).source, "unchanged");
    assert.deepEqual(await keysOf(store), keys);
  }
});

test("killed while the source grew in the middle of a line, nothing is lost or doubled", async () => {
  const half = utf8(linesOf(0, 60)).length;
  for (const cut of [half - 1, half, half + 40]) {
    const alive = new Mortal();
    await write(new MemorySource(CONTENT.subarray(0, cut)), alive.store(new MemoryStore()));
    for (let index = 3; index < alive.calls; index += 5) {
      const store = new MemoryStore();
      const process = dyingAt(index, () => true);
      const source = new MemorySource(CONTENT.subarray(0, cut));
      await process.survive(write(source, process.store(store)));
      source.bytes = CONTENT;
      await write(source, store);
      const { rows, letters } = await contentOf(store) as { rows: [number][]; letters: [number][] };
      const torn = letters.filter(([line]) => line === 61).length;
      assert.ok(torn === 0 || cut === half + 40);
      assert.deepEqual(
        rows.map(([id]) => id),
        [...Array(120).keys()].filter((id) => id % 17 !== 0 && (torn === 0 || id !== 60)),
      );
    }
  }
});

test("options that mean nothing to a source that can be read again are refused", async () => {
  for (const option of [{ maxFutureSkew: "1h" }, { journal: {} as never }]) {
    const store = new MemoryStore();
    await assert.rejects(streamToParquet(new MemorySource(CONTENT), { store, ...option }), {
      name: "TypeError",
      message: new RegExp(
        `^Cannot use option "${Object.keys(option)[0]}" with a source that can be read again: `,
      ),
    });
    assert.deepEqual(await keysOf(store), []);
  }
});

test("a signal reaches whoever opens the source", async () => {
  const { signal } = new AbortController();
  const given: unknown[] = [];
  const inner = new MemorySource(CONTENT);
  const source: ReplayableSource = {
    id: "memory",
    open: (offset, own) => {
      given.push(own);
      return inner.open(offset);
    },
  };
  const store = new MemoryStore();
  for (let run = 0; run < 2; run++) await streamToParquet(source, { ...OPTIONS, store, signal });
  assert.ok(given.length > 2);
  assert.ok(given.every((own) => own === signal));
});

test("a source that is empty, and one that is later not", async () => {
  const store = new MemoryStore();
  const source = new MemorySource(new Uint8Array(0));
  assert.equal((await write(source, store)).accepted, 0);
  source.bytes = joined("\n\n");
  assert.equal((await write(source, store)).accepted, 0);
  source.bytes = joined("\n\n", linesOf(1, 5));
  assert.equal((await write(source, store)).accepted, 4);
  assert.equal((await write(source, store)).source, "unchanged");
});
