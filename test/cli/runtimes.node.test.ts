// The same command line in Deno and Bun, from its source.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  cliCommand,
  hasCommit,
  makeEvents,
  numbersIn,
  run,
  scratch,
  start,
  summaryOf,
  toLines,
  until,
  upTo,
} from "./cli_process.ts";
import { answerRange, serve } from "./http_server.ts";

const text = toLines(makeEvents(60));

for (const runtime of ["deno", "bun"] as const) {
  test(`${runtime}: files, gzip and URLs are written and gone on with`, async () => {
    const file = join(scratch, `${runtime}.ndjson`);
    writeFileSync(file, gzipSync(toLines(makeEvents(30))));
    const server = await serve((request, response) =>
      answerRange(new TextEncoder().encode(text), request, response)
    );
    try {
      for (const input of [file, server.url]) {
        const out = join(scratch, `${runtime}-${input === file ? "file" : "url"}`);
        const args = ["write", input, "--out", out, "--time", "ts", "--json"];
        const first = summaryOf(await run(args, { runtime }));
        if (input === file) writeFileSync(file, gzipSync(text));
        const second = summaryOf(await run(args, { runtime }));
        assert.equal(first.source, "new");
        assert.equal(second.source, input === file ? "resumed" : "unchanged");
        assert.deepEqual(await numbersIn(out), upTo(60));
      }
    } finally {
      server.close();
    }
  });

  test(`${runtime}: a connection that breaks is an error`, async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": text.length });
      response.write(text.slice(0, 1000), () => response.destroy());
    });
    const args = ["write", server.url, "--out", join(scratch, `${runtime}-broken`)];
    const { code, stderr } = await run(args, { runtime });
    server.close();
    assert.equal(code, 1);
    assert.match(stderr, /^sluice: Cannot read http\S+: the connection broke after .*\n$/);
  });

  test(`${runtime}: standard input, and a signal that ends it`, async () => {
    const out = join(scratch, `${runtime}-stdin`);
    const running = await start(["write", "--out", out, "--time", "ts", "--json"], { runtime });
    running.child.stdin.write(text);
    await until(() => hasCommit(out));
    running.child.kill("SIGINT");
    const { code, stdout } = await running.ended;
    assert.equal(summaryOf({ code, stdout, stderr: "" }).written, 60);
    assert.deepEqual(await numbersIn(out), upTo(60));
  });

  test(`${runtime}: errors, exit codes and closed pipes`, async () => {
    const wrong = await run(["write", "--out"], { runtime });
    assert.deepEqual(wrong, {
      code: 2,
      stdout: "",
      stderr: 'sluice: --out needs a value: --out DIR\nTry "sluice write --help".\n',
    });
    const missing = await run(["write", "nowhere", "--out", "out"], { runtime });
    assert.equal(missing.code, 1);
    assert.equal(
      missing.stderr,
      "sluice: Cannot read nowhere: there is no such file or directory\n",
    );
    const command = (await cliCommand(runtime)).join(" ");
    const script = `${command} simulate | head -1 > /dev/null; echo \${PIPESTATUS[0]}`;
    const piped = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    assert.deepEqual([piped.stdout, piped.stderr], ["0\n", ""]);
  });
}
