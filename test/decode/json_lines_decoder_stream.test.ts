import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ColumnBatch } from "../../src/columns/column_batch.ts";
import type { DecodeOptions } from "../../src/decode/decode_options.ts";
import {
  type DecodeStart,
  JsonLinesDecoderStream,
} from "../../src/decode/json_lines_decoder_stream.ts";
import { chunksOf, decodeAll, eventsOf, utf8 } from "./decode_helpers.ts";

async function batchesOf(
  chunks: readonly Uint8Array[],
  options: DecodeOptions = {},
  start?: DecodeStart,
): Promise<ColumnBatch[]> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const batches: ColumnBatch[] = [];
  for await (const batch of source.pipeThrough(new JsonLinesDecoderStream(options, start))) {
    batches.push(batch);
  }
  return batches;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A source that is fed by hand. */
function liveSource() {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let cancel!: (reason: unknown) => void;
  const cancelled = new Promise<unknown>((resolve) => cancel = resolve);
  const stream = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    cancel,
  });
  return { stream, cancelled, send: (text: string) => controller.enqueue(utf8(text)) };
}

test("decoder stream: batches do not depend on the chunks", async () => {
  const text = Array.from(
    { length: 300 },
    (_, i) => `{"i":${i},"ä":"日本"}${"x".repeat(i % 7 ? 0 : 1)}\n`,
  );
  const bytes = utf8(text.join(""));
  const essence = (batches: readonly ColumnBatch[]) =>
    batches.map((batch) => [
      batch.start,
      batch.end,
      batch.firstLine,
      batch.nextLine,
      batch.isQuiet,
      eventsOf(batch),
      batch.deadLetters,
    ]);
  const expected = essence(decodeAll(bytes, { batchBytes: 1024 }));
  assert.ok(expected.length > 5);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 5 }),
      async (sizes) => {
        const batches = await batchesOf(chunksOf(bytes, sizes), { batchBytes: 1024 });
        assert.deepEqual(essence(batches), expected);
      },
    ),
    { numRuns: 20 },
  );
});

test("decoder stream: what is released is written over, and what is not stays", async () => {
  const lines = Array.from({ length: 400 }, (_, i) => `{"id":${i},"text":"${"x".repeat(i % 50)}"}`);
  const bytes = utf8(`${lines.join("\n")}\n`);
  for (const isReleased of [() => true, () => false, (batch: number) => batch % 3 !== 0]) {
    const source = new Blob([bytes]).stream();
    const kept: ColumnBatch[] = [];
    let rows = 0;
    let batches = 0;
    for await (
      const batch of source.pipeThrough(new JsonLinesDecoderStream({ batchBytes: 1024 }))
    ) {
      for (let row = 0; row < batch.rows; row++) {
        assert.equal(batch.line(row).raw, lines[rows + row]);
        assert.equal(batch.columns.get("id")!.ints[row], BigInt(rows + row));
      }
      rows += batch.rows;
      if (!isReleased(batches++)) kept.push(batch);
      else {
        batch.release!();
        batch.release!(); // which changes nothing
        assert.throws(() => batch.line(0), /released/);
      }
    }
    assert.equal(rows, lines.length);
    assert.ok(batches > 10, `${batches} batches`);
    for (const batch of kept) {
      const first = Number(batch.columns.get("id")!.ints[0]);
      for (let row = 0; row < batch.rows; row++) {
        assert.equal(batch.line(row).raw, lines[first + row]);
      }
    }
  }
});

test("decoder stream: a resumed one has the places and lines of the whole source", async () => {
  const lines = Array.from({ length: 100 }, (_, i) => i % 3 === 0 ? "x\n" : `{"i":${i}}\n`);
  const bytes = utf8(lines.join(""));
  const whole = (await batchesOf([bytes])).flatMap(({ deadLetters }) => deadLetters);
  const offset = utf8(lines.slice(0, 50).join("")).length;
  const readThrough = utf8(lines.slice(0, 70).join("")).length;
  const resumed = await batchesOf([bytes.subarray(offset)], {}, {
    offset,
    line: 51,
    ends: [readThrough],
  });
  assert.deepEqual(
    resumed.map(({ start, end, firstLine, nextLine }) => [start, end, firstLine, nextLine]),
    [
      [offset, readThrough, 51, 71],
      [readThrough, bytes.length, 71, 101],
    ],
  );
  assert.deepEqual(
    resumed.flatMap(({ deadLetters }) => deadLetters),
    whole.filter(({ line }) => line > 50),
  );
});

