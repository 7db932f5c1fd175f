import assert from "node:assert/strict";
import { test } from "node:test";
import { JsonLinesDecoderStream } from "../../src/decode/json_lines_decoder_stream.ts";
import { RESCUED_DATA } from "../../src/columns/table_schema.ts";
import { partKey } from "../../src/partition/part_key.ts";
import { WindowedPartitionStream } from "../../src/window/windowed_partition_stream.ts";
import { INITIAL_STATE, type PartRows } from "../../src/window/windowed_partitions.ts";
import { utf8 } from "../decode/decode_helpers.ts";
import {
  Batches,
  CommittedRows,
  type Event,
  MINUTE,
  openWindows,
  shown,
} from "./window_helpers.ts";

test("a window closes when the watermark passes its end, with one commit", async () => {
  const windows = openWindows({ partitionBy: ["page"] });
  const batches = new Batches();
  assert.deepEqual(
    await shown(
      windows.push(batches.next({ t: 1, id: 1, page: "b" }, { t: 9.999, id: 2, page: "a" })),
    ),
    [],
  );
  assert.deepEqual(await shown(windows.push(batches.next({ t: 2, id: 3, page: "b" }))), []);
  assert.deepEqual(await shown(windows.push(batches.next({ t: 10, id: 4, page: "a" }))), [
    "0-10 page=b[1,3] #0.0",
    "0-10 page=a[2] #0.0",
    "commit 0: 1 closed, 0 late, []",
  ]);
  assert.deepEqual(await shown(windows.push(batches.next({ t: 45, id: 5, page: "a" }))), [
    "10-20 page=a[4] #1.0",
    "commit 1: 1 closed, 0 late, []",
  ]);
  assert.deepEqual(await shown(windows.closeAll()), [
    "40-50 page=a[5] #2.0",
    "commit 2: 1 closed, 0 late, []",
  ]);
  assert.deepEqual(await shown(windows.closeAll()), []);
});

test("windows that close at once close in order, whatever order they were opened in", async () => {
  const windows = openWindows();
  const batches = new Batches();
  const first = batches.next({ t: 25, id: 1 }, { t: 5, id: 2 }, { t: 15, id: 3 });
  assert.deepEqual(await shown(windows.push(first)), [
    "0-10 [2] #0.0",
    "10-20 [3] #0.0",
    "commit 0: 2 closed, 0 late, []",
  ]);
  assert.deepEqual(await shown(windows.closeAll()), [
    "20-30 [1] #1.0",
    "commit 1: 1 closed, 0 late, []",
  ]);
});

test("each window of a batch has its partitions in the order it got them", async () => {
  const windows = openWindows({ partitionBy: ["page"] });
  const batches = new Batches();
  windows.admit(batches.next(
    { t: 1, id: 1, page: "a" },
    { t: 11, id: 2, page: "b" },
    { t: 2, id: 3, page: "c" },
    { t: 12, id: 4, page: "c" },
    { t: 3, id: 5, page: "b" },
    { t: 13, id: 6, page: "a" },
    { t: 4, id: 7, page: "c" },
  ));
  assert.deepEqual(await shown(windows.closeAll()), [
    "0-10 page=a[1] #0.0",
    "0-10 page=c[3,7] #0.0",
    "0-10 page=b[5] #0.0",
    "10-20 page=b[2] #0.0",
    "10-20 page=c[4] #0.0",
    "10-20 page=a[6] #0.0",
    "commit 0: 2 closed, 0 late, []",
  ]);
});

test("what becomes of each row of a batch is told by window", () => {
  const windows = openWindows({ partitionBy: ["page"] });
  const batches = new Batches();
  [...windows.push(batches.next({ t: 15, id: 1 }))];
  const { windows: admitted } = windows.admit(batches.next(
    { t: 25, id: 2 },
    { t: 1, id: 3 },
    { t: 16, id: 4, page: "x".repeat(300) },
    { t: 17, id: 5 },
    { t: 26, id: 6 },
  ));
  assert.deepEqual(
    admitted.map(({ window, isLate, rows }) => [window.start / MINUTE, isLate, [...rows]]),
    [[20, false, [0, 4]], [0, true, [1]], [10, false, [3]]],
  );
});

