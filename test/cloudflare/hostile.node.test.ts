import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { R2BucketLike } from "../../src/stores/r2.ts";
import { emptyDirectory } from "../docs/snippets.ts";
import { downloadTable, metric, queryParquet, untilCommitted } from "./downloads.ts";
import { bundleWorker, ingestWith, runWorker, TOKEN, workerdOptions } from "./workerd.ts";

const bundle = await bundleWorker(ingestWith(`
  window: sluice.tumbling("1h"), idle: "1s", partitionBy: ["page"], maxEventBytes: 10_000,
  maxBodyBytes: 65_536, maxEvents: 200, maxInFlightBytes: 100_000, bodyTimeout: "400ms",
`));
const worker = await runWorker(
  workerdOptions(bundle, { directory: emptyDirectory("edge_hostile") }),
);
after(() => worker.miniflare.dispose());
const bucket = await worker.miniflare.getR2Bucket("BUCKET") as unknown as R2BucketLike;
await bucket.put("secret.txt", new TextEncoder().encode("secret"));

/** A refusal: its status, and a message that says what to do. */
async function assertRefused(response: Response, status: number, message: RegExp): Promise<void> {
  const { error } = await response.json();
  assert.deepEqual([response.status, error.status], [status, status], error.message);
  assert.match(error.message, message);
}

for (
  const [what, authorization] of [
    ["no token", undefined],
    ["another token", "Bearer another"],
    ["a token that only begins right", `Bearer ${TOKEN}-`],
    ["the beginning of the token", `Bearer ${TOKEN.slice(0, -1)}`],
    ["another scheme", `Basic ${TOKEN}`],
    ["a token of a megabyte", `Bearer ${"x".repeat(10_000)}`],
  ] as const
) {
  test(`${what} is refused with 401, whatever is asked for`, async () => {
    const headers = new Headers(authorization === undefined ? {} : { authorization });
    for (
      const path of ["/v1/tables", "/v1/files/x", "/v1/zip", "/v1/metrics", "/v1/events", "/none"]
    ) {
      const method = path === "/v1/events" ? "POST" : "GET";
      const response = await fetch(`${worker.url}${path}`, { method, headers });
      assert.equal(response.headers.get("www-authenticate"), "Bearer");
      await assertRefused(response, 401, /authorization: Bearer/);
    }
  });
}

test("without a token of its own a Worker that should have one takes nothing", async () => {
  const directory = emptyDirectory("edge_no_token");
  await using other = await runWorker(
    workerdOptions(bundle, { directory, more: { bindings: { INGEST_TOKEN: "" } } }),
  );
  const headers = { authorization: "Bearer " };
  await assertRefused(await fetch(`${other.url}/v1/tables`, { headers }), 503, /set the secret/);
});

test("bodies that are too large are refused with 413, however they are sent", async () => {
  const large = "x".repeat(70_000);
  await assertRefused(await worker.post(large), 413, /more than 65536 bytes/);
  const streamed = await raw("/v1/events", { method: "POST", start: large });
  assert.equal(streamed.status, 413);
  assert.match(streamed.body, /several requests/);
});

test("a gzip bomb is refused with 413", async () => {
  const bomb = gzipSync(new Uint8Array(50 << 20));
  assert.ok(bomb.length < 65_536);
  const headers = { "content-encoding": "gzip" };
  await assertRefused(await worker.post(bomb, { headers }), 413, /compressed or not/);
  assert.equal((await worker.post("")).status, 200, "the Worker is there");
});

test("gzip that is none, is cut short or goes on is refused with 400", async () => {
  const headers = { "content-encoding": "gzip" };
  const whole = gzipSync('{"page":"/gzip"}\n');
  for (const body of ["no gzip", whole.subarray(0, -4), Buffer.concat([whole, Buffer.from("x")])]) {
    await assertRefused(await worker.post(body, { headers }), 400, /gzip/);
  }
});

test("a body that comes too slowly is refused with 408", async () => {
  const response = await raw("/v1/events", { method: "POST", start: '{"page":' });
  assert.equal(response.status, 408);
  assert.match(response.body, /did not arrive within 400 ms/);
});

test("too many events are refused with 413, as lines and as an array", async () => {
  await assertRefused(await worker.post("{}\n".repeat(201)), 413, /more than 200 events/);
  const headers = { "content-type": "application/json" };
  const array = `[${"1,".repeat(200)}1]`;
  await assertRefused(await worker.post(array, { headers }), 413, /more than 200 events/);
});

test("an array that is none is refused with 400", async () => {
  const headers = { "content-type": "application/json" };
  for (const body of ["", "1", "[1", "[1,]", "[1]]", "[}", '["]', "[,]", '[1] {"page":1}']) {
    await assertRefused(await worker.post(body, { headers }), 400, /not a JSON array/);
  }
});

test("types and encodings that are not known are refused with 415", async () => {
  for (const type of ["", "text/html", "application/x-www-form-urlencoded"]) {
    const response = await worker.post("{}", { headers: { "content-type": type } });
    await assertRefused(response, 415, /application\/x-ndjson/);
  }
  const headers = { "content-encoding": "br" };
  await assertRefused(await worker.post("{}", { headers }), 415, /gzip/);
});

