// Files and URLs that are read more than once: after a failure, when they grew, when they changed.
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  hasCommit,
  isWholeParquet,
  makeEvents,
  numbersIn,
  parquetFiles,
  run,
  runHere,
  scratch,
  start,
  type TestSummary,
  toLines,
  until,
  upTo,
  writeHere,
} from "./cli_process.ts";
import { answerRange, serve } from "./http_server.ts";

/** A directory for one test. */
let made = 0;
function newDirectory(): string {
  const directory = join(scratch, `case-${made++}`);
  mkdirSync(directory);
  return directory;
}

function brief({ source, accepted, written, late }: TestSummary): object {
  return { source, accepted, written, late };
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a file that was written is not written again, what is new in it is", async () => {
  const directory = newDirectory();
  const [file, out] = [join(directory, "events.ndjson"), join(directory, "out")];
  writeFileSync(file, toLines(makeEvents(30)));
  const args = [file, "--out", out, "--time", "ts"];
  assert.deepEqual(brief(await writeHere(args)), {
    source: "new",
    accepted: 30,
    written: 30,
    late: 0,
  });
  const unchanged = { source: "unchanged", accepted: 0, written: 0, late: 0 };
  assert.deepEqual(brief(await writeHere(args)), unchanged);
  const files = parquetFiles(out);

  const { code, stdout } = await run(["write", ...args]);
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`^nothing new: earlier runs have written all .* ${file}\n`));
  assert.deepEqual(parquetFiles(out), files);

  appendFileSync(file, toLines(makeEvents(30, { from: 30 })));
  const grown = await runHere(["write", ...args]);
  assert.match(grown.stdout, /^resumed: .* from where the last run left off\naccepted +30 /);
  assert.deepEqual(await numbersIn(out), upTo(60));
});

test("another content under the same name is read as a new source", async () => {
  const directory = newDirectory();
  const [file, out] = [join(directory, "events.ndjson"), join(directory, "out")];
  const args = [file, "--out", out, "--time", "ts"];
  writeFileSync(file, toLines(makeEvents(30)));
  await writeHere(args);
  writeFileSync(file, toLines(makeEvents(50, { from: 30 })));
  const { code, stdout } = await runHere(["write", ...args]);
  assert.equal(code, 0);
  assert.match(stdout, /^replaced: .* is not what it was, so it is read as a new source\n/);
  assert.deepEqual(await numbersIn(out), upTo(80));
  assert.equal((await writeHere(args)).source, "unchanged");
});

test("--source-id names a source wherever it lies; without it, its place does", async () => {
  const directory = newDirectory();
  const files = ["a", "b"].map((name) => join(directory, name));
  for (const file of files) writeFileSync(file, toLines(makeEvents(10)));
  const args = ["--out", join(directory, "out"), "--time", "ts"];
  assert.equal((await writeHere([files[0]!, ...args, "--source-id", "events"])).source, "new");
  assert.equal(
    (await writeHere([files[1]!, ...args, "--source-id", "events"])).source,
    "unchanged",
  );
  assert.equal((await writeHere([files[1]!, ...args])).source, "new");
});

test("gzip resumes as well, whatever its name", async () => {
  const directory = newDirectory();
  const [file, out] = [join(directory, "events.bin"), join(directory, "out")];
  const args = [file, "--out", out, "--time", "ts"];
  writeFileSync(file, gzipSync(toLines(makeEvents(30))));
  assert.equal((await writeHere(args)).source, "new");
  assert.equal((await writeHere(args)).source, "unchanged");
  appendFileSync(file, gzipSync(toLines(makeEvents(30, { from: 30 }))));
  assert.equal((await writeHere(args)).source, "resumed");
  assert.deepEqual(await numbersIn(out), upTo(60));
});

test("a URL is read from where the last run left off, by Range", async () => {
  const directory = newDirectory();
  const out = join(directory, "out");
  let bytes = bytesOf(toLines(makeEvents(30)));
  const server = await serve((request, response) => answerRange(bytes, request, response));
  try {
    const args = [server.url, "--out", out, "--time", "ts"];
    assert.equal((await writeHere(args)).source, "new");
    const { length } = bytes;
    bytes = bytesOf(toLines(makeEvents(60)));
    const grown = await writeHere(args);
    assert.deepEqual(brief(grown), { source: "resumed", accepted: 30, written: 30, late: 0 });
    assert.equal(grown.bytesRead, bytes.length - length);
    assert(server.ranges.includes(`bytes=${length}-`), server.ranges.join());
    assert(server.ranges.includes(`bytes=${length - 1}-`), "nor read through to see that it is");
    assert.equal((await writeHere(args)).source, "unchanged");
    bytes = bytesOf(toLines(makeEvents(60, { from: 60 })));
    assert.equal((await writeHere(args)).source, "replaced");
    assert.deepEqual(await numbersIn(out), upTo(120));
  } finally {
    server.close();
  }
});

