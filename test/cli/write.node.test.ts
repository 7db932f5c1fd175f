// Every option of `sluice write`, and what it says.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { parquetMetadata } from "hyparquet";
import {
  cliBundle,
  isWholeParquet,
  makeEvents,
  numbersIn,
  parquetFiles,
  run,
  runHere,
  scratch,
  START,
  start,
  summaryOf,
  toLines,
  until,
  upTo,
  writeHere,
} from "./cli_process.ts";

const EVENTS = makeEvents(60);
const events = join(scratch, "events.ndjson");
writeFileSync(events, toLines(EVENTS));

/** A directory that is not there yet. */
let made = 0;
const newOut = (): string => join(scratch, `out-${made++}`);

/** Files of a table, without its directory. */
function filesIn(out: string): string[] {
  return parquetFiles(out).map((path) => relative(out, path)).sort();
}

function metadataOf(out: string): ReturnType<typeof parquetMetadata> {
  const bytes = readFileSync(parquetFiles(out)[0]!);
  return parquetMetadata(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function deadLettersIn(out: string): { reason: string; raw: string }[] {
  return readdirSync(join(out, "_dead_letter")).flatMap((name) =>
    readFileSync(join(out, "_dead_letter", name), "utf8").trimEnd().split("\n")
      .map((line) => JSON.parse(line) as { reason: string; raw: string })
  );
}

test("a file becomes a table, by window and partition, and the summary adds up", async () => {
  const out = newOut();
  const summary = summaryOf(
    await run(
      [
        "write",
        events,
        "--out",
        out,
        "--time",
        "ts",
        "--partition-by",
        "year,month,day,page",
        "--json",
      ],
    ),
  );
  const { elapsedMs, bytes, ...counts } = summary;
  assert.deepEqual(counts, {
    accepted: 60,
    written: 60,
    late: 0,
    rescued: 0,
    deadLettered: 0,
    dropped: 0,
    windows: 4,
    partitions: 2,
    files: 8,
    bytesRead: readFileSync(events).length,
    watermark: START + 59 * 60_000,
    source: "new",
    stoppedEarly: false,
  });
  assert(Number(elapsedMs) > 0);
  const files = parquetFiles(out);
  assert.equal(bytes, files.reduce((sum, path) => sum + readFileSync(path).length, 0));
  assert(files.every(isWholeParquet));
  assert.equal(
    filesIn(out)[0],
    "year=2022/month=6/day=1/page=%2Fcart/20220601T000000Z-15m-main-0.parquet",
  );
  assert.deepEqual(await numbersIn(out), upTo(60));
});

test("standard input is a source, with and without a dash, plain and gzip", async () => {
  const lines = toLines(EVENTS);
  const gzip = Buffer.concat([gzipSync(lines.slice(0, 333)), gzipSync(lines.slice(333))]);
  await Promise.all([lines, gzip].map(async (input, i) => {
    const out = newOut();
    const args = [...(i === 0 ? ["-"] : []), "--out", out, "--time", "ts"];
    const { accepted, source } = summaryOf(await run(["write", "--json", ...args], { input }));
    assert.equal(accepted, 60);
    assert.equal(source, undefined, "it cannot be read again");
    assert.deepEqual(await numbersIn(out), upTo(60));
  }));
});

test("without --time events have the time they arrive at", async () => {
  const out = newOut();
  const before = Date.now();
  const { watermark, windows } = await writeHere(
    ["--out", out, "--window", "365d"],
    toLines(EVENTS),
  );
  assert(Number(watermark) >= before && Number(watermark) <= Date.now());
  assert.equal(windows, 1);
});

test("--window and --time-unit say what windows there are", async () => {
  const input = toLines(EVENTS.map(({ n, ts }) => ({ n, ts: ts / 1000 })));
  const out = newOut();
  const args = ["--out", out, "--time", "ts", "--time-unit", "s", "--window", "30m"];
  assert.equal((await writeHere(args, input)).windows, 2);
  assert.deepEqual(filesIn(out), [
    "20220601T000000Z-30m-main-0.parquet",
    "20220601T003000Z-30m-main-1.parquet",
  ]);
});

test("--partition-by tells parts of the time from fields of the same name", async () => {
  const out = newOut();
  const input = `${JSON.stringify({ n: 1, ts: START, year: 1999, "": 0 })}\n`;
  await writeHere(["--out", out, "--time", "ts", "--partition-by", "field:year,hour,month"], input);
  assert.deepEqual(filesIn(out), [
    "year=1999/hour=0/month=6/20220601T000000Z-15m-main-0.parquet",
  ]);
});

/** A mebibyte of events of noon, which is a batch, and one of the morning before it. */
const LATE = toLines([
  ...makeEvents(1050, { padding: 1000 }).map((event) => ({ ...event, ts: START + 43_200_000 })),
  { n: 1050, ts: START, page: "/late" },
]);

test("--late says what becomes of late events, --lateness how long they are waited for", async () => {
  const cases = [
    [[], { written: 1051, late: 1, deadLettered: 0, dropped: 0, windows: 1 }],
    [["--late", "drop"], { written: 1050, late: 0, deadLettered: 0, dropped: 1, windows: 1 }],
    [["--late", "dead-letter"], {
      written: 1050,
      late: 0,
      deadLettered: 1,
      dropped: 0,
      windows: 1,
    }],
    [["--lateness", "12h", "--late", "drop"], {
      written: 1051,
      late: 0,
      deadLettered: 0,
      dropped: 0,
      windows: 2,
    }],
  ] as const;
  await Promise.all(cases.map(async ([flags, expected]) => {
    const out = newOut();
    const summary = await writeHere(["--out", out, "--time", "ts", ...flags], LATE);
    const { written, late, deadLettered, dropped, windows } = summary;
    assert.deepEqual({ written, late, deadLettered, dropped, windows }, expected, flags.join(" "));
    assert.equal(summary["accepted"], 1051);
    if (deadLettered === 1) {
      assert.deepEqual(deadLettersIn(out).map(({ reason }) => reason), ["late"]);
    }
  }));
});

test("--max-future-skew keeps events with a wrong clock out", async () => {
  const out = newOut();
  const input = toLines([{ ts: Date.now() + 7_200_000 }, { ts: Date.now() }]);
  const args = ["--out", out, "--time", "ts", "--max-future-skew", "1h"];
  const { written, deadLettered } = await writeHere(args, input);
  assert.deepEqual({ written, deadLettered }, { written: 1, deadLettered: 1 });
  assert.deepEqual(deadLettersIn(out).map(({ reason }) => reason), ["future-time"]);
});

test("--compression is the codec of the pages", async () => {
  const codecs = {
    snappy: "SNAPPY",
    zstd: "ZSTD",
    gzip: "GZIP",
    lz4: "LZ4_RAW",
    none: "UNCOMPRESSED",
  };
  for (const [name, codec] of Object.entries(codecs)) {
    const out = newOut();
    await writeHere([events, "--out", out, "--window", "1d", "--compression", name]);
    assert.equal(metadataOf(out).row_groups[0]?.columns[0]?.meta_data?.codec, codec);
  }
});

test("--max-rows bounds files, --writer names them", async () => {
  const out = newOut();
  const args = [events, "--out", out, "--time", "ts", "--window", "1d"];
  const { files } = await writeHere([...args, "--max-rows", "25", "--writer", "west_2"]);
  assert.equal(files, 3);
  assert.deepEqual(filesIn(out), [
    "20220601T000000Z-1d-west_2-0-1.parquet",
    "20220601T000000Z-1d-west_2-0-2.parquet",
    "20220601T000000Z-1d-west_2-0.parquet",
  ]);
});

test("--memory-limit has large windows written early", async () => {
  const input = toLines(makeEvents(3000, { padding: 1000 }));
  const write = async (limit: string): Promise<unknown> => {
    const args = ["--out", newOut(), "--time", "ts", "--window", "30d", "--memory-limit", limit];
    const { written, files } = await writeHere(args, input);
    assert.equal(written, 3000);
    return files;
  };
  assert.equal(await write("1GB"), 1);
  assert(Number(await write("1MiB")) > 1);
});

test("--idle closes windows of a quiet input, which goes on", async () => {
  const out = newOut();
  const args = ["write", "--out", out, "--time", "ts", "--idle", "100ms", "--json"];
  const { child, ended } = await start(args);
  child.stdin.write(toLines(EVENTS.slice(0, 10)));
  await until(() => parquetFiles(out).length > 0);
  child.stdin.end(toLines(EVENTS.slice(10)));
  const { code, stdout } = await ended;
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).written, 60);
  assert.deepEqual(await numbersIn(out), upTo(60));
});

