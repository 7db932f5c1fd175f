import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { readSnapshot, simulateJsonLines } from "../../mod.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { compileForNode, emptyDirectory, run } from "./snippets.ts";

const DENO = resolve("node_modules/.bin/deno");
const BUN = resolve("node_modules/.bin/bun");

test("every example is tested here", () => {
  assert.deepEqual(readdirSync("examples").sort(), [
    "browser", // test/demo/example.demo.ts
    "cloudflare-worker", // test/cloudflare/
    "deno-edge", // test/edge/deno_edge.node.test.ts
    "deno_stdin.ts",
    "node_ingest.mjs",
    "window_reduce.ts",
  ]);
});

test("deno_stdin.ts writes what comes from standard input", async () => {
  const directory = emptyDirectory("deno_stdin");
  const events = join(directory, "events.ndjson");
  await writeFile(events, simulateJsonLines({ events: 200 }));
  const out = join(directory, "out");
  const permissions = "--allow-read --allow-write";
  const { status, output } = run([
    "sh",
    "-c",
    `${DENO} run --check ${permissions} examples/deno_stdin.ts ${out} < ${events}`,
  ]);
  assert.equal(status, 0, output);
  assert.match(output, /^200 events: 200 written, 0 dead letters$/m);
  assert.ok((await readSnapshot(new FsStore(out)))!.files.size > 0);
});

test("node_ingest.mjs writes what it is sent", async () => {
  const directory = emptyDirectory("node_ingest");
  const program = await compileForNode(directory, "examples/node_ingest.mjs");
  const server = spawn(process.execPath, [program, "out"], {
    cwd: directory,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
    const { value: greeting = "" } = await lines.next() as IteratorResult<string, undefined>;
    const [url] = /http:.*/.exec(greeting)!;
    const response = await fetch(url, { method: "POST", body: '{"page":"/home"}\n{"page":\n' });
    assert.deepEqual(await response.json(), { accepted: 2, deadLettered: 1 });
    server.kill("SIGTERM");
    assert.deepEqual(await lines.next(), { done: false, value: "1 events written" });
    if (server.exitCode === null) await once(server, "exit");
    assert.equal(server.exitCode, 0);
  } finally {
    server.kill("SIGKILL");
  }
});

for (const command of [[DENO, "run"], [BUN]] as const) {
  test(`window_reduce.ts runs: ${command[0].replace(/.*[/]/, "")}`, () => {
    const { status, output } = run([...command, "examples/window_reduce.ts"]);
    assert.equal(status, 0, output);
    assert.match(output, /^2022-06-01T00:45:00.000Z \/home: \d+ views by \d+ users$/m);
  });
}
