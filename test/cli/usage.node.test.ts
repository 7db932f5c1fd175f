// What the command line says of itself, and of command lines that are wrong: in this process, but
// for the few cases that show that a process says the same.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cat } from "../../src/cli/cat.ts";
import { compact } from "../../src/cli/compact.ts";
import { ls } from "../../src/cli/ls.ts";
import { simulate } from "../../src/cli/simulate.ts";
import { vacuum } from "../../src/cli/vacuum.ts";
import { VERSION } from "../../src/cli/version.ts";
import { write } from "../../src/cli/write.ts";
import { zip } from "../../src/cli/zip.ts";
import { run, runHere, scratch } from "./cli_process.ts";

const COMMANDS = { write, simulate, ls, cat, zip, compact, vacuum };

const events = join(scratch, "events.ndjson");
writeFileSync(events, '{"ts":0}\n');
const out = join(scratch, "never");
const types = join(scratch, "types.json");
writeFileSync(types, '{"page":"text"}');
const broken = join(scratch, "broken.json");
writeFileSync(broken, "{");

const DURATION =
  'it must be a whole number of milliseconds or a duration such as "250ms", "30s", ' +
  '"15m", "1h30m" or "1d"';

/** Arguments, and what is said of them. */
const WRONG: readonly (readonly [args: readonly string[], message: string])[] = [
  [[], "No command was given"],
  [
    ["wirte"],
    'Unknown command: it must be one of write, ls, cat, zip, compact, vacuum, simulate: current value is "wirte"',
  ],
  [["write", events], "--out is required: --out DIR"],
  [["write", events, "--out", ""], "--out is required: --out DIR"],
  [["write", events, "--out"], "--out needs a value: --out DIR"],
  [["write", events, "--out", "--json"], "--out needs a value: --out DIR"],
  [["write", "a", "b", "--out", out], 'Unexpected argument "b"'],
  [["write", events, "--out", out, "--windw", "1m"], "Unknown option --windw"],
  [["write", events, "--out", out, "-x"], "Unknown option -x"],
  [["write", events, "--out", out, "--__proto__"], "Unknown option --__proto__"],
  [["write", events, "--out", out, "--json=yes"], '--json takes no value: current value is "yes"'],
  [
    ["write", events, "--out", out, "--window", "soon"],
    `Cannot read --window: ${DURATION}: current value is "soon"`,
  ],
  [
    ["write", events, "--out", out, "--window", "0"],
    "Cannot use --window: it must be at least 1ms: current value is 0",
  ],
  [
    ["write", events, "--out", out, "--lateness", "-1"],
    `Cannot read --lateness: ${DURATION}: current value is "-1"`,
  ],
  [
    ["write", events, "--out", out, "--idle", "0s"],
    "Cannot use --idle: it must be a whole number of at least 1: current value is 0",
  ],
  [
    ["write", events, "--out", out, "--max-future-skew", "1y"],
    `Cannot read --max-future-skew: ${DURATION}: current value is "1y"`,
  ],
  [
    ["write", events, "--out", out, "--late", "ignore"],
    'Cannot use --late: it must be one of append, dead-letter, drop: current value is "ignore"',
  ],
  [
    ["write", events, "--out", out, "--compression", "lzo"],
    "Cannot use --compression: it must be one of snappy, zstd, gzip, lz4, none: " +
    'current value is "lzo"',
  ],
  [
    ["write", events, "--out", out, "--max-rows", "many"],
    'Cannot use --max-rows: it must be a whole number: current value is "many"',
  ],
  [
    ["write", events, "--out", out, "--max-rows", "0"],
    "Cannot use --max-rows: it must be a whole number of at least 1: current value is 0",
  ],
  [
    ["write", events, "--out", out, "--memory-limit", "10kB"],
    "Cannot use --memory-limit: it must be a size of at least 1MiB, such as 256MiB or 1GB: " +
    'current value is "10kB"',
  ],
  [
    ["write", events, "--out", out, "--memory-limit", "5 lb"],
    "Cannot use --memory-limit: it must be a size of at least 1MiB, such as 256MiB or 1GB: " +
    'current value is "5 lb"',
  ],
  [
    ["write", events, "--out", out, "--writer", "a-b"],
    'Cannot use --writer: it must be 1 to 64 letters, digits and "_": current value is "a-b"',
  ],
  [
    ["write", events, "--out", out, "--time", "ts", "--time-unit", "min"],
    'Cannot use --time-unit: it must be one of s, ms, us, ns: current value is "min"',
  ],
  [
    ["write", events, "--out", out, "--time-unit", "s"],
    "--time-unit needs --time, the field whose numbers it is about",
  ],
  [
    ["write", events, "--out", out, "--time", ""],
    'Cannot use --time: it must name a field: current value is {"field":"","unit":"ms"}',
  ],
  [
    ["write", events, "--out", out, "--partition-by", "year,,page"],
    "Cannot use --partition-by: it must be names between commas, such as year,month,day,page: " +
    'current value is "year,,page"',
  ],
  [
    ["write", events, "--out", out, "--partition-by", "year,field:year"],
    "Cannot use --partition-by: columns must have different names: " +
    'current value has "year" twice',
  ],
  [
    ["write", "--out", out, "--source-id", "a"],
    "Cannot use --source-id: only a file or a URL can be read again: " +
    "current input is standard input",
  ],
  [["write", "http://", "--out", out], "Cannot read http://: it is not a URL"],
  [
    ["write", events, "--out", out, "--schema", types],
    `Cannot use --schema ${types}: the type of "page": it must be one of bool, int64, float64, ` +
    'string, timestamp, json, [type] or { field: type }: current value is "text"',
  ],
  [["simulate", "events"], 'Unexpected argument "events"'],
  [["simulate", "--events", "1", "--duration", "1d"], "--events and --duration exclude each other"],
  [
    ["simulate", "--users", "0"],
    "Cannot simulate events: --users must be a whole number from 1 to 1000000: current value is 0",
  ],
  [
    ["simulate", "--sessions-per-day", "0"],
    "Cannot simulate events: --sessions-per-day must be a whole number from 1 to 100000000: " +
    "current value is 0",
  ],
  [
    ["simulate", "--events", "1.5"],
    'Cannot use --events: it must be a whole number: current value is "1.5"',
  ],
  [
    ["simulate", "--seed", "-1"],
    'Cannot use --seed: it must be a whole number: current value is "-1"',
  ],
  [
    ["simulate", "--rate", "0/s"],
    "Cannot use --rate: it must be a number of events per second above 0, such as 100/s: " +
    'current value is "0/s"',
  ],
  [
    ["simulate", "--duration", "1y"],
    `Cannot read --duration: ${DURATION}: current value is "1y"`,
  ],
  [
    ["simulate", "--start", "yesterday"],
    "Cannot simulate events: --start must be a Date, epoch milliseconds or an ISO 8601 date and " +
    'time, in the years 0 to 9999: current value is "yesterday"',
  ],
  [["ls"], "DIR is required: sluice ls DIR"],
  [["ls", "a", "b"], 'Unexpected argument "b"'],
  [["cat"], "FILE or DIR is required: sluice cat FILE|DIR"],
  [
    ["cat", events, "--limit", "x"],
    'Cannot use --limit: it must be a whole number: current value is "x"',
  ],
  [["zip"], "DIR is required: sluice zip DIR > FILE"],
  [["zip", "a", "b"], 'Unexpected argument "b"'],
  [["zip", "a", "--out", "b"], "Unknown option --out"],
  [["compact"], "DIR is required: sluice compact DIR"],
  [
    ["compact", "out", "--target-size", "1"],
    "Cannot use --target-size: it must be a size of at least 1MiB, such as 256MiB or 1GB: " +
    'current value is "1"',
  ],
  [
    ["compact", "out", "--compression", "rar"],
    "Cannot use --compression: it must be one of snappy, zstd, gzip, lz4, none: " +
    'current value is "rar"',
  ],
  [["vacuum"], "DIR is required: sluice vacuum DIR"],
  [
    ["vacuum", "out", "--older-than", "long"],
    `Cannot read --older-than: ${DURATION}: current value is "long"`,
  ],
];

