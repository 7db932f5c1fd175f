// The handlers of examples/deno-edge, served by Deno.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { unzipSync } from "fflate";
import { parquetReadObjects } from "hyparquet";
import { simulateJsonLines } from "../../mod.ts";
import { S3Store } from "../../src/stores/s3.ts";
import { emptyDirectory } from "../docs/snippets.ts";
import { int } from "../interop/cells.ts";
import { literal, openDuckDB, query } from "../interop/duckdb.ts";
import { startS3Server } from "../stores/s3_server.ts";

const COUNT = 60;
const EVENTS = await new Response(simulateJsonLines({ events: COUNT, seed: 3 })).text();

/** Serves a program of the examples, with these rights, while `use` runs. */
async function served(
  program: string,
  { args = [], env = {} }: {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  },
  use: (url: string) => Promise<void>,
): Promise<void> {
  const deno = spawn(resolve("node_modules/.bin/deno"), [
    "serve",
    "--check",
    "--port=0",
    "--host=127.0.0.1",
    ...args,
    `examples/deno-edge/${program}`,
  ], { env: { ...process.env, ...env, NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] });
  try {
    await use(await urlOf(deno));
  } finally {
    const exit = once(deno, "exit");
    deno.kill();
    await exit;
  }
}

async function urlOf(deno: ChildProcess): Promise<string> {
  let text = "";
  deno.stdout!.resume();
  for await (const line of createInterface(deno.stderr!)) {
    const [url] = /http:\S+/.exec(line) ?? [];
    if (url !== undefined) return url;
    text += `${line}\n`;
  }
  throw new Error(`Cannot find where Deno listens: ${text}`);
}

function post(url: string, headers: Record<string, string> = {}, body = EVENTS): Promise<Response> {
  return fetch(url, { method: "POST", body, headers });
}

test("to_download.ts answers with Parquet", async () => {
  await served("to_download.ts", { args: ["--allow-read"] }, async (url) => {
    const zip = await post(`${url}?download=zip`);
    assert.equal(zip.status, 200);
    const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
    const names = Object.keys(files).filter((name) => name.endsWith(".parquet"));
    assert.ok(names.length > 10);
    assert.match(names[0]!, /^year=\d+\/month=\d+\/day=\d+\/page_url_path=[^/]+\/\w+-1h-main-0/);
    assert.ok(files["_delta_log/00000000000000000000.json"]);

    const one = await post(`${url}?download=parquet`, {}, `${EVENTS}{"no":"time"}\nno event\n`);
    assert.equal(one.status, 200);
    assert.equal(one.headers.get("x-dead-letters"), "2");
    const rows = await parquetReadObjects({ file: await one.arrayBuffer() });
    assert.equal(rows.length, COUNT);

    assert.equal((await post(`${url}?download=parquet`, {}, "no event\n")).status, 422);
    assert.equal((await post(url)).status, 400);
    assert.equal((await fetch(`${url}?download=zip`)).status, 400);
  });
});

test("to_bucket.ts writes the files of a batch, and the same when it is sent again", async (t) => {
  const server = await startS3Server();
  if (typeof server === "string") return t.skip(server);
  try {
    const { endpoint, bucket, accessKeyId, secretAccessKey } = await server.bucket("lake");
    const env = {
      S3_ENDPOINT: String(endpoint),
      S3_BUCKET: bucket!,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
    };
    const store = new S3Store({ endpoint, bucket, prefix: "events", accessKeyId, secretAccessKey });
    await served(
      "to_bucket.ts",
      { args: ["--allow-env", "--allow-net", "--allow-read"], env },
      async (url) => {
        const first = await post(url, { "idempotency-key": "batch_1" });
        assert.equal(first.status, 204, await first.text());
        const files = await download(store);
        assert.ok(files.size > 10);
        assert.equal((await post(url, { "idempotency-key": "batch_1" })).status, 204);
        assert.deepEqual(await download(store), files);

        assert.equal((await post(url, { "idempotency-key": "batch_2" })).status, 204);
        assert.equal((await post(url)).status, 400);
        assert.equal((await post(url, { "idempotency-key": "../x" })).status, 400);
      },
    );

    const directory = emptyDirectory("deno_edge");
    for (const [key, bytes] of await download(store)) {
      mkdirSync(dirname(join(directory, key)), { recursive: true });
      writeFileSync(join(directory, key), bytes);
    }
    const files = literal(join(directory, "**/*.parquet"));
    const counted = await query(
      await openDuckDB(),
      `SELECT count(*) n FROM read_parquet(${files})`,
    );
    assert.deepEqual(counted.rows, [{ n: int(2 * COUNT) }]);
  } finally {
    await server.stop();
  }
});

async function download(store: S3Store): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const { key } of store.list("")) files.set(key, (await store.get(key))!);
  return files;
}
