import assert from "node:assert/strict";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { R2BucketLike } from "../../src/stores/r2.ts";
import { emptyDirectory } from "../docs/snippets.ts";
import { downloadTable, metric, queryParquet, until, untilCommitted } from "./downloads.ts";
import { bundleWorker, EXAMPLE, ingestWith, runWorker, workerdOptions } from "./workerd.ts";

const BASE = Date.UTC(2026, 0, 1);

const bundles = {
  example: await bundleWorker(EXAMPLE),
  idle: await bundleWorker(ingestWith(`
    window: sluice.tumbling("15m"), time: "at", idle: "300ms", partitionBy: ["page"],
    cors: { origins: ["https://example.org"] },
  `)),
  arrival: await bundleWorker(ingestWith(`window: sluice.tumbling("1s"), partitionBy: ["page"]`)),
};

/** One Worker for each bundle, with tests that do not mind one another. */
const workers = new Map(
  await Promise.all(
    Object.entries(bundles).map(async ([name, bundle]) => {
      const directory = emptyDirectory(`edge_${name}`);
      return [name, await runWorker(workerdOptions(bundle, { directory }))] as const;
    }),
  ),
);
const example = workers.get("example")!;
const idle = workers.get("idle")!;
after(() => Promise.all(Array.from(workers.values(), ({ miniflare }) => miniflare.dispose())));

/** JSON lines of so many events, a second apart. */
function lines(from: number, count: number, { page = "/home" } = {}): string {
  return Array.from({ length: count }, (_, i) => {
    const id = from + i;
    return `{"id":${id},"at":${BASE + id * 1000},"page":"${page}"}\n`;
  }).join("");
}

test("the example takes events in, and they are in the table once their window is over", async () => {
  const event = (minute: number, path: string) =>
    `{"event_timestamp":"2026-01-01T00:${minute}:00Z","page_url_path":"${path}"}\n`;
  const first = await example.post(event(10, "/home") + event(11, "/ä b") + event(12, "/home"));
  assert.deepEqual(await first.json(), {
    accepted: 3,
    deadLettered: 0,
    deadLetters: [],
    isReplayed: false,
  });
  const second = await example.post(event(40, "/home") + event(40, "/ä b"));
  assert.equal(second.status, 200);
  await until(async () => await metric(example, "sluice_written_total") === 3 || undefined);
  const found = await queryParquet(
    await downloadTable(example),
    "SELECT page_url_path, year, count(*) FROM $table GROUP BY ALL ORDER BY ALL",
  );
  assert.deepEqual(found, [["/home", "2026", "2"], ["/ä b", "2026", "1"]]);
});

test("lines that are no events are answered with their number and reason, and kept", async () => {
  const body = `\n${lines(0, 1, { page: "/bad" })}\r\nno event\n[1]\n{"id":1}\n{"id":2,"at":"?"}\n`;
  const answer = await (await idle.post(body)).json();
  assert.deepEqual(
    answer.deadLetters.map(({ line, reason }: Record<string, unknown>) => [line, reason]),
    [[4, "malformed-json"], [5, "not-an-object"], [6, "missing-time"], [7, "invalid-time"]],
  );
  assert.deepEqual([answer.accepted, answer.deadLettered], [5, 4]);
});

test("an array is taken apart as it is, and so is gzip", async () => {
  const array = `[ {"id": 9007199254740993, "at": ${BASE},\n"page": "/ar],[\\"ray"}\n, "x" ]`;
  const answer = await (await idle.post(gzipSync(array), {
    query: "?batch=array",
    headers: { "content-type": "application/json; charset=utf-8", "content-encoding": "gzip" },
  })).json();
  assert.deepEqual([answer.accepted, answer.deadLetters[0].line], [2, 2]);
  const one = await idle.post(`{\n"id": 1,\n"at": ${BASE}, "page": "/one"\n}\n`, {
    headers: { "content-type": "application/json" },
  });
  assert.deepEqual((await one.json()).accepted, 1);
  const empty = await idle.post(" [ ] ", { headers: { "content-type": "application/json" } });
  assert.deepEqual((await empty.json()).accepted, 0);
  await untilCommitted(idle);
  const found = await queryParquet(
    await downloadTable(idle),
    `SELECT id, page FROM $table WHERE page LIKE '/ar%'`,
  );
  assert.deepEqual(found, [["9007199254740993", '/ar],["ray']]);
});

test("a batch that comes again is answered as before and taken once", async () => {
  const body = lines(100, 50, { page: "/batch" }) + lines(150, 50, { page: "/other" }) + "bad\n";
  const first = await (await idle.post(body, { query: "?batch=b-1" })).json();
  assert.equal(first.isReplayed, false);
  const again = await Promise.all(
    [1, 2, 3].map(async () => await (await idle.post(body, { query: "?batch=b-1" })).json()),
  );
  for (const answer of again) assert.deepEqual(answer, { ...first, isReplayed: true });
  const other = await idle.post(lines(200, 1, { page: "/batch" }), { query: "?batch=b-1" });
  assert.equal(other.status, 409);
  await untilCommitted(idle);
  const found = await queryParquet(
    await downloadTable(idle),
    "SELECT count(*), count(DISTINCT id) FROM $table WHERE id BETWEEN 100 AND 300",
  );
  assert.deepEqual(found, [["100", "100"]]);
});