for (const [args, message] of WRONG) {
  test(`sluice ${args.map((arg) => arg.replace(scratch, "…")).join(" ")}: exit code 2`, async () => {
    const topic = Object.hasOwn(COMMANDS, args[0] ?? "") ? `${args[0]} ` : "";
    assert.deepEqual(await runHere(args), {
      code: 2,
      stdout: "",
      stderr: `sluice: ${message}\nTry "sluice ${topic}--help".\n`,
    });
    assert(!existsSync(out), "nothing was made");
  });
}

test("A schema file that is no JSON is said to be so, on one line", async () => {
  const { code, stderr } = await runHere(["write", events, "--out", out, "--schema", broken]);
  assert.equal(code, 2);
  assert.match(stderr, /^sluice: Cannot use --schema \S+broken\.json: .*JSON.*\nTry /);
});

for (const [name, command] of Object.entries(COMMANDS)) {
  test(`sluice ${name} --help tells all there is`, async () => {
    const { code, stdout, stderr } = await runHere([name, "--help"]);
    assert.equal(code, 0);
    assert.equal(stderr, "");
    assert.deepEqual(await runHere(["help", name]), { code, stdout, stderr });
    assert.deepEqual(await runHere([name, "--nonsense", "-h"]), { code, stdout, stderr });
    assert(stdout.startsWith(`Usage: sluice ${name} `));
    for (const [option, { value, help }] of Object.entries(command.options)) {
      assert.match(
        stdout,
        new RegExp(`\n  --${option}${value === undefined ? "" : ` ${value}`}  `),
      );
      assert.match(help, /\.$/);
      if (value !== undefined) assert.match(help, /Default: |Required\.|Not together/, option);
    }
    for (const { line } of command.examples) assert(stdout.includes(`  ${line}\n`));
    for (const code of Object.keys(command.exitCodes)) assert(stdout.includes(`\n  ${code} `));
    for (const line of stdout.split("\n")) assert(line.length <= 90, line);
  });
}

