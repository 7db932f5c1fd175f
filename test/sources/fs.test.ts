import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { SourceReader } from "../../src/decode/source_reader.ts";
import { streamToParquet } from "../../src/pipeline.ts";
import { FsSource } from "../../src/sources/fs.ts";
import { MemoryStore } from "../../src/stores/memory.ts";

/** A test with a directory of its own. */
function testIn(name: string, run: (directory: string) => Promise<void>): void {
  test(name, async () => {
    const directory = mkdtempSync(join(tmpdir(), "sluice-source-"));
    try {
      await run(directory);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}

/** More than a run reads at once, and no two places alike. */
function manyLines(): string {
  let text = "";
  for (let i = 0; text.length < 2_500_000; i++) text += `{"n":${i},"page":"/${i % 7}"}\n`;
  return text;
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of new SourceReader(stream).chunks()) {
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

for (const [kind, pack] of [["plain", (text: string) => text], ["gzip", gzipSync]] as const) {
  testIn(
    `a ${kind} file is read from any place, also by those who bring no buffer`,
    async (dir) => {
      const text = manyLines();
      const path = join(dir, "events");
      writeFileSync(path, pack(text));
      const source = new FsSource(path);
      for (const offset of [0, 1, 1_048_576, 2_000_003, text.length, text.length + 1]) {
        assert.ok(await readAll(await source.open(offset)) === text.slice(offset), `${offset}`);
        assert.equal(await new Response(await source.open(offset)).text(), text.slice(offset));
      }
    },
  );

  testIn(`a ${kind} file is written once, however often it is read`, async (dir) => {
    const path = join(dir, "events");
    writeFileSync(path, pack('{"n":1}\n{"n":2}\n'));
    const store = new MemoryStore();
    const run = () => streamToParquet(new FsSource(path), { store, time: "n" });
    assert.deepEqual((await run()).source, "new");
    const again = await run();
    assert.deepEqual([again.source, again.accepted], ["unchanged", 0]);
    const more = '{"n":3}\n';
    if (kind === "plain") appendFileSync(path, more);
    else writeFileSync(path, gzipSync(`{"n":1}\n{"n":2}\n${more}`));
    const third = await run();
    assert.deepEqual([third.source, third.accepted], ["resumed", 1]);
  });

  testIn(`of a ${kind} file it is told how far it was read`, async (dir) => {
    const path = join(dir, "events");
    writeFileSync(path, pack(manyLines()));
    const size = readFileSync(path).length;
    const source = new FsSource(path);
    assert.deepEqual(source.extent, { position: 0, size: undefined });
    const stream = await source.open(0);
    assert.deepEqual(source.extent, { position: 0, size });
    await readAll(stream);
    assert.deepEqual(source.extent, { position: size, size });
  });
}

testIn("a source is named by its absolute path, unless it is given a name", async (dir) => {
  const path = join(dir, "events");
  for (const given of [path, relative(process.cwd(), path), pathToFileURL(path)]) {
    assert.equal(new FsSource(given).id, path);
  }
  assert.equal(new FsSource(path, { id: "clicks" }).id, "clicks");
  assert.throws(() => new FsSource(new URL("https://example.org/events")), TypeError);
  await Promise.resolve();
});

testIn("what cannot be read is said, with the reason", async (dir) => {
  await assert.rejects(new FsSource(join(dir, "none")).open(0), {
    message: `Cannot read ${join(dir, "none")}: there is no such file or directory`,
  });
  const read = async () => await readAll(await new FsSource(dir).open(0));
  await assert.rejects(read(), { message: `Cannot read ${dir}: it is a directory` });
});

testIn("a file that is removed while it is open is read to its end", async (dir) => {
  const path = join(dir, "events");
  writeFileSync(path, "{}\n");
  const stream = await new FsSource(path).open(0);
  rmSync(path);
  assert.equal(await readAll(stream), "{}\n");
});

testIn("gzip that is damaged is an error that names the file", async (dir) => {
  const path = join(dir, "events.gz");
  writeFileSync(path, gzipSync(manyLines()).subarray(0, 10_000));
  const read = async () => await readAll(await new FsSource(path).open(0));
  await assert.rejects(read(), ({ message }: Error) => message.startsWith(`Cannot read ${path}: `));
});

test("a stream of bytes is read into two buffers in turn", async () => {
  const buffers = new Set<number>();
  let pulls = 0;
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const view = controller.byobRequest!.view as Uint8Array;
      buffers.add(view[view.length - 1]!); // what was left there tells the buffers apart
      view.fill(++pulls);
      if (pulls === 6) controller.close();
      controller.byobRequest!.respond(pulls === 6 ? 0 : view.length - 1);
    },
  }) as ReadableStream<Uint8Array>;
  const firsts: number[] = [];
  for await (const chunk of new SourceReader(stream).chunks()) firsts.push(chunk[0]!);
  assert.deepEqual(firsts, [1, 2, 3, 4, 5]);
  assert.deepEqual([...buffers], [0, 1, 2, 3, 4].slice(0, buffers.size));
  assert.equal(buffers.size, 5); // two new ones, each of which comes again
});
