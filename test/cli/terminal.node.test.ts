// Progress on a terminal: what is drawn, and that a real one gets it and nothing else does.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { formatBytes, formatSeconds } from "../../src/cli/format.ts";
import { progressText } from "../../src/cli/progress_line.ts";
import { StatusLines } from "../../src/cli/status_lines.ts";
import { cliBundle, makeEvents, runHere, scratch, START, toLines } from "./cli_process.ts";

const events = join(scratch, "events.ndjson");
writeFileSync(events, toLines(makeEvents(60)));

const hasScript = spawnSync("script", ["--version"]).status === 0;
const skip = !hasScript && "there is no script(1) to make a pseudo-terminal with";

test("a terminal shows progress, which is gone at the end", { skip }, async () => {
  const command = `${process.execPath} ${await cliBundle()} write ${events} --time ts --out pty`;
  const { status, stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
    cwd: scratch,
    encoding: "utf8",
    input: "",
    env: { ...process.env, TERM: "xterm" },
  });
  assert.equal(status, 0);
  const shown = stdout.replaceAll("\r\n", "\n").replaceAll("\x1b", "ESC");
  const { size } = statSync(events);
  assert.match(
    shown,
    new RegExp(`^100%, ${formatBytes(size)} of ${formatBytes(size)}, \\d+ events`),
  );
  assert.match(shown, /\n\d open windows?, .*\d files? written/);
  assert.match(shown, /\rESC\[1AESC\[Jaccepted +60 .*\n(?:.*\n){4}$/);
});

test("progress is for terminals that can show it and people who want it", async () => {
  const errorsOf = async (flags: string[], options: object): Promise<string> => {
    const args = ["write", events, "--time", "ts", "--out", join(scratch, "out"), ...flags];
    const { code, stderr } = await runHere(args, options);
    assert.equal(code, 0);
    return stderr;
  };
  const terminal = { isTTY: true, env: { TERM: "xterm" } };
  assert.match(await errorsOf([], terminal), /^100%, /);
  assert.match(await errorsOf(["--json"], terminal), /^100%, /);
  assert.equal(await errorsOf(["--quiet"], terminal), "");
  assert.equal(await errorsOf([], { isTTY: true, env: { TERM: "dumb" } }), "");
  assert.equal(await errorsOf([], { isTTY: false }), "");
});

const PROGRESS = {
  accepted: 1234567,
  written: 1200000,
  late: 0,
  rescued: 0,
  deadLettered: 0,
  dropped: 0,
  windows: 3,
  openWindows: 1,
  partitions: 2,
  files: 6,
  bytes: 12_345_678,
  bytesRead: 50_000_000,
  elapsedMs: 1000,
  watermark: START,
};

test("progress says how much is done and what is left, where that is known", () => {
  const speeds = { bytesPerSecond: 500_000, eventsPerSecond: 98765.4 };
  assert.deepEqual(progressText(PROGRESS, { position: 50e6, size: 200e6 }, speeds), [
    "25%, 50.0 MB of 200 MB, 5:00 left, 1,234,567 events, 98,765 events/s",
    "1 open window, watermark 2022-06-01 00:00:00, 6 files written, 12.3 MB",
  ]);
  const start = { ...PROGRESS, accepted: 1, files: 0, bytes: 0, watermark: undefined };
  const none = { bytesPerSecond: 0, eventsPerSecond: 0 };
  assert.deepEqual(progressText(start, { position: 999, size: undefined }, none), [
    "999 B read, 1 event",
    "1 open window, 0 files written",
  ]);
});

test("lines are cut to the width of the terminal, and drawn over those before", () => {
  const terminal = Object.assign(new PassThrough(), { columns: 11 });
  const lines = new StatusLines(terminal);
  lines.clear();
  lines.draw(["0123456789ABC", "second"]);
  lines.draw(["one"]);
  lines.clear();
  lines.clear();
  assert.equal(
    String(terminal.read()),
    "0123456789\nsecond\r\x1b[1A\x1b[Jone\r\x1b[J",
  );
});

test("sizes and times are short, and never round up to a thousand of a unit", () => {
  const sizes = { 0: "0 B", 999: "999 B", 1000: "1.00 kB", 12_345: "12.3 kB", 99_949: "99.9 kB" };
  for (const [bytes, text] of Object.entries(sizes)) assert.equal(formatBytes(Number(bytes)), text);
  assert.equal(formatBytes(999_499), "999 kB");
  assert.equal(formatBytes(999_500), "1.00 MB");
  assert.equal(formatBytes(3e18), "3000 PB");
  const times = { 0: "0.0 s", 59.9: "59.9 s", 60: "1:00", 3599: "59:59", 3723: "1:02:03" };
  for (const [seconds, text] of Object.entries(times)) {
    assert.equal(formatSeconds(Number(seconds)), text);
  }
});