test("--schema gives columns their types", async () => {
  const schema = join(scratch, "schema.json");
  const types = { n: "string", tags: ["string"], at: "timestamp", where: { lat: "float64" } };
  writeFileSync(schema, JSON.stringify(types));
  const out = newOut();
  const event = { n: "7", tags: ["a"], at: "2022-06-01T00:00:00Z", where: { lat: 1 }, extra: 1 };
  await writeHere(["--out", out, "--schema", schema], toLines([event]));
  const { stdout } = await runHere(["cat", out]);
  const row =
    '{"n":"7","tags":["a"],"at":"2022-06-01T00:00:00.000000Z","where":{"lat":1.0},"extra":1';
  assert(stdout.startsWith(row), stdout);
});

test("--strict fails when there is a dead letter, after all else is written", async () => {
  const input = `${toLines(EVENTS)}no event\n`;
  const strict = newOut();
  const [lenient, failed, fine] = await Promise.all([
    run(["write", "--out", newOut(), "--time", "ts"], { input }),
    run(["write", "--out", strict, "--time", "ts", "--strict"], { input }),
    run(["write", "--out", newOut(), "--time", "ts", "--strict"], { input: toLines(EVENTS) }),
  ]);
  assert.equal(lenient.code, 0);
  assert.equal(fine.code, 0);
  assert.equal(failed.code, 1);
  assert.equal(
    failed.stderr,
    `sluice: --strict allows no dead letters: 1 dead letter in ${strict}/_dead_letter\n`,
  );
  assert.match(failed.stdout, /\nwritten +60 /);
  assert.deepEqual(await numbersIn(strict), upTo(60));
  assert.deepEqual(deadLettersIn(strict).map(({ raw }) => raw), ["no event"]);
});

