// A table as an archive: what is in it, and where it does not go.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { EventEmitter } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { unzipSync } from "fflate";
import { sluice } from "../../src/cli/sluice.ts";
import { literal, openDuckDB } from "../interop/duckdb.ts";
import {
  cliBundle,
  makeEvents,
  numbersIn,
  parquetFiles,
  scratch,
  toLines,
  upTo,
  writeHere,
} from "./cli_process.ts";

const EVENTS = 5000;
const table = join(scratch, "table");
const archive = join(scratch, "table.zip");
const zipped = makeArchive();

async function makeArchive(): Promise<void> {
  const input = toLines(makeEvents(EVENTS, { padding: 200 })) + '"no event"\n';
  await writeHere(["--out", table, "--time", "ts", "--partition-by", "day,page"], input);
  const stray = join(table, "day=1/page=%2Fhome/stray.parquet");
  writeFileSync(stray, "of a run that was stopped");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [await cliBundle(), "zip", table],
    {
      maxBuffer: Infinity,
    },
  );
  assert.equal(String(stderr), "");
  assert.equal(status, 0);
  writeFileSync(archive, stdout);
}

/** What else may be here that unpacks archives. */
const UNPACK: Readonly<Record<string, (to: string) => readonly [string, ...string[]]>> = {
  unzip: (to) => ["unzip", "-q", archive, "-d", to],
  Python: (to) => ["python3", "-m", "zipfile", "-e", archive, to],
};

async function assertIsTable(directory: string): Promise<void> {
  assert.deepEqual(await numbersIn(directory), upTo(EVENTS));
  const connection = await openDuckDB();
  const files = literal(`${directory}/**/*.parquet`);
  const reader = await connection.runAndReadAll(
    `select count(*), count(distinct n), min(n), max(n), count(distinct page) from ${files}`,
  );
  assert.deepEqual(reader.getRows()[0]!.map(Number), [EVENTS, EVENTS, 0, EVENTS - 1, 2]);
  connection.closeSync();
}

test("zip holds the table, with its log and dead letters, and nothing else", async () => {
  await zipped;
  const unpacked = join(scratch, "fflate");
  const entries = unzipSync(readFileSync(archive));
  for (const [name, bytes] of Object.entries(entries)) {
    mkdirSync(dirname(join(unpacked, name)), { recursive: true });
    writeFileSync(join(unpacked, name), bytes);
    assert.deepEqual(readFileSync(join(table, name)), Buffer.from(bytes), name);
  }
  assert.equal(parquetFiles(unpacked).length, parquetFiles(table).length - 1, "all but the stray");
  assert.ok(Object.keys(entries).some((name) => name.startsWith("_dead_letter/")));
  await assertIsTable(unpacked);
});

for (const [name, command] of Object.entries(UNPACK)) {
  const [program] = command("");
  const isThere = spawnSync(program, ["--help"]).error === undefined;
  const skip = !isThere && `there is no ${program} here`;
  test(`what ${name} unpacks of it is the same table`, { skip }, async () => {
    await zipped;
    const unpacked = join(scratch, name);
    mkdirSync(unpacked);
    const [program, ...args] = command(unpacked);
    const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    await assertIsTable(unpacked);
  });
}

test("zip does not write to a terminal", async () => {
  await zipped;
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  Object.assign(stdout, { isTTY: true });
  const context = { stdin, stdout, stderr, env: {}, signals: new EventEmitter() };
  assert.equal(await sluice(["zip", table], context), 2);
  assert.equal(stdout.read(), null);
  assert.equal(
    String(stderr.read()),
    "sluice: Cannot write an archive to a terminal: send it to a file: sluice zip DIR > FILE\n" +
      'Try "sluice zip --help".\n',
  );
});

test("zip ends quietly when nobody reads on", async () => {
  await zipped;
  assert.ok(statSync(archive).size > 1 << 18, "more than a pipe holds");
  const script = `$CLI zip ${table} | head -c 10 > /dev/null; echo \${PIPESTATUS[0]}`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script], {
    encoding: "utf8",
    env: { ...process.env, CLI: `${process.execPath} ${await cliBundle()}` },
  });
  assert.deepEqual({ stdout, stderr }, { stdout: "0\n", stderr: "" });
});

test("an archive that could not be finished is no success", async () => {
  await zipped;
  const broken = join(scratch, "broken");
  mkdirSync(join(broken, "_delta_log"), { recursive: true });
  for (const name of readdirSync(join(table, "_delta_log"))) {
    writeFileSync(join(broken, "_delta_log", name), "no log");
  }
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const context = { stdin, stdout, stderr, env: {}, signals: new EventEmitter() };
  assert.equal(await sluice(["zip", broken], context), 1);
  assert.match(String(stderr.read()), /^sluice: Cannot read .*\n$/);
});
