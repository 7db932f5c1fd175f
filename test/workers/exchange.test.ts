// Workers that hold rows of the same windows: what one has of a file goes to the one that makes it.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  day,
  MemoryStore,
  type Store,
  streamToParquet,
  type StreamToParquetOptions,
  type Summary,
  tumbling,
} from "../../mod.ts";
import { randomFrom } from "../support/random.ts";
import { deadLettersOfTable, rowsOfTable } from "../support/table_rows.ts";
import { isContent } from "../support/events.ts";
import { setWorkerScript } from "../../src/workers/worker_script.ts";
import { SCRIPT } from "./worker_script.ts";

setWorkerScript(SCRIPT);

type Options = Omit<StreamToParquetOptions, "store" | "workers">;

/** What a run says, but for how long it took. */
type Counts = Omit<Summary, "elapsedMs">;

/** What runs have left behind, of which each went on with the table of the one before. */
interface Outcome {
  readonly store: Store;
  /** All files but the log, which tells the time, as text with a character for each byte. */
  readonly files: Readonly<Record<string, string>>;
  readonly counts: readonly Counts[];
}

async function runWith(
  workers: number,
  sources: readonly (readonly string[])[],
  options: Options,
): Promise<Outcome> {
  const store = new MemoryStore();
  const counts: Counts[] = [];
  for (const lines of sources) {
    const run = streamToParquet(lines.join("\n"), { ...options, store, workers });
    const { elapsedMs: _, ...own } = await run;
    assert.equal(own.accepted, own.written + own.deadLettered + own.dropped);
    counts.push(own);
  }
  const files: Record<string, string> = {};
  const latin1 = new TextDecoder("latin1");
  for await (const { key } of store.list("")) {
    if (isContent(key)) files[key] = latin1.decode(await store.get(key));
  }
  return { store, files, counts };
}

/** That files and counts are the same with any number of workers; gives those without. */
async function assertSameWithWorkers(
  sources: readonly (readonly string[])[],
  options: Options,
): Promise<Outcome> {
  const expected = await runWith(0, sources, options);
  for (const workers of [1, 2, 4]) {
    const { files, counts } = await runWith(workers, sources, options);
    assert.deepEqual(counts, expected.counts, `workers: ${workers}`);
    assert.deepEqual(Object.keys(files), Object.keys(expected.files), `workers: ${workers}`);
    for (const [key, bytes] of Object.entries(files)) {
      assert.ok(bytes === expected.files[key], `workers: ${workers}: ${key}`);
    }
  }
  return expected;
}

/** How many files there are of dead letters. */
function deadLetterFiles({ files }: Outcome): number {
  return Object.keys(files).filter((key) => key.startsWith("_dead_letter/")).length;
}

/** Options for events with a time and a key, of which a few kibibytes make a batch. */
const KEYED = {
  time: "at",
  partitionBy: ["key"],
  window: tumbling("1m"),
  batchBytes: 2048,
} as const satisfies Options;

/** Events of which every tenth is of windows long before. */
function lateLines(): string[] {
  return Array.from({ length: 2000 }, (_, i) => {
    const at = i % 10 === 9 ? Math.max(0, i - 600) * 500 : i * 500;
    return `{"at":${at},"key":"k${i % 3}","id":${i},"text":"${i % 7}","late":${i % 10 === 9}}`;
  });
}

for (const late of ["append", "dead-letter", "drop"] as const) {
  test(`exchange: events that come late, with the policy ${late}`, async () => {
    const outcome = await assertSameWithWorkers([lateLines()], { ...KEYED, late });
    const [{ written, deadLettered, dropped }] = outcome.counts as [Counts];
    if (late === "append") {
      assert.equal(written, 2000);
      assert.equal(deadLetterFiles(outcome), 0);
    } else {
      const refused = late === "drop" ? dropped : deadLettered;
      assert.ok(refused > 100);
      assert.equal(written, 2000 - refused);
      assert.equal(deadLetterFiles(outcome) > 0, late === "dead-letter");
    }
  });
}

