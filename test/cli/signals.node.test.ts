// Ctrl-C and SIGTERM, once and twice, and readers that stop reading.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  cliBundle,
  hasCommit,
  isWholeParquet,
  makeEvents,
  numbersIn,
  parquetFiles,
  run,
  scratch,
  start,
  summaryOf,
  toLines,
  until,
  upTo,
  writeHere,
} from "./cli_process.ts";
import { answerRange, serve } from "./http_server.ts";

let made = 0;
const newOut = (): string => join(scratch, `signals-${made++}`);

/** So that batches are cut by time, and what windows hold shows before there is a mebibyte of it. */
const LIVE = ["--time", "ts", "--idle", "1h", "--json"];

test("SIGINT and SIGTERM end standard input: what was read is written", async () => {
  await Promise.all((["SIGINT", "SIGTERM"] as const).map(async (signal) => {
    const out = newOut();
    const running = await start(["write", "--out", out, ...LIVE]);
    // Two windows: the first closes, which shows that all was taken in; the second is open.
    running.child.stdin.write(toLines(makeEvents(20)));
    await until(() => hasCommit(out));
    running.child.kill(signal);
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 0);
    assert.match(stderr, /^Stopping: .*\n$/);
    const { accepted, written, windows, stoppedEarly } = summaryOf({ code, stdout, stderr: "" });
    assert.deepEqual({ accepted, written, windows, stoppedEarly }, {
      accepted: 20,
      written: 20,
      windows: 2,
      stoppedEarly: true,
    });
    assert.deepEqual(await numbersIn(out), upTo(20));
  }));
});

test("the summary for people says that the run was stopped early", async () => {
  const out = newOut();
  const running = await start(["write", "--out", out, "--time", "ts"]);
  running.child.stdin.write(toLines(makeEvents(20)));
  await until(() => hasCommit(out));
  running.child.kill("SIGINT");
  const { stdout } = await running.ended;
  assert.match(stdout, /^stopped early: what was read until then is written\naccepted +20 /);
});

const LINES = new TextEncoder().encode(toLines(makeEvents(60)));
/** In the middle of the 21st line. */
const MIDDLE = toLines(makeEvents(20)).length + 10;

test("SIGINT ends a URL at the end of the line, and the next run goes on there", async () => {
  const out = newOut();
  let goOn = (): void => {};
  const server = await serve((request, response) => {
    if (server.ranges.length > 1) return answerRange(LINES, request, response);
    response.write(LINES.subarray(0, MIDDLE));
    goOn = () => void response.write(LINES.subarray(MIDDLE));
  });
  try {
    const args = [server.url, "--out", out, ...LIVE];
    const running = await start(["write", ...args]);
    await until(() => hasCommit(out));
    running.child.kill("SIGINT");
    await running.seen("Stopping");
    goOn();
    const { code, stdout } = await running.ended;
    const { accepted, written, stoppedEarly } = summaryOf({ code, stdout, stderr: "" });
    assert.deepEqual({ accepted, written, stoppedEarly }, {
      accepted: 21,
      written: 21,
      stoppedEarly: true,
    });
    const { source, deadLettered } = await writeHere(args);
    assert.deepEqual({ source, deadLettered }, { source: "resumed", deadLettered: 0 });
    assert.deepEqual(await numbersIn(out), upTo(60));
  } finally {
    server.close();
  }
});

test("a second signal gives up: 130 for SIGINT, 143 for SIGTERM, and what is there is whole", async () => {
  const codes = { SIGINT: 130, SIGTERM: 143 };
  await Promise.all((["SIGINT", "SIGTERM"] as const).map(async (signal) => {
    const out = newOut();
    const server = await serve((request, response) => {
      if (server.ranges.length > 1) return answerRange(LINES, request, response);
      response.write(LINES.subarray(0, MIDDLE));
    });
    try {
      const args = [server.url, "--out", out, ...LIVE];
      const running = await start(["write", ...args]);
      await until(() => hasCommit(out));
      running.child.kill("SIGINT");
      await running.seen("Stopping");
      running.child.kill(signal);
      const ended = await running.ended;
      assert.equal(ended.code, codes[signal]);
      assert.equal(ended.stdout, "");
      assert.match(
        ended.stderr,
        /\nsluice: Stopped by SIG\w+: what was committed stays, and the same command goes on from there\n$/,
      );
      assert(parquetFiles(out).every(isWholeParquet));
      await writeHere(args);
      assert.deepEqual(await numbersIn(out), upTo(60));
    } finally {
      server.close();
    }
  }));
});