test("restored events are in the window that held them, whatever their times", async () => {
  const windows = openWindows({ partitionBy: ["page"] });
  const batches = new Batches();
  const held = { start: 10 * MINUTE, end: 20 * MINUTE };
  const tooLong = { t: 12, id: 2, page: "x".repeat(300) };
  windows.restore(batches.next({ t: 11, id: 1 }, tooLong, { t: 55, id: 3 }), {
    window: held,
    isLate: false,
  });
  windows.restore(batches.next({ t: 31, id: 4 }, { t: 41, id: 5 }), {
    window: undefined,
    isLate: false,
  });
  windows.restore(batches.next({ t: 3, id: 6 }), { window: undefined, isLate: true });
  assert.equal(windows.counts.watermark, 55 * MINUTE);
  const page = "page=__HIVE_DEFAULT_PARTITION__";
  assert.deepEqual(await shown(windows.closeAll()), [
    `0-10 ${page}[6] #0.0`,
    `10-20 ${page}[1,3] #0.0`,
    `30-40 ${page}[4] #0.0`,
    `40-50 ${page}[5] #0.0`,
    "commit 0: 3 closed, 1 late, [partition-value-too-long@2]",
  ]);
});

test("nothing in a batch is late because of the batch itself", () => {
  const windows = openWindows({ late: "drop" });
  const batches = new Batches();
  windows.admit(batches.next({ t: 100, id: 1 }, { t: 1, id: 2 }, { t: 50, id: 3 }));
  assert.equal(windows.counts.dropped, 0);
  assert.equal(windows.counts.openWindows, 3);
});

test("lateness keeps windows open for so long", async () => {
  const windows = openWindows({ lateness: "5m" });
  const batches = new Batches();
  assert.deepEqual(
    await shown(windows.push(batches.next({ t: 1, id: 1 }, { t: 14.999, id: 2 }))),
    [],
  );
  assert.equal(windows.counts.watermark, 9.999 * MINUTE);
  assert.deepEqual(await shown(windows.push(batches.next({ t: 2, id: 3 }))), []);
  assert.deepEqual(await shown(windows.push(batches.next({ t: 15, id: 4 }))), [
    "0-10 [1,3] #0.0",
    "commit 0: 1 closed, 0 late, []",
  ]);
});

test("late events are written with the next close, by their own window and partition", async () => {
  const windows = openWindows({ partitionBy: ["page"] });
  const batches = new Batches();
  windows.admit(batches.next({ t: 1, id: 1, page: "a" }, { t: 31, id: 2, page: "a" }));
  assert.deepEqual(await shown(windows.letOut()), [
    "0-10 page=a[1] #0.0",
    "commit 0: 1 closed, 0 late, []",
  ]);
  const late = batches.next({ t: 12, id: 3, page: "b" }, { t: 2, id: 4, page: "a" });
  assert.deepEqual(await shown(windows.push(late)), []);
  assert.deepEqual(await shown(windows.push(batches.next({ t: 3, id: 5, page: "a" }))), []);
  assert.deepEqual(await shown(windows.push(batches.next({ t: 40, id: 6, page: "a" }))), [
    "0-10 page=a[4,5] #1.0",
    "10-20 page=b[3] #1.0",
    "30-40 page=a[2] #1.0",
    "commit 1: 1 closed, 3 late, []",
  ]);
  windows.admit(batches.next({ t: 4, id: 7, page: "a" }));
  assert.deepEqual(await shown(windows.closeAll()), [
    "0-10 page=a[7] #2.0",
    "40-50 page=a[6] #2.0",
    "commit 2: 1 closed, 1 late, []",
  ]);
  assert.deepEqual(windows.counts, {
    accepted: 7,
    dropped: 0,
    openWindows: 0,
    watermark: 40 * MINUTE,
  });
});