test("exchange: late events among lines that are none are told by their lines", async () => {
  const lines = lateLines().flatMap((line, i) => i % 13 === 0 ? ["", "nonsense", line] : [line]);
  const outcome = await assertSameWithWorkers([lines], {
    ...KEYED,
    late: "dead-letter",
    batchBytes: 1500,
  });
  const letters = await deadLettersOfTable(outcome.store);
  assert.ok(letters.some(({ reason }) => reason === "late"));
  for (const { line, raw } of letters) assert.equal(raw, lines[line - 1]);
});

/** Events whose fields have other types in the second half. */
function changingLines(isLater: boolean): string[] {
  return Array.from({ length: 1500 }, (_, i) => {
    const isOdd = isLater && i % 4 === 0;
    return JSON.stringify({
      at: (isLater ? 2e6 : 0) + i * 200,
      key: `k${i % 3}`,
      n: isOdd ? `text ${i % 11}` : i,
      s: isOdd ? { x: i } : `s${i % 11}`,
      l: isOdd ? [`${i}`, [i]] : [i, i + 1],
      o: { a: isOdd ? 1.5 : i, b: [{ c: isOdd ? null : `${i % 5}` }] },
    });
  });
}

test("exchange: values that do not fit the columns that the table has", async () => {
  const sources = [changingLines(false), changingLines(true)];
  const { counts, store } = await assertSameWithWorkers(sources, KEYED);
  assert.equal(counts[0]!.rescued, 0);
  assert.equal(counts[1]!.rescued, 375);
  const rows = await rowsOfTable(store);
  assert.equal(rows.length, 3000);
});

test("exchange: types that are declared, and values that do not fit them", async () => {
  const lines = Array.from({ length: 1000 }, (_, i) =>
    JSON.stringify({
      at: i * 300,
      key: `k${i % 2}`,
      when: i % 3 === 0 ? i * 1000 : new Date(i * 1000).toISOString(),
      n: i % 5 === 0 ? `${i}` : i,
      any: [i, `${i}`, { i }][i % 3],
    }));
  const schema = { when: "timestamp", n: "int64", any: "json", at: "string" } as const;
  const { counts } = await assertSameWithWorkers([lines], { ...KEYED, schema });
  assert.equal(counts[0]!.rescued, 200);
});

test("exchange: files of few rows each", async () => {
  const lines = Array.from(
    { length: 2000 },
    (_, i) => `{"at":${i * 100},"key":"k${i % 3}","id":"id ${i}","l":[${i},${i % 9}]}`,
  );
  const { counts } = await assertSameWithWorkers([lines], { ...KEYED, maxRows: 37 });
  assert.ok(counts[0]!.files > 50);
  await assertSameWithWorkers([lines.slice(0, 200)], { ...KEYED, maxRows: 1 });
});

/** Pieces of a text: each is there when those before were read, or a while later. */
async function* pieces(text: string, isSlow: boolean): AsyncGenerator<string, void> {
  for (let at = 0; at < text.length; at += 1 << 16) {
    if (isSlow) await new Promise((resolve) => setTimeout(resolve, 10));
    yield text.slice(at, at + (1 << 16));
  }
}

// Workers that wait for a source are given at once what otherwise waits for them.
for (const isSlow of [false, true]) {
  const source = isSlow ? "a slow source" : "a fast source";
  test(`exchange: what memory has no room for is written early, and once: ${source}`, async () => {
    const events = 10_000;
    const idOf = (i: number) => `${i}`.padStart(150, "-");
    const keyOf = (i: number) => `k${i % 10 === 0 ? i % 50 : 0}`;
    const lines = Array.from({ length: events }, (_, i) => {
      const at = i * 50 + (i % 7 === 0 ? 600_000 : 0);
      return `{"at":${at},"key":"${keyOf(i)}","n":${i},"id":"${idOf(i)}","s":"s${i % 9}"}`;
    });
    for (const workers of [0, 1, 2, 4]) {
      const store = new MemoryStore();
      let reports = 0;
      const { written, windows, files } = await streamToParquet(pieces(lines.join("\n"), isSlow), {
        ...KEYED,
        store,
        workers,
        window: tumbling("5m"),
        lateness: "1h",
        batchBytes: 64 << 10,
        memoryLimitBytes: 1 << 20,
        onProgress: () => assert.ok(++reports < 10_000, "a run comes to an end"),
      });
      assert.deepEqual([written, windows], [events, 4], `workers: ${workers}`);
      assert.ok(files > 20, "there are more files than windows have partitions");
      const rows = (await rowsOfTable(store)).map((row) => ({ ...row, n: Number(row["n"]) }))
        .sort((a, b) => a.n - b.n) as Record<string, unknown>[];
      assert.equal(rows.length, events);
      for (const [i, { n, key, id, s }] of rows.entries()) {
        assert.deepEqual([n, key, id, s], [i, keyOf(i), idOf(i), `s${i % 9}`]);
      }
    }
  });
}

