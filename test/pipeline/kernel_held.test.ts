// Files of rows that a kernel decodes, holds and encodes, and those of the reference: what JSON.parse
// decodes, held as columns, of which a table is made first.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  MemoryStore,
  ParquetFileStream,
  streamToParquet,
  type StreamToParquetOptions,
  tumbling,
  WindowedPartitionStream,
} from "../../mod.ts";
import { toFileStats } from "../../src/commit_log/file_stats.ts";
import { readSnapshot } from "../../src/commit_log/snapshot.ts";
import { formatStats } from "../../src/commit_log/stats.ts";
import type { ColumnBatch } from "../../src/columns/column_batch.ts";
import { resolveDecodeOptions } from "../../src/decode/decode_options.ts";
import { ReferenceDecoder } from "../../src/decode/reference_decoder.ts";
import { MIXED_EVENTS, TYPED_EVENTS } from "../columns/random_events.ts";
import { batchesOf, utf8 } from "../decode/decode_helpers.ts";
import { randomFrom } from "../support/random.ts";

type Options = Omit<StreamToParquetOptions, "store" | "workers">;

/** A file: its bytes, with a character for each, and what the log says of its columns. */
interface FoundFile {
  readonly bytes: string;
  readonly stats: string | undefined;
}

type Files = Map<string, FoundFile>;

const latin1 = new TextDecoder("latin1");

/** The files that there are to be. */
async function filesOfReference(text: string, options: Options): Promise<Files> {
  const settings = resolveDecodeOptions(options);
  const decoder = new ReferenceDecoder({ ...settings, firstLine: 1 });
  const lines = batchesOf(utf8(text), settings);
  const batches = new ReadableStream<ColumnBatch>({
    start(controller) {
      for (const batch of lines) controller.enqueue(decoder.decode(batch));
      controller.close();
    },
  });
  const files: Files = new Map();
  const items = batches
    .pipeThrough(new WindowedPartitionStream(options))
    .pipeThrough(new ParquetFileStream(options));
  for await (const item of items) {
    if (item.type !== "file") continue;
    const stats = formatStats(toFileStats(item.rows, item.stats));
    files.set(item.key, { bytes: latin1.decode(item.bytes), stats });
  }
  return files;
}

async function filesOfRun(text: string, options: Options): Promise<Files> {
  const store = new MemoryStore();
  await streamToParquet(text, { ...options, store });
  const snapshot = await readSnapshot(store);
  const files: Files = new Map();
  for await (const { key } of store.list("")) {
    if (!key.endsWith(".parquet")) continue;
    const bytes = latin1.decode(await store.get(key));
    files.set(key, { bytes, stats: snapshot!.files.get(key)?.stats });
  }
  return files;
}

async function assertSameFiles(lines: readonly string[], options: Options): Promise<Files> {
  const text = lines.map((line) => `${line}\n`).join("");
  const expected = await filesOfReference(text, options);
  const found = await filesOfRun(text, options);
  assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort());
  for (const [key, { bytes, stats }] of found) {
    assert.equal(stats, expected.get(key)!.stats, key);
    assert.ok(bytes === expected.get(key)!.bytes, `the bytes of ${key}`);
  }
  return found;
}

/** Events of which some kibibytes make a batch, a few seconds apart. */
function timed(bodies: readonly string[], everyMs = 7000): string[] {
  return bodies.map((body, i) => `{"at":${i * everyMs}${body === "{}" ? "" : ","}${body.slice(1)}`);
}

const TIMED = { time: "at", window: tumbling("1m"), batchBytes: 1024 } as const satisfies Options;

const BATCH_BYTES = fc.constantFrom(1024, 1 << 16);

test("kernel-held: events whose fields keep their types", async () => {
  await fc.assert(
    fc.asyncProperty(
      TYPED_EVENTS,
      BATCH_BYTES,
      fc.constantFrom("snappy", "none"),
      async ({ lines }, batchBytes, compression) => {
        await assertSameFiles(timed(lines), { ...TIMED, batchBytes, compression });
      },
    ),
    { numRuns: 40 },
  );
});

test("kernel-held: events whose fields have values of any kind", async () => {
  await fc.assert(
    fc.asyncProperty(
      MIXED_EVENTS,
      BATCH_BYTES,
      fc.boolean(),
      async ({ lines }, batchBytes, isOne) => {
        const window = isOne ? tumbling("1d") : TIMED.window;
        await assertSameFiles(timed(lines), { ...TIMED, window, batchBytes });
      },
    ),
    { numRuns: 40 },
  );
});

test("kernel-held: partitions by a field, which the files have too or not", async () => {
  const lines = timed(
    Array.from({ length: 300 }, (_, i) => {
      const key = [`"k${i % 5}"`, "null", `${i % 2}`, '"ä/b"', '{"x":[1]}', "1.5"][i % 6];
      return i % 7 === 0 ? `{"id":${i}}` : `{"key":${key},"id":${i},"text":"${i % 11}"}`;
    }),
    1000,
  );
  for (const keepPartitionColumns of [true, false]) {
    await assertSameFiles(lines, { ...TIMED, partitionBy: ["key"], keepPartitionColumns });
  }
});