test("late events are dead letters or dropped, if that is what is wanted", async () => {
  for (const late of ["dead-letter", "drop"] as const) {
    const windows = openWindows({ late });
    const batches = new Batches();
    const items = [
      ...windows.push(batches.next({ t: 1, id: 1 }, { t: 31, id: 2 })),
      ...windows.push(batches.next({ t: 2, id: 3 }, "{", { t: 32, id: 4 })),
      ...windows.closeAll(),
    ];
    assert.deepEqual(await shown(items), [
      "0-10 [1] #0.0",
      "commit 0: 1 closed, 0 late, []",
      "30-40 [2,4] #1.0",
      late === "drop"
        ? "commit 1: 1 closed, 0 late, [malformed-json@4]"
        : "commit 1: 1 closed, 0 late, [malformed-json@4,late@3]",
    ]);
    assert.equal(windows.counts.dropped, late === "drop" ? 1 : 0);
    assert.equal(windows.counts.accepted, 5);
  }
});

test("a dead letter of a refused event is its line", () => {
  const windows = openWindows({ late: "dead-letter", partitionBy: ["page"] });
  const batches = new Batches();
  const long = `{"t":0,"page":"${"ä".repeat(300)}","id":1}`;
  const admission = windows.admit(batches.next(`{"t":1800000,"id":0}`, long));
  assert.deepEqual(admission.deadLetters, [{
    reason: "partition-value-too-long",
    message: "a partition value makes a directory name longer than 255 bytes",
    line: 2,
    offset: 21,
    raw: long,
  }]);
  [...windows.letOut()];
  const { deadLetters } = windows.admit(batches.next(`{"t":1,"id":2}`));
  assert.deepEqual(deadLetters, [{
    reason: "late",
    message: "the window of the event was closed already",
    line: 3,
    offset: 21 + utf8(long).length + 1,
    raw: '{"t":1,"id":2}',
  }]);
});

test("an event too far ahead of the clock is a dead letter, and closes nobody's window", async () => {
  const clock = { now: () => 20 * MINUTE };
  const windows = openWindows({ maxFutureSkew: "10m", clock });
  const batches = new Batches();
  const items = [...windows.push(
    batches.next({ t: 5, id: 1 }, { t: 30.001, id: 2 }, { t: 1e6, id: 3 }, { t: 30, id: 4 }),
  )];
  assert.deepEqual(await shown(items), [
    "0-10 [1] #0.0",
    "commit 0: 1 closed, 0 late, " +
    "[future-time@2,future-time@3]",
  ]);
  assert.equal(windows.counts.watermark, 30 * MINUTE);
  const plain = openWindows({ clock });
  assert.deepEqual(await shown(plain.push(new Batches().next({ t: 1e6, id: 1 }))), []);
  assert.equal(plain.counts.watermark, 1e6 * MINUTE);
});

test("without a time field, windows close by arrival", async () => {
  let now = 5 * MINUTE;
  const batches = new Batches({ time: "", now: () => now });
  const windows = openWindows();
  assert.deepEqual(await shown(windows.push(batches.next('{"id":1}', '{"id":2}'))), []);
  now = 10 * MINUTE;
  assert.deepEqual(await shown(windows.push(batches.next('{"id":3}'))), [
    "0-10 [1,2] #0.0",
    "commit 0: 1 closed, 0 late, []",
  ]);
});

test("a partition of more than maxRows becomes several parts", async () => {
  const windows = openWindows({ partitionBy: ["page"], maxRows: 2 });
  const batches = new Batches();
  windows.admit(batches.next({ t: 1, id: 1, page: "a" }, { t: 1, id: 2, page: "b" }));
  windows.admit(batches.next({ t: 2, id: 3, page: "a" }, { t: 2, id: 4, page: "a" }));
  windows.admit(batches.next({ t: 3, id: 5, page: "b" }, { t: 3, id: 6, page: "a" }));
  windows.admit(batches.next({ t: 3, id: 7, page: "a" }));
  assert.deepEqual(await shown(windows.closeAll()), [
    "0-10 page=a[1,3] #0.0",
    "0-10 page=a[4,6] #0.1",
    "0-10 page=a[7] #0.2",
    "0-10 page=b[2,5] #0.0",
    "commit 0: 1 closed, 0 late, []",
  ]);
});