test("exchange: values that are too long for a directory, and events ahead of the clock", async () => {
  const now = Date.UTC(2022, 5, 1);
  const lines = Array.from({ length: 800 }, (_, i) => {
    const key = i % 50 === 0 ? "x".repeat(300) : `k${i % 4}`;
    const at = now - 100_000 + i * 250 + (i % 61 === 0 ? 7_200_000 : 0);
    return JSON.stringify({ at, key, id: i });
  });
  const outcome = await assertSameWithWorkers([lines], {
    ...KEYED,
    maxFutureSkew: "10m",
    clock: { now: () => now },
  });
  const reasons = (await deadLettersOfTable(outcome.store)).map(({ reason }) => reason);
  const count = (wanted: string) => reasons.filter((reason) => reason === wanted).length;
  assert.deepEqual(
    [count("partition-value-too-long"), count("future-time"), reasons.length],
    [15, 14, 29],
  );
});

test("exchange: ids, of which each is another, beside strings that come again", async () => {
  const random = randomFrom(5);
  const lines = Array.from(
    { length: 6000 },
    (_, i) => `{"at":${i * 100},"key":"k${i % 4}","id":"${random()}","s":"s${i % 100}"}`,
  );
  await assertSameWithWorkers([lines], { ...KEYED, window: tumbling("5m"), batchBytes: 8192 });
});

test("exchange: lists and structs in each other, and fields that come and go", async () => {
  const random = randomFrom(11);
  const pick = <T>(...items: readonly T[]) => items[Math.floor(random() * items.length)]!;
  const lines = Array.from({ length: 1500 }, (_, i) =>
    JSON.stringify({
      at: i * 200,
      key: `k${i % 3}`,
      tree: pick(null, { list: [] }, { list: [[{ n: i }], [], null] }, {
        list: [[null, { m: "x" }]],
      }),
      ...(random() < 0.3 ? { rare: pick<unknown>([true, null], [], null) } : {}),
      ...(i > 700 ? { [`new${i % 3}`]: { deep: { er: pick(1, 2.5, null) } } } : {}),
      mixed: pick<unknown>(1, "x", [1, ["y"]], { z: {} }, false),
    }));
  await assertSameWithWorkers([lines], { ...KEYED, lateness: "30s" });
});

test("exchange: fields of the path that the files have too", async () => {
  const lines = Array.from({ length: 900 }, (_, i) =>
    JSON.stringify({
      at: i * 300_000,
      key: [`k${i % 3}`, null, i % 2, "ä/b"][i % 4],
      id: i,
    }));
  await assertSameWithWorkers([lines], {
    ...KEYED,
    window: tumbling("1h"),
    partitionBy: [day(), "key"],
    keepPartitionColumns: true,
  });
});

for (const compression of ["zstd", "none"] as const) {
  test(`exchange: files that are compressed by ${compression}`, async () => {
    const lines = Array.from(
      { length: 600 },
      (_, i) => `{"at":${i * 300},"key":"k${i % 2}","s":"s${i % 9}","l":[{"n":${i}}],"f":${i / 8}}`,
    );
    await assertSameWithWorkers([lines], { ...KEYED, compression });
  });
}
