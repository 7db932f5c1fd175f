import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  makeEvents,
  numbersIn,
  runHere,
  scratch,
  start,
  toLines,
  until,
  upTo,
  writeHere,
} from "./cli_process.ts";

test("what had come of standard input when the process was killed is written by the next run", async () => {
  const out = join(scratch, "out");
  const journal = join(scratch, "journal");
  const args = ["--out", out, "--time", "ts", "--window", "1d", "--journal", journal];
  const { child, ended } = await start(["write", ...args]);
  const text = toLines(makeEvents(300));
  child.stdin.write(text);
  await until(() => bytesIn(journal) > text.length); // journalled, though no window has closed
  child.kill("SIGKILL");
  await ended;
  assert.equal(existsSync(join(out, "_delta_log")), false);
  const { accepted, written } = await writeHere(args, toLines(makeEvents(20, { from: 300 })));
  assert.deepEqual([accepted, written], [320, 320]);
  assert.deepEqual(await numbersIn(out), upTo(320));
  assert.equal((await writeHere(args)).accepted, 0);
});

test("a file needs no journal, and is told so", async () => {
  const file = join(scratch, "table.ndjson");
  writeFileSync(file, toLines(makeEvents(1)));
  const out = join(scratch, "out2");
  const { code, stderr } = await runHere(["write", file, "--out", out, "--journal", scratch]);
  assert.equal(code, 2);
  assert.match(stderr, /^sluice: --journal is for input that cannot be read again: /);
  assert.equal(existsSync(out), false);
});

/** A file that is gone by the time it is asked for, as one that was renamed is, counts nothing. */
function bytesIn(directory: string): number {
  if (!existsSync(directory)) return 0;
  const sizes = readdirSync(directory)
    .map((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}
