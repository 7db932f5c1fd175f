import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type EventChunk,
  type EventSource,
  toByteStream,
  toJson,
} from "../../src/decode/byte_stream.ts";
import { joined, utf8 } from "./decode_helpers.ts";

async function bytesOf(source: EventSource): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of toByteStream(source)) pieces.push(piece);
  return joined(...pieces);
}

async function textOf(source: EventSource): Promise<string> {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await bytesOf(source));
}

function streamOf(pieces: readonly EventChunk[]): ReadableStream<EventChunk> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}

async function* asyncOf(pieces: readonly EventChunk[]): AsyncGenerator<EventChunk, void> {
  yield* pieces;
}

test("byte stream: every kind of source gives the same bytes", async () => {
  const text = '{"a":"ä"}\n{"a":"😀"}\n';
  const events = [{ a: "ä" }, { a: "😀" }];
  const sources: readonly EventSource[] = [
    text,
    utf8(text),
    [text],
    [utf8(text)],
    events,
    new Set(events),
    streamOf([text]),
    streamOf([utf8(text)]),
    streamOf(events),
    new Blob([text]).stream(),
    asyncOf(events),
    asyncOf(['{"a":"ä"}\n', events[1]!]),
    [utf8(text).buffer, new Uint8Array(0), ""],
    [new DataView(utf8(`xx${text}xx`).buffer, 2, utf8(text).length)],
  ];
  for (const source of sources) assert.equal(await textOf(source), text);
});

test("byte stream: sources without anything in them", async () => {
  for (const source of ["", [], new Uint8Array(0), streamOf([]), asyncOf([]), ["", ""]]) {
    assert.equal(await textOf(source), "");
  }
});

test("byte stream: text may be cut anywhere, even within a character", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "binary" }),
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }),
      async (text, sizes) => {
        const pieces: string[] = [];
        for (let at = 0, i = 0; at < text.length; i++) {
          const size = sizes[i % sizes.length]!;
          pieces.push(text.slice(at, at + size));
          at += size;
        }
        assert.deepEqual(await bytesOf(pieces), joined(text));
      },
    ),
  );
});

test("byte stream: half a character that nothing follows is U+FFFD", async () => {
  assert.equal(await textOf(["a\ud83d"]), "a\ufffd");
  assert.equal(await textOf(["a\ud83d", ""]), "a\ufffd");
  assert.equal(await textOf(["a\ud83d", "b"]), "a\ufffdb");
  assert.equal(await textOf(["a\ud83d", utf8("\n")]), "a\ufffd\n");
  assert.equal(await textOf(["a\ud83d", { b: 1 }]), 'a\ufffd{"b":1}\n');
  assert.equal(await textOf(["a\ud83d", "\ud83d", "\ude00"]), "a\ufffd😀");
});

test("byte stream: nothing is pulled before it is read, and then one piece at a time", async () => {
  let pulled = 0;
  const source = {
    *[Symbol.iterator]() {
      while (true) yield `${++pulled}\n`;
    },
  };
  const reader = toByteStream(source).getReader();
  await Promise.resolve();
  assert.equal(pulled, 0);
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(pulled, 1);
  await reader.read();
  assert.equal(pulled, 2);
  await reader.cancel();
});

test("byte stream: cancelling reaches the source with the same reason", async () => {
  const reason = new Error("enough");
  let cancelled: unknown;
  const stream = new ReadableStream<string>({ cancel: (given) => void (cancelled = given) });
  await toByteStream(stream).cancel(reason);
  assert.equal(cancelled, reason);

  let returned: unknown;
  const iterable = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false as const, value: "x" }),
      return: (given?: unknown) => {
        returned = given;
        return Promise.resolve({ done: true as const, value: undefined });
      },
    }),
  };
  const reader = toByteStream(iterable).getReader();
  await reader.read();
  await reader.cancel(reason);
  assert.equal(returned, reason);
});

test("byte stream: an error of the source comes out as it is", async () => {
  const failure = new Error("the source broke");
  const sources: readonly EventSource[] = [
    new ReadableStream({ pull: (controller) => controller.error(failure) }),
    {
      async *[Symbol.asyncIterator]() {
        yield "x";
        throw failure;
      },
    },
    {
      *[Symbol.iterator]() {
        yield "x";
        throw failure;
      },
    },
  ];
  for (const source of sources) {
    await assert.rejects(bytesOf(source), (thrown) => thrown === failure);
  }
});

test("byte stream: what is no source is refused", () => {
  for (const source of [null, undefined, 5, true, {}, () => {}]) {
    assert.throws(
      () => toByteStream(source as unknown as EventSource),
      (error: unknown) =>
        error instanceof TypeError &&
        error.message.startsWith(
          "Cannot read events: the source must be a stream or iterable: current value is ",
        ),
    );
  }
});

test("byte stream: at a piece that is none it fails, and the source is cancelled", async () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  for (const piece of [null, undefined, 5, true, Symbol("x"), 5n, () => {}, cycle]) {
    let cancelled: unknown;
    const source = new ReadableStream<EventChunk>({
      start: (controller) => controller.enqueue(piece as unknown as EventChunk),
      cancel: (reason) => void (cancelled = reason),
    });
    let thrown: unknown;
    await bytesOf(source).catch((error) => thrown = error);
    assert.ok(thrown instanceof TypeError, String(piece));
    assert.equal(cancelled, thrown);
    if (piece === 5) {
      assert.equal(
        thrown.message,
        "Cannot read a piece of the source: it must be bytes, text or an object: " +
          "current value is 5",
      );
    }
  }
});

test("JSON of an event: a bigint is an integer, all else as JSON.stringify has it", () => {
  const date = new Date(0);
  assert.equal(
    toJson({
      id: 9007199254740993n,
      nested: { list: [1n, undefined, () => {}, { date, none: undefined }], nan: NaN },
      text: "ä\u2028\ud800",
      gone: undefined,
      symbol: Symbol("x"),
    }),
    '{"id":9007199254740993,"nested":{"list":[1,null,null,{"date":"1970-01-01T00:00:00.000Z"}],' +
      '"nan":null},"text":"ä\u2028\\ud800"}',
  );
  fc.assert(
    fc.property(fc.object({ withDate: true, withSparseArray: true }), (event) => {
      const expected = JSON.stringify(event);
      assert.equal(toJson(event), expected);
      const withBigint = JSON.stringify({ big: "BIG", event }).replace('"BIG"', "-5");
      assert.equal(toJson({ big: -5n, event }), withBigint);
    }),
  );
});