test("the summary for people says each count on a line; --quiet says nothing", async () => {
  const out = newOut();
  const { code, stdout, stderr } = await run(
    ["write", "--out", out, "--time", "ts", "--partition-by", "page"],
    { input: `${toLines(EVENTS)}{}\n` },
  );
  assert.equal(code, 0);
  assert.equal(stderr, "");
  const lines = stdout.replace(/in \d.*\/s/, "in …").split("\n");
  assert.deepEqual(lines.map((line) => line.replace(/[\d.]+ kB/, "… kB")), [
    "accepted      61  events in …",
    "written       60  0 of them late, 0 rescued",
    `dead letters   1  see ${out}/_dead_letter`,
    "dropped        0",
    "files          8  … kB, 4 windows, 2 partitions",
    "",
  ]);
  const quiet = await runHere(["write", "--out", newOut(), "--quiet"], { input: toLines(EVENTS) });
  assert.deepEqual(quiet, { code: 0, stdout: "", stderr: "" });
});

test("an empty input is fine, and makes no table", async () => {
  const out = newOut();
  const { accepted, files } = await writeHere(["--out", out]);
  assert.deepEqual({ accepted, files }, { accepted: 0, files: 0 });
  assert(!existsSync(out));
});

test("a table that is partitioned by other columns is refused", async () => {
  const out = newOut();
  await writeHere([events, "--out", out, "--partition-by", "page"]);
  const { code, stderr } = await run(["write", events, "--out", out, "--partition-by", "year"]);
  assert.equal(code, 1);
  assert.equal(
    stderr,
    'sluice: Cannot partition the table by other columns: the table has ["page"], current value ' +
      'is ["year"]\n',
  );
});

test("inputs and directories that cannot be used are said to be so, on one line", async () => {
  const directory = join(scratch, "directory");
  mkdirSync(directory);
  const cut = join(scratch, "cut.gz");
  writeFileSync(cut, gzipSync(toLines(EVENTS)).subarray(0, 200));
  const cases = [
    [
      ["nowhere.ndjson", "--out", "a"],
      "Cannot read nowhere.ndjson: there is no such file or directory",
    ],
    [[directory, "--out", "a"], `Cannot read ${directory}: it is a directory`],
    [[cut, "--out", "a"], `Cannot read ${cut}: unexpected end of file`],
    [[events, "--out", events], `Cannot write to ${events}: ${events} is a file`],
    [
      [events, "--out", `${events}/a/b`],
      `Cannot write to ${events}/a/b: a part of the path is a file`,
    ],
    [
      [events, "--out", "a", "--schema", "no"],
      "Cannot read no: there is no such file or directory",
    ],
  ] as const;
  await Promise.all(cases.map(async ([args, message]) => {
    const { code, stdout, stderr } = await runHere(["write", ...args]);
    assert.deepEqual({ code, stdout, stderr }, {
      code: 1,
      stdout: "",
      stderr: `sluice: ${message}\n`,
    });
  }));
  assert(!existsSync(join(scratch, "a")), "no directory was made for nothing");
});