test("other methods and paths are refused with 405 and 404", async () => {
  const response = await worker.request("/v1/events");
  assert.equal(response.headers.get("allow"), "POST");
  await assertRefused(response, 405, /Use POST/);
  await assertRefused(await worker.request("/v1/zip", { method: "DELETE" }), 405, /Use GET/);
  for (const path of ["/", "/v1", "/v1/events/", "/v2/events", "/append", "/log?key=x"]) {
    await assertRefused(await worker.request(path, { method: "POST" }), 404, /POST \/v1\/events/);
  }
});

test("a batch id that is none is refused with 400, one of other events with 409", async () => {
  for (const id of ["", "a%20b", "a/b", "x".repeat(129)]) {
    const response = await worker.post("{}\n", { query: `?batch=${id}` });
    await assertRefused(response, 400, /batch id must be/);
  }
  const body = '{"page":"/replay","id":1}\n';
  assert.equal((await worker.post(body, { query: "?batch=mine" })).status, 200);
  const other = await worker.post(body.replace("1", "2"), { query: "?batch=mine" });
  await assertRefused(other, 409, /id of its own/);
  const same = await (await worker.post(body, { query: "?batch=mine" })).json();
  assert.equal(same.isReplayed, true);
});

test("no path of a file leads out of the table", async () => {
  for (
    const path of [
      "../secret.txt",
      "..%2fsecret.txt",
      "%2e%2e%2fsecret.txt",
      "%2e%2e/secret.txt",
      "x/..%2f..%2f..%2fsecret.txt",
      "..%5csecret.txt",
      "%2fsecret.txt",
      "/secret.txt",
      ".%2f..%2fsecret.txt",
      "secret.txt%00",
      "%",
      "%ff%fe",
      "",
      "secret.txt",
      "../../secret.txt",
    ]
  ) {
    const { status, body } = await raw(`/v1/files/${path}`);
    assert.ok(status === 400 || status === 404, `${path}: ${status}`);
    assert.match(body, /^\{"error":/);
  }
  for (const prefix of ["..", "../", "/", "a//b", "a/../..", "\0", "x\\y"]) {
    const response = await worker.request(`/v1/zip?prefix=${encodeURIComponent(prefix)}`);
    await assertRefused(response, 400, /no key of a file/);
  }
});

test("values of keys make no paths, and lines that are bad in any way are dead letters", async () => {
  const pages = ["../../x", "..", ".", "/", "\0", "a\\b", "%2e%2e", "C:", "nul", "ä".repeat(30)];
  const good = [
    ...pages.map((page) => JSON.stringify({ page })),
    '{"page":"/proto","__proto__":{"page":"x"},"constructor":1}',
  ];
  const bad = [
    JSON.stringify({ page: "x".repeat(400) }),
    JSON.stringify({ page: "/long", text: "x".repeat(10_000) }),
    `{"page":"/deep","x":${"[".repeat(100)}${"]".repeat(100)}}`,
    '{"page":1e400}',
  ];
  const answer = await (await worker.post([...good, ...bad].join("\n"))).json();
  assert.deepEqual(
    answer.deadLetters.map(({ line, reason }: { line: number; reason: string }) => [line, reason]),
    [
      [good.length + 1, "partition-value-too-long"],
      [good.length + 2, "too-long"],
      [good.length + 3, "too-deep"],
      [good.length + 4, "number-out-of-range"],
    ],
  );
  await untilCommitted(worker);
  const { objects } = await bucket.list();
  for (const { key } of objects) {
    if (key === "secret.txt") continue;
    assert.match(key, /^events\/(_delta_log|_dead_letter|_sluice|page=[^/\\]*)\/[^/\\]+$/);
  }
  const found = await queryParquet(
    await downloadTable(worker),
    "SELECT page FROM $table ORDER BY page",
  );
  const read = new Set(found.flat());
  for (const page of pages.filter((page) => page !== "\0")) assert.ok(read.has(page), page);
});

test("beyond what can be held requests are refused with 429, and nothing is lost", async () => {
  const before = await metric(worker, "sluice_events_total");
  let refused = 0;
  await Promise.all(Array.from({ length: 40 }, async (_, batch) => {
    const text = "x".repeat(290);
    const body = Array.from({ length: 150 }, (_, i) => {
      return `{"page":"/load","id":${batch * 150 + i},"text":"${text}"}\n`;
    }).join("");
    for (;;) {
      const response = await worker.post(body, { query: `?batch=load-${batch}` });
      if (response.ok) return;
      assert.equal(response.headers.get("retry-after"), "2");
      await assertRefused(response, 429, /Send the same again after a while/);
      refused++;
      await new Promise((resolve) => setTimeout(resolve, 20 + 5 * batch));
    }
  }));
  assert.ok(refused > 0, "some were refused");
  assert.equal(await metric(worker, "sluice_events_total") - before, 6000);
  await untilCommitted(worker);
  const found = await queryParquet(
    await downloadTable(worker, "page=%2Fload"),
    "SELECT count(*), count(DISTINCT id) FROM $table",
  );
  assert.deepEqual(found, [["6000", "6000"]]);
});

/** A request whose path is sent as it is, and whose body may not come to its end. */
function raw(
  path: string,
  { method = "GET", start }: { readonly method?: string; readonly start?: string } = {},
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(worker.url);
    const request = httpRequest({
      hostname,
      port,
      path,
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(start !== undefined && { "content-type": "application/x-ndjson" }),
      },
    }, async (response) => {
      let body = "";
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode!, body });
      request.destroy();
    });
    request.on("error", reject);
    if (start === undefined) request.end();
    else request.write(start);
  });
}
