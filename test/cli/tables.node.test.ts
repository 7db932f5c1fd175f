// What is done with a table that is there: ls, cat, compact, vacuum; and simulate.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parquetReadObjects } from "hyparquet";
import { simulateJsonLines } from "../../src/simulate/mod.ts";
import {
  makeEvents,
  numbersIn,
  parquetFiles,
  run,
  runHere,
  scratch,
  toLines,
  upTo,
  writeHere,
} from "./cli_process.ts";

const out = join(scratch, "table");
const input = toLines([
  ...makeEvents(60).map((event) => ({ ...event, page: event.n < 40 ? "/home" : "a\tb" })),
  { n: 60, ts: 0, page: null },
]);
const written = writeHere(["--out", out, "--time", "ts", "--partition-by", "year,page"], input);

test("ls lists partitions, with a total", async () => {
  await written;
  const { code, stdout, stderr } = await run(["ls", out]);
  assert.equal(code, 0);
  assert.equal(stderr, "");
  assert.deepEqual(stdout.replace(/ +[\d.]+ k?B/g, " …").split("\n"), [
    "PARTITION             FILES  ROWS    BYTES  WINDOWS",
    "year=1970/page=null       1     1 …  1970-01-01 00:00:00 to 1970-01-01 00:15:00",
    "year=2022/page=/home      3    40 …  2022-06-01 00:00:00 to 2022-06-01 00:45:00",
    "year=2022/page=a\uFFFDb        2    20 …  2022-06-01 00:30:00 to 2022-06-01 01:00:00",
    "total: 3 partitions       6    61 …  1970-01-01 00:00:00 to 2022-06-01 01:00:00",
    "",
  ]);
});

test("ls --json tells the same to programs", async () => {
  const { bytes } = await written;
  const { stdout } = await runHere(["ls", out, "--json"]);
  const { partitions, ...totals } = JSON.parse(stdout);
  assert.deepEqual(totals, {
    version: totals.version,
    files: 6,
    rows: 61,
    bytes,
    from: 0,
    to: Date.UTC(2022, 5, 1, 1),
  });
  assert.deepEqual(partitions.map(({ values }: { values: unknown }) => values), [
    { year: "1970", page: null },
    { year: "2022", page: "/home" },
    { year: "2022", page: "a\tb" },
  ]);
});

test("cat prints the rows of a table with their partition columns", async () => {
  await written;
  const { code, stdout } = await run(["cat", out]);
  assert.equal(code, 0);
  const rows = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.sort((a, b) => a.n - b.n).map(({ n, ts, page, year }) => ({
      n,
      ts: Date.parse(ts),
      page,
      year,
    })),
    input.trimEnd().split("\n").map((line) => JSON.parse(line)).map(({ n, ts, page }) => ({
      n,
      ts,
      page,
      year: new Date(ts).getUTCFullYear(),
    })),
  );
  for (const limit of [0, 1, 7, 1000]) {
    const { stdout } = await runHere(["cat", out, "--limit", String(limit)]);
    assert.equal(stdout.split("\n").length - 1, Math.min(limit, 61));
  }
});

test("cat prints the rows of a file, as another reader has them", async () => {
  await written;
  const path = parquetFiles(out).sort().at(-1)!;
  const { stdout } = await runHere(["cat", path]);
  const bytes = readFileSync(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const expected = await parquetReadObjects({ file: file as ArrayBuffer });
  const rows = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.map(({ n, ts }) => ({ n, ts: Date.parse(ts) })),
    expected.map(({ n, ts }) => ({ n: Number(n), ts: (ts as Date).getTime() })),
  );
});

test("compact merges, vacuum deletes what it left, and the rows stay", async () => {
  await written;
  const table = join(scratch, "compacted");
  cpSync(out, table, { recursive: true });
  const { code, stdout } = await run(["compact", table, "--compression", "zstd"]);
  assert.equal(code, 0);
  assert.match(stdout, /^merged 5 files into 2 files: 60 rows, [\d.]+ kB became [\d.]+ kB\n$/);
  assert.equal((await runHere(["compact", table])).stdout, "nothing to merge\n");
  const { files, from, to } = JSON.parse((await runHere(["ls", table, "--json"])).stdout);
  assert.deepEqual({ files, from, to }, { files: 3, from: 0, to: Date.UTC(2022, 5, 1, 1) });
  assert.equal(parquetFiles(table).length, 8);

  const kept = await runHere(["vacuum", table]);
  assert.equal(kept.stdout, "deleted 0 files, 0 B; 5 files not old enough yet\n");
  const dry = await runHere(["vacuum", table, "--older-than", "0s", "--dry-run"]);
  const lines = dry.stdout.trimEnd().split("\n");
  assert.equal(lines.length, 6);
  assert.match(lines[5]!, /^would delete 5 files, [\d.]+ kB$/);
  assert(lines.slice(0, 5).every((line) => /^year=2022\/page=.*\.parquet$/.test(line)));
  assert.equal(parquetFiles(table).length, 8);
  const gone = await run(["vacuum", table, "--older-than", "0s", "--json"]);
  assert.equal(JSON.parse(gone.stdout).files, 5);
  assert.equal(parquetFiles(table).length, 3);
  assert.deepEqual(await numbersIn(table), upTo(61));
});

test("what is no table is said to be none, on one line", async () => {
  await written;
  const [empty, plain, file] = ["empty", "plain", "file.txt"].map((name) => join(scratch, name));
  mkdirSync(empty!);
  cpSync(out, plain!, { recursive: true });
  rmSync(join(plain!, "_delta_log"), { recursive: true });
  writeFileSync(file!, "text");
  for (const command of ["ls", "cat", "zip", "compact", "vacuum"]) {
    const cases = [
      ["nowhere", "there is no such file or directory"],
      [empty!, "there is no table in it"],
      [
        plain!,
        "it holds Parquet files, but no commit log (_delta_log) that says which of them are the " +
        "table",
      ],
      ...(command === "cat" ? [] : [[file!, "it is a file"]]),
    ];
    for (const [path, problem] of cases) {
      assert.deepEqual(await runHere([command, path!]), {
        code: 1,
        stdout: "",
        stderr: `sluice: Cannot read ${path}: ${problem}\n`,
      }, command);
    }
  }
  const { code, stderr } = await runHere(["cat", file!]);
  assert.equal(code, 1);
  assert.match(stderr, /^sluice: Cannot read \S+file\.txt: Cannot read a Parquet file: .*\n$/);
});

test("simulate prints what the library makes, with the same options", async () => {
  const expected = async (options: object): Promise<string> =>
    await new Response(simulateJsonLines(options)).text();
  const cases = [
    [["--events", "7"], { events: 7 }],
    [
      ["--users", "3", "--sessions-per-day", "50", "--duration", "2h", "--seed", "7"],
      { users: 3, sessionsPerDay: 50, duration: "2h", seed: 7 },
    ],
    [
      ["--events", "3", "--start", "2020-02-29T12:00:00Z", "--rate", "1000/s"],
      { events: 3, start: "2020-02-29T12:00:00Z" },
    ],
    [["--events", "0"], { events: 0 }],
  ] as const;
  for (const [flags, options] of cases) {
    const { code, stdout } = await runHere(["simulate", ...flags]);
    assert.equal(code, 0);
    assert.equal(stdout, await expected(options), flags.join(" "));
  }
  assert.equal((await run(["simulate", "--events", "7"])).stdout, await expected({ events: 7 }));
});