test("an alarm closes windows that nothing more comes for, of arrival time too", async () => {
  const arrival = workers.get("arrival")!;
  await arrival.post('{"id":1,"page":"/a"}\n{"id":2,"page":"/b"}\n');
  await untilCommitted(arrival);
  const found = await queryParquet(
    await downloadTable(arrival),
    "SELECT id, page FROM $table ORDER BY id",
  );
  assert.deepEqual(found, [["1", "/a"], ["2", "/b"]]);
  // Shards with nothing left to do have closed their writers: there is no mark of a run.
  await until(async () => {
    const bucket = await arrival.miniflare.getR2Bucket("BUCKET") as unknown as R2BucketLike;
    const { objects } = await bucket.list({ prefix: "events/_sluice/" });
    return objects.length === 0 || undefined;
  });
});

test("what is in the journal is taken up after a restart, by an alarm alone", async () => {
  const directory = emptyDirectory("edge_restart");
  const options = workerdOptions(bundles.idle, { directory });
  const before = await runWorker(options);
  const body = lines(0, 1000, { page: "/restart" }) + "bad\n";
  const answer = await (await before.post(body, { query: "?batch=r" })).json();
  assert.equal(answer.accepted, 1001);
  await before.miniflare.dispose();
  await using worker = await runWorker(options);
  const again = await (await worker.post(body, { query: "?batch=r" })).json();
  assert.deepEqual(again, { ...answer, isReplayed: true });
  // Lines are numbered anew for each request, whatever the journal held before.
  const later = await worker.post(`${lines(1000, 2, { page: "/restart" })}worse\n`);
  assert.deepEqual((await later.json()).deadLetters[0].line, 3);
  await untilCommitted(worker);
  const found = await queryParquet(
    await downloadTable(worker),
    "SELECT count(*), count(DISTINCT id) FROM $table",
  );
  assert.deepEqual(found, [["1002", "1002"]]);
});

test("files are read by their keys, whole and in part", async () => {
  await idle.post(lines(950, 1, { page: "/files" }));
  await untilCommitted(idle);
  const { tables: [table] } = await (await idle.request("/v1/tables")).json();
  assert.equal(table.name, "events");
  assert.deepEqual(table.partitionBy, ["page"]);
  const { key, bytes } = table.files[0];
  const path = `/v1/files/${key.split("/").map(encodeURIComponent).join("/")}`;
  const whole = await idle.request(path);
  assert.equal(whole.headers.get("content-type"), "application/vnd.apache.parquet");
  const content = new Uint8Array(await whole.arrayBuffer());
  assert.equal(content.length, bytes);
  const head = await idle.request(path, { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), `${bytes}`);
  for (
    const [range, start, end] of [
      ["bytes=-4", bytes - 4, bytes],
      ["bytes=0-3", 0, 4],
      [`bytes=${bytes - 2}-${bytes + 7}`, bytes - 2, bytes],
    ] as const
  ) {
    const part = await idle.request(path, { headers: { range } });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get("content-range"), `bytes ${start}-${end - 1}/${bytes}`);
    assert.deepEqual(new Uint8Array(await part.arrayBuffer()), content.slice(start, end));
  }
  const beyond = await idle.request(path, { headers: { range: `bytes=${bytes}-` } });
  assert.equal(beyond.status, 416);
});

test("a part of the table is archived by its prefix", async () => {
  await idle.post(lines(900, 1, { page: "/only" }));
  await untilCommitted(idle);
  const found = await queryParquet(
    await downloadTable(idle, "page=%2Fonly"),
    "SELECT id FROM $table",
  );
  assert.deepEqual(found, [["900"]]);
});

test("pages of an origin that is allowed may call, others not, and none by default", async () => {
  const ask = (worker: typeof idle, origin: string) =>
    fetch(`${worker.url}/v1/events`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
  const allowed = await ask(idle, "https://example.org");
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers.get("access-control-allow-origin"), "https://example.org");
  assert.match(allowed.headers.get("access-control-allow-headers")!, /authorization/);
  assert.equal((await ask(idle, "https://example.com")).status, 403);
  assert.equal((await ask(example, "https://example.org")).status, 403);
  const headers = { origin: "https://example.org" };
  const answered = await idle.post("", { headers });
  assert.equal(answered.headers.get("access-control-allow-origin"), "https://example.org");
  const refused = await fetch(`${idle.url}/v1/tables`, { headers });
  assert.equal(refused.headers.get("access-control-allow-origin"), "https://example.org");
  const other = await example.post("", { headers });
  assert.equal(other.headers.get("access-control-allow-origin"), null);
});

test("metrics are what Prometheus reads", async () => {
  const response = await idle.request("/v1/metrics");
  assert.match(response.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  assert.match(text, /^# TYPE sluice_events_total counter$/m);
  assert.match(text, /^sluice_up\{shard="shard3"\} 1$/m);
  for (const line of text.trimEnd().split("\n")) {
    assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+\{shard="shard\d"\} \d+)$/);
  }
});