test("sluice --help names every command", async () => {
  const { code, stdout } = await runHere(["--help"]);
  assert.equal(code, 0);
  for (const name of Object.keys(COMMANDS)) assert.match(stdout, new RegExp(`\n  ${name} +[A-Z]`));
  assert.deepEqual(await runHere(["help"]), { code, stdout, stderr: "" });
});

test("sluice --version is the version of the package", async () => {
  for (const manifest of ["package.json", "deno.json"]) {
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    assert.equal(VERSION, version, manifest);
  }
  assert.deepEqual(await runHere(["--version"]), {
    code: 0,
    stdout: `sluice ${VERSION}\n`,
    stderr: "",
  });
});

test("a process exits with the same codes and output", async () => {
  const [version, wrong, failed] = await Promise.all([
    run(["--version"]),
    run(["write"]),
    run(["ls", "nowhere"]),
  ]);
  assert.deepEqual(version, { code: 0, stdout: `sluice ${VERSION}\n`, stderr: "" });
  assert.deepEqual(wrong, {
    code: 2,
    stdout: "",
    stderr: 'sluice: --out is required: --out DIR\nTry "sluice write --help".\n',
  });
  assert.deepEqual(failed, {
    code: 1,
    stdout: "",
    stderr: "sluice: Cannot read nowhere: there is no such file or directory\n",
  });
});

test("SLUICE_DEBUG=1 adds where an error comes from, and nothing else does", async () => {
  const { stderr } = await runHere(["ls", join(scratch, "nowhere")], {
    env: { SLUICE_DEBUG: "1" },
  });
  assert.match(stderr, /^sluice: .*\n(?:.*\n)* {4}at /);
  assert.doesNotMatch((await runHere(["ls", join(scratch, "nowhere")])).stderr, /\n./);
});