test("servers that know no Range, and compressed answers, are read past what is known", async () => {
  const encodings = {
    "no range": { bytes: bytesOf, headers: {} },
    "a gzip file": { bytes: gzipSync, headers: {} },
    "an encoding nobody asked for": { bytes: gzipSync, headers: { "content-encoding": "gzip" } },
  };
  for (const [name, { bytes, headers }] of Object.entries(encodings)) {
    const out = join(newDirectory(), "out");
    let count = 30;
    const server = await serve((request, response) => {
      const body = bytes(toLines(makeEvents(count)));
      if (name === "no range") delete request.headers.range;
      for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
      answerRange(body, request, response);
    });
    try {
      const args = [server.url, "--out", out, "--time", "ts"];
      assert.equal((await writeHere(args)).source, "new", name);
      assert.equal((await writeHere(args)).source, "unchanged", name);
      count = 60;
      assert.equal((await writeHere(args)).source, "resumed", name);
      assert.deepEqual(await numbersIn(out), upTo(60), name);
    } finally {
      server.close();
    }
  }
});

test("a URL that cannot be read is said to be so, on one line", async () => {
  const server = await serve((_, response) => response.writeHead(404).end("no such page"));
  const missing = await runHere(["write", server.url, "--out", join(scratch, "none")]);
  server.close();
  assert.deepEqual(missing, {
    code: 1,
    stdout: "",
    stderr: `sluice: Cannot read ${server.url}: the server answered 404 Not Found\n`,
  });
  const closed = await runHere(["write", server.url, "--out", join(scratch, "none")]);
  assert.equal(closed.code, 1);
  assert.match(closed.stderr, /^sluice: Cannot read http\S+: fetch failed: .*ECONNREFUSED.*\n$/);
});

/** Three batches and more: what was in the first ones is committed before the end is read. */
const MANY = makeEvents(3500, { padding: 1000 });

test("a URL that fails half-way leaves only whole files, and is gone on with", async () => {
  const out = join(newDirectory(), "out");
  const bytes = bytesOf(toLines(MANY));
  let isBroken = true;
  const server = await serve((request, response) => {
    if (!isBroken) return answerRange(bytes, request, response);
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, bytes.length * 0.8), () => response.destroy());
  });
  try {
    const args = ["write", server.url, "--out", out, "--time", "ts", "--window", "6h"];
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^sluice: Cannot read http\S+: the connection broke after \d+ (?:of \d+ )?bytes.*\n$/,
    );
    const files = parquetFiles(out);
    assert(files.length > 0, "the first windows are there");
    assert(files.every(isWholeParquet));
    const before = await numbersIn(out);
    assert(before.length > 0 && before.length < MANY.length);

    isBroken = false;
    const { stdout: text } = await runHere(args);
    assert.match(text, /^resumed: /);
    assert.deepEqual(await numbersIn(out), upTo(MANY.length));
  } finally {
    server.close();
  }
});

test("a killed run is gone on with as if nothing had been", async () => {
  const directory = newDirectory();
  const [out, expected] = [join(directory, "out"), join(directory, "expected")];
  const bytes = bytesOf(toLines(MANY));
  let isStalled = true;
  const server = await serve((request, response) => {
    if (!isStalled) return answerRange(bytes, request, response);
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, bytes.length * 0.8));
  });
  try {
    const args = ["--time", "ts", "--window", "6h"];
    const { child, ended } = await start(["write", server.url, "--out", out, ...args]);
    await until(() => hasCommit(out));
    child.kill("SIGKILL");
    assert.equal((await ended).code, null);

    isStalled = false;
    assert.equal((await writeHere([server.url, "--out", out, ...args])).source, "resumed");
    assert.deepEqual(await numbersIn(out), upTo(MANY.length));
    await writeHere([server.url, "--out", expected, ...args]);
    const namesIn = (table: string): string[] =>
      parquetFiles(table).map((path) => basename(path).replace(/-\d+\.parquet$/, "")).sort();
    assert.deepEqual(namesIn(out), namesIn(expected));
  } finally {
    server.close();
  }
});