test("parts have names of their own where directories are the same but for case", () => {
  const windows = openWindows({ partitionBy: ["page"] });
  windows.admit(new Batches().next({ t: 1, id: 1, page: "Home" }, { t: 1, id: 2, page: "home" }));
  const parts = [...windows.closeAll()].filter((item): item is PartRows => item.type === "part");
  const keys = parts.map((part) => partKey({ ...part, path: part.partition.path, writer: "main" }));
  assert.equal(new Set(keys.map((key) => key.toLowerCase())).size, 2, keys.join(" "));
});

test("past the memory limit the largest partitions are let out early, and no row is lost", async () => {
  const windows = openWindows({ partitionBy: ["page"], memoryLimitBytes: 1 << 20 });
  const batches = new Batches();
  const table = new CommittedRows();
  const all: number[] = [];
  let early = 0;
  for (let batch = 0; batch < 60; batch++) {
    const events = Array.from({ length: 300 }, (_, i) => {
      const id = batch * 300 + i;
      all.push(id);
      return {
        t: id / 1000,
        id,
        page: id % 10 === 0 ? `rare${id % 7}` : "home",
        text: `text ${id}`.padEnd(200),
      };
    });
    for (const item of windows.push(batches.next(...events))) {
      if (item.type === "part" && item.isEarly) {
        early++;
        assert.ok(item.window.end > item.window.start);
      }
      await table.take(item);
    }
  }
  assert.ok(early >= 3, `${early} early parts`);
  for (const item of windows.closeAll()) await table.take(item);
  assert.equal(table.pending, 0);
  assert.deepEqual(table.ids.toSorted((a, b) => a - b), all);
});