test("kernel-held: names that objects have before others, in order", async () => {
  const lines = timed(
    Array.from(
      { length: 200 },
      (_, i) => `{"b":"text ${i}","7":${i},"0":{"c":"x","5":["y${i % 3}"]},"01":${i / 8},"a":null}`,
    ),
    1000,
  );
  // After batches that have none.
  const plain = timed(Array.from({ length: 200 }, (_, i) => `{"b":"text ${i}","l":[${i}]}`), 1000);
  for (const batchBytes of [1024, 1 << 14, 1 << 16, 1 << 20]) {
    await assertSameFiles(lines, { ...TIMED, batchBytes });
    await assertSameFiles([...plain, ...lines, ...plain], { ...TIMED, lateness: "1h", batchBytes });
  }
});

test("kernel-held: names that JSON escapes, and empty ones", async () => {
  const names = [
    "",
    "\\u0061\\n",
    "é",
    "\\ud83d\\ude00",
    "a.b",
    "__proto__",
    "\\\\",
    "x".repeat(40),
  ];
  const lines = timed(
    Array.from(
      { length: 60 },
      (_, i) =>
        `{${
          names.map((name, n) => `"${name}":${(i + n) % 3 === 0 ? `{"${name}":"${i}"}` : "null"}`)
        }}`,
    ),
  );
  await assertSameFiles(lines, TIMED);
});

test("kernel-held: lines that are for the reference, among others", async () => {
  const random = randomFrom(23);
  const odd = [
    '{"s":"x","s":"y"}',
    "not JSON",
    '{"s":"\\ud800"}',
    '{"n":123456789012345678901234567890}',
    '{"n":1e400}',
    "[]",
    '{"at":"1970-01-01T00:01:00Z","s":"x"}',
  ];
  const lines = timed(
    Array.from(
      { length: 400 },
      (_, i) =>
        `{"s":"s${i % 13}","id":"${random()}","n":${i % 3 ? i : i / 8},"l":[{"m":"${i % 4}"}]}`,
    ),
    500,
  ).map((line, i) => i % 29 === 28 ? odd[i % odd.length]! : line);
  await assertSameFiles(lines, TIMED);
});

test("kernel-held: types that are declared", async () => {
  const lines = timed(
    Array.from({ length: 200 }, (_, i) => {
      const values = [
        `${i}`,
        `${i}.0`,
        `${i}.5`,
        `"${i}"`,
        "null",
        `"1970-01-01T00:00:${10 + i % 50}Z"`,
      ];
      return `{"i":${values[i % 3]},"f":${values[i % 2]},"t":${values[i % 6]},"j":${
        values[i % 5]
      }}`;
    }),
    1000,
  );
  await assertSameFiles(lines, {
    ...TIMED,
    schema: { i: "int64", f: "float64", t: "timestamp", j: "json", at: "string", z: ["bool"] },
  });
});

test("kernel-held: strings that are too long to be bounds", async () => {
  const long = (
    i: number,
  ) => ["\u{1F600}".repeat(i), "\u{10FFFF}".repeat(i), "é".repeat(i), `${"a".repeat(i)}\u{10FFFF}`];
  for (const size of [15, 16, 17, 31, 32, 33, 34, 70]) {
    for (const text of long(size)) {
      const [a, b] = [text, `${text}${text}`].map((own) => JSON.stringify(own));
      await assertSameFiles(timed([`{"s":${a},"t":${b},"u":{"v":${a}}}`, `{"t":${a}}`]), {
        ...TIMED,
        window: tumbling("1h"),
      });
    }
  }
});

test("kernel-held: both zeros, and the greatest and least numbers", async () => {
  const numbers = [
    ["-0.0", "0.0"],
    ["0.0", "1.5"],
    ["-1.5", "-0.0"],
    ["9223372036854775807", "-9223372036854775808"],
    ["1.7976931348623157e308", "-5e-324"],
    ["true", "false"],
    ["true", "true"],
    ["null", "-1"],
  ];
  for (const own of numbers) {
    const lines = timed(own.map((number) => `{"a":${number},"s":{"b":${number}},"l":[${number}]}`));
    await assertSameFiles(lines, { ...TIMED, window: tumbling("1h") });
  }
});

test("kernel-held: more columns than statistics are of", async () => {
  const lines = timed(
    Array.from(
      { length: 20 },
      (_, i) =>
        `{${
          Array.from(
            { length: 45 },
            (_, n) =>
              `"c${n}":${n % 5 === 0 ? `{"d":{"e":${i}},"f":["${n}"]}` : `"${i % (n + 1)}"`}`,
          )
        }}`,
    ),
  );
  await assertSameFiles(lines, { ...TIMED, window: tumbling("1h") });
});

test("kernel-held: windows that are open side by side, and files of few rows", async () => {
  const random = randomFrom(31);
  const lines = Array.from(
    { length: 1500 },
    (_, i) =>
      `{"at":${Math.floor(random() * 600_000) + i * 1000},"key":"k${
        i % 4
      }","id":"${random()}","n":${i}}`,
  );
  const options = { ...TIMED, partitionBy: ["key"], lateness: "2m", batchBytes: 4096 } as const;
  await assertSameFiles(lines, options);
  await assertSameFiles(lines, { ...options, maxRows: 5 });
});

test("kernel-held: empty lists, whose items others in their batch have", async () => {
  const lines = ['{"at":0,"a":[],"b":[]}', '{"at":3600000,"a":[1],"b":[{"c":["x"]}]}'];
  const found = await assertSameFiles(lines, TIMED);
  assert.equal(found.size, 2);
  const padded = lines.map((line) => `${line}${" ".repeat(2000)}`);
  assert.deepEqual(await filesOfRun(padded.join("\n"), TIMED), found, "each in a batch of its own");
});