test("a named pipe is read once", async () => {
  const pipe = join(scratch, "pipe");
  const out = newOut();
  assert.equal(spawnSync("mkfifo", [pipe]).status, 0);
  const args = ["write", pipe, "--out", out, "--time", "ts", "--json"];
  const writing = run(args);
  await writeFile(pipe, toLines(EVENTS));
  const { accepted, source } = summaryOf(await writing);
  assert.deepEqual({ accepted, source }, { accepted: 60, source: undefined });
  const { code, stderr } = await runHere([...args, "--source-id", "pipe"]);
  assert.equal(code, 2);
  assert.match(stderr, /^sluice: Cannot use --source-id: .* current input is \S+pipe\n/);
});

test("what permissions forbid is said to be so", async () => {
  const bundle = await cliBundle();
  const [secret, readonly, open] = ["secret", "readonly", "open"].map((name) =>
    join(scratch, name)
  );
  chmodSync(scratch, 0o755);
  writeFileSync(secret!, "{}\n", { mode: 0 });
  mkdirSync(readonly!);
  chmodSync(readonly!, 0o555);
  mkdirSync(open!);
  chmodSync(open!, 0o777);
  const errorsOf = (input: string, out: string): string => {
    const { status, stderr } = spawnSync(process.execPath, [bundle, "write", input, "--out", out], {
      encoding: "utf8",
      ...(process.getuid?.() === 0 && { uid: 65534, gid: 65534 }), // root may do all
    });
    assert.equal(status, 1);
    return stderr;
  };
  assert.equal(
    errorsOf(secret!, `${open}/out`),
    `sluice: Cannot read ${secret}: permission denied\n`,
  );
  assert.equal(
    errorsOf(events, `${readonly}/out`),
    `sluice: Cannot write to ${readonly}/out: permission denied\n`,
  );
});

test("a directory as standard input is an error, and so is a process that cannot print", async () => {
  const sh = (script: string): { status: number | null; stderr: string } =>
    spawnSync("bash", ["-c", script], {
      encoding: "utf8",
      cwd: scratch,
      env: { ...process.env, OUT: newOut(), CLI: `${process.execPath} ${bundle}`, EVENTS: events },
    });
  const bundle = await cliBundle();
  const input = sh("$CLI write --out $OUT < .");
  assert.equal(input.status, 1);
  assert.equal(input.stderr, "sluice: Cannot read standard input: it is a directory\n");
  const full = sh("$CLI write $EVENTS --out $OUT > /dev/full");
  assert.equal(full.status, 1);
  assert.match(full.stderr, /^sluice: Cannot write the output: .*no space left.*\n$/);
  const piped = sh("set -o pipefail; cat $EVENTS | $CLI write --out $OUT --time ts --quiet");
  assert.equal(piped.status, 0);
});

test("a full disk is an error, and leaves no file that is not whole", async (t) => {
  const disk = join(scratch, "disk");
  mkdirSync(disk);
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
  if (mount.status !== 0) return t.skip(`no tmpfs can be mounted: ${mount.stderr || mount.error}`);
  try {
    const noise = Array.from({ length: 3000 }, (_, n) => ({
      n,
      ts: START + n * 1000,
      pad: crypto.getRandomValues(Buffer.alloc(500)).toString("base64"),
    }));
    const out = join(disk, "out");
    const args = ["write", "--out", out, "--time", "ts", "--window", "1m"];
    const { code, stdout, stderr } = await run(args, { input: toLines(noise) });
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^sluice: Cannot put "[^"]+": ENOSPC: no space left on device.*\n$/);
    assert(parquetFiles(out).every(isWholeParquet));
  } finally {
    spawnSync("umount", [disk]);
  }
});