test("one SIGINT gives up where windows that are closed early would lose events", async () => {
  const cases = {
    // The next run would take the rest of the window for late.
    "late events are dropped": { flags: ["--late", "drop"], sent: MIDDLE },
    "nothing was read": { flags: [], sent: 0 },
  };
  await Promise.all(
    Object.entries(cases).map(async ([name, { flags, sent }]) => {
      const out = newOut();
      const server = await serve((request, response) => {
        if (server.ranges.length > 1) return answerRange(LINES, request, response);
        response.flushHeaders();
        response.write(LINES.subarray(0, sent));
      });
      try {
        const args = [server.url, "--out", out, ...LIVE, ...flags];
        const running = await start(["write", ...args]);
        await until(() => sent > 0 ? hasCommit(out) : server.ranges.length > 0);
        running.child.kill("SIGINT");
        const { code, stderr } = await running.ended;
        assert.equal(code, 130, name);
        assert.match(stderr, /^sluice: Stopped by SIGINT: /);
        await writeHere(args);
        assert.deepEqual(await numbersIn(out), upTo(60), name);
      } finally {
        server.close();
      }
    }),
  );
});

test("one SIGINT gives up while a run reads again what open windows held", async () => {
  const [out, copy] = [newOut(), newOut()];
  // The last request is the one that is read; those before it only look at the source.
  let last = 1;
  const server = await serve((request, response) => {
    if (server.ranges.length !== last) return answerRange(LINES, request, response);
    response.write(LINES.subarray(0, last === 1 ? MIDDLE : MIDDLE - 500));
  });
  const argsFor = (out: string): string[] => [server.url, "--out", out, ...LIVE];
  try {
    const first = await start(["write", ...argsFor(out)]);
    await until(() => hasCommit(out));
    first.child.kill("SIGKILL");
    await first.ended;
    cpSync(out, copy, { recursive: true });
    await writeHere(argsFor(copy));

    last = server.ranges.length + (server.ranges.length - 1);
    const second = await start(["write", ...argsFor(out)]);
    await until(() => server.ranges.length === last);
    await new Promise((resolve) => setTimeout(resolve, 1500)); // a batch is cut after a second
    second.child.kill("SIGINT");
    assert.equal((await second.ended).code, 130);
    await writeHere(argsFor(out));
    assert.deepEqual(await numbersIn(out), upTo(60));
  } finally {
    server.close();
  }
});

test("simulate and cat end quietly when nobody reads on", async () => {
  const out = newOut();
  await run(["write", "--out", out, "--time", "ts"], {
    input: toLines(makeEvents(2000, { padding: 200 })),
  });
  const bundle = await cliBundle();
  for (const command of ["simulate", "cat $OUT"]) {
    const script = `$CLI ${command} | head -1 > /dev/null; echo \${PIPESTATUS[0]}`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script], {
      encoding: "utf8",
      env: { ...process.env, OUT: out, CLI: `${process.execPath} ${bundle}` },
    });
    assert.deepEqual({ stdout, stderr }, { stdout: "0\n", stderr: "" }, command);
  }
});

test("simulate prints no faster than it is read", async () => {
  const { child } = await start(["simulate"]);
  child.stdout.pause();
  await new Promise((resolve) => child.stdout.once("readable", resolve));
  const read = child.stdout.readableLength;
  await new Promise((resolve) => setTimeout(resolve, 300));
  // A pipe holds 64 KiB, and so does the stream at this end.
  assert(child.stdout.readableLength <= read + (1 << 18), "it waits");
  child.kill("SIGKILL");
});