test("an early part waits for the commit of its window, whatever is committed before", async () => {
  const windows = openWindows({ memoryLimitBytes: 1 << 20 });
  const batches = new Batches();
  const big = (id: number, t: number) => ({ t, id, text: `${id}`.repeat(300_000) });
  const items = [
    ...windows.push(batches.next({ t: 1, id: 1 }, { t: 11, id: 2 })),
    ...windows.push(batches.next(big(3, 12))),
    ...windows.push(batches.next(big(4, 13), big(5, 13), big(6, 13), big(7, 13))),
  ];
  const names = await shown(items);
  assert.deepEqual(names.slice(0, 2), ["0-10 [1] #0.0", "commit 0: 1 closed, 0 late, []"]);
  assert.match(names[2]!, /^10-20 \[.*\] #1\.0 early$/);
  const table = new CommittedRows();
  for (const item of items) await table.take(item);
  assert.deepEqual(table.ids, [1]);
  for (const item of windows.push(batches.next({ t: 20, id: 8 }))) await table.take(item);
  assert.deepEqual(table.ids.toSorted(), [1, 2, 3, 4, 5, 6, 7]);
});

test("late events past the memory limit are committed", async () => {
  const windows = openWindows({ memoryLimitBytes: 1 << 20 });
  const batches = new Batches();
  assert.deepEqual(await shown(windows.push(batches.next({ t: 100, id: 0 }))), []);
  const items = [...windows.push(
    batches.next({ t: 1, id: 1, text: "x".repeat(700_000) }, {
      t: 2,
      id: 2,
      text: "y".repeat(700_000),
    }),
  )];
  assert.deepEqual(await shown(items), ["0-10 [1,2] #0.0", "commit 0: 0 closed, 2 late, []"]);
});

test("dead letters are committed before they take too much memory", () => {
  const windows = openWindows();
  const batches = new Batches();
  const letters: number[] = [];
  for (let i = 0; i < 60; i++) {
    for (const item of windows.push(batches.next("x".repeat(200_000)))) {
      assert.ok(item.type === "commit");
      letters.push(item.deadLetters.length);
    }
  }
  assert.ok(letters.length >= 2, `${letters.length} commits`);
  for (const item of windows.closeAll()) {
    if (item.type === "commit") letters.push(item.deadLetters.length);
  }
  assert.equal(letters.reduce((a, b) => a + b, 0), 60);
});

test("columns keep the types of the window that was first, and get what later ones bring", () => {
  const windows = openWindows();
  const batches = new Batches();
  const fieldsAfter = (event: Event) => {
    for (const item of windows.push(batches.next(event))) {
      if (item.type === "commit") {
        return item.state.schema.map(({ name, type }) => `${name}:${type.kind}`);
      }
    }
    return [];
  };
  fieldsAfter({ t: 0, id: 1, a: 1, none: null });
  assert.deepEqual(fieldsAfter({ t: 10, id: 2, a: 1.5, b: true }), [
    "t:timestamp",
    "id:int64",
    "a:int64",
  ]);
  assert.deepEqual(fieldsAfter({ t: 20, id: 3, none: "x" }), [
    "t:timestamp",
    "id:int64",
    "a:int64",
    "b:bool",
    `${RESCUED_DATA}:json`,
  ]);
});

test("a declared schema is what a table begins with", async () => {
  const source = new Blob(['{"n":1,"t":"2022-06-01"}\n']).stream();
  const stream = source.pipeThrough(new JsonLinesDecoderStream()).pipeThrough(
    new WindowedPartitionStream({ schema: { t: "timestamp", gone: "string", n: "float64" } }),
  );
  for await (const item of stream) {
    const fields = item.type === "part" ? (await item.toTable()).fields : item.state.schema;
    assert.deepEqual(fields.slice(0, 3).map(({ name, type }) => `${name}:${type.kind}`), [
      "t:timestamp",
      "gone:string",
      "n:float64",
    ]);
  }
});

test("a declared column that a table does not have yet is added as declared", async () => {
  const source = new Blob(['{"n":1,"old":2}\n']).stream();
  const state = { ...INITIAL_STATE, schema: [{ name: "old", type: { kind: "int64" as const } }] };
  const stream = source.pipeThrough(new JsonLinesDecoderStream()).pipeThrough(
    new WindowedPartitionStream({ schema: { n: "float64", old: "int64" } }, state),
  );
  for await (const item of stream) {
    const fields = item.type === "part" ? (await item.toTable()).fields : item.state.schema;
    assert.deepEqual(fields.map(({ name, type }) => `${name}:${type.kind}`), [
      "old:int64",
      "n:float64",
    ]);
  }
  assert.throws(() => new WindowedPartitionStream({ schema: { old: "string" } }, state), {
    name: "TypeError",
    message:
      'Cannot use option "schema.old": the table has the column as "int64": current value is "string"',
  });
});

test("events without any column of a file make a table with one column all the same", async () => {
  for (const lines of [["{}", "{}"], ['{"a":null}', "{}"], ['{"page":"x"}', '{"page":"x"}']]) {
    const windows = openWindows({ partitionBy: ["page"] });
    windows.admit(new Batches({ time: "" }).next(...lines));
    const [part, commit] = [...windows.closeAll()];
    assert.ok(part?.type === "part" && commit?.type === "commit");
    const table = await part.toTable();
    assert.equal(table.rows, 2);
    assert.equal(table.rescued, 0);
    assert.deepEqual(table.fields.map(({ name }) => name), [RESCUED_DATA]);
    assert.deepEqual(commit.state.schema, table.fields);
  }
});

test("a stream closes its windows when the source goes quiet, and goes on after", async () => {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const source = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  const items = source
    .pipeThrough(new JsonLinesDecoderStream({ time: "t", idle: 30 }))
    .pipeThrough(new WindowedPartitionStream({ window: { lengthMs: 1000, offsetMs: 0 } }))
    .getReader();
  const send = (text: string) => controller.enqueue(utf8(text));
  const next = async (count: number) => {
    const found: string[] = [];
    while (found.length < count) {
      const item = (await items.read()).value!;
      found.push(
        item.type === "part"
          ? `${item.rows} of ${item.window.start}`
          : `commit of ${item.windows} and ${item.late} late`,
      );
    }
    return found;
  };
  send('{"t":5}\n{"t":999}\n');
  assert.deepEqual(await next(2), ["2 of 0", "commit of 1 and 0 late"]);
  send('{"t":7}\n{"t":2001}\n');
  assert.deepEqual(await next(3), ["1 of 0", "1 of 2000", "commit of 1 and 1 late"]);
  await items.cancel();
});