test("decoder stream: a source that fails fails it with the same error", async () => {
  const failure = new Error("the network is gone");
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(utf8('{"a":1}\n')),
    pull: (controller) => controller.error(failure),
  });
  const reader = source.pipeThrough(new JsonLinesDecoderStream()).getReader();
  await assert.rejects(reader.read(), (thrown) => thrown === failure);
});

test("decoder stream: cancelling it cancels the source with the same reason", async () => {
  for (const options of [{}, { idle: "1h" }]) {
    const { stream, cancelled, send } = liveSource();
    const reader = stream.pipeThrough(new JsonLinesDecoderStream(options)).getReader();
    send('{"a":1}\n');
    const reading = reader.read();
    const reason = new Error("enough");
    await reader.cancel(reason);
    assert.equal(await cancelled, reason);
    assert.deepEqual(await reading, { done: true, value: undefined });
  }
});

test("decoder stream: nothing is pulled before it is read", async () => {
  let pulled = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(utf8(`{"a":"${"x".repeat(2000)}"}\n`));
    },
  }, { highWaterMark: 0 });
  const reader = source.pipeThrough(new JsonLinesDecoderStream({ batchBytes: 1024 })).getReader();
  await pause(1);
  assert.ok(pulled <= 1, `${pulled} pulled`); // what the writable side takes in on its own
  for (let i = 1; i <= 5; i++) await reader.read();
  await pause(1);
  assert.ok(pulled <= 7, `${pulled} pulled`);
  await reader.cancel();
});

test("decoder stream: a live source that goes quiet is cut, once", async () => {
  const { stream, send } = liveSource();
  const reader = stream.pipeThrough(new JsonLinesDecoderStream({ idle: 20 })).getReader();
  const first = await reader.read(); // nothing came at all
  assert.deepEqual([first.value!.isQuiet, first.value!.rows], [true, 0]);

  send('{"a":1}\n{"a":2}\n{"a"');
  const second = await reader.read();
  assert.deepEqual([second.value!.isQuiet, eventsOf(second.value!)], [true, [
    '{"a":1}',
    '{"a":2}',
  ]]);
  let isPending = true;
  const third = reader.read().finally(() => isPending = false);
  await pause(80);
  assert.equal(isPending, true);

  send(":3}\n");
  const { value } = await third;
  assert.deepEqual([value!.isQuiet, eventsOf(value!)], [true, ['{"a":3}']]);
  assert.deepEqual([value!.start, value!.firstLine, value!.nextLine], [16, 3, 4]);
  await reader.cancel();
});

test("decoder stream: a live source that is never quiet is cut after a second", async () => {
  const { stream, send } = liveSource();
  const reader = stream.pipeThrough(new JsonLinesDecoderStream({ idle: "1h" })).getReader();
  let sent = 0;
  const timer = setInterval(() => send(`{"a":${sent++}}\n`), 5);
  try {
    const { value } = await reader.read();
    assert.equal(value!.isQuiet, false);
    assert.ok(value!.rows > 0 && value!.rows <= sent);
    assert.equal((await reader.read()).value!.firstLine, value!.rows + 1);
  } finally {
    clearInterval(timer);
  }
  await reader.cancel();
});

test("decoder stream: options that cannot be are refused", () => {
  const cases: readonly [options: unknown, message: string][] = [
    [
      { batchBytes: 1023 },
      'Cannot use option "batchBytes": it must be a whole number of at least 1024: current value is 1023',
    ],
    [
      { batchBytes: "1MiB" },
      'Cannot use option "batchBytes": it must be a whole number of at least 1024: current value is 1MiB',
    ],
    [
      { maxEventBytes: 0 },
      'Cannot use option "maxEventBytes": it must be a whole number of at least 1: current value is 0',
    ],
    [
      { idle: 0 },
      'Cannot use option "idle": it must be a whole number of at least 1: current value is 0',
    ],
    [
      { idle: "soon" },
      'Cannot read option "idle": it must be a whole number of milliseconds or a duration such as "250ms", "30s", "15m", "1h30m" or "1d": current value is "soon"',
    ],
    [
      { idle: NaN },
      'Cannot read option "idle": it must be a whole number of milliseconds or a duration such as "250ms", "30s", "15m", "1h30m" or "1d": current value is NaN',
    ],
    [{ time: "" }, 'Cannot use option "time": it must name a field: current value is ""'],
    [
      { time: { field: 5 } },
      'Cannot use option "time": it must name a field: current value is {"field":5}',
    ],
    [
      { time: { field: "t", unit: "h" } },
      'Cannot use option "time.unit": it must be one of s, ms, us, ns: current value is "h"',
    ],
  ];
  for (const [options, message] of cases) {
    assert.throws(() => new JsonLinesDecoderStream(options as DecodeOptions), { message });
  }
});
