// `S3Store` and servers that fail, forget or differ. With a real one: s3_server.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreError } from "../../src/errors.ts";
import { S3ResponseError, S3Store } from "../../src/stores/s3.ts";
import type { StoreEntry } from "../../src/stores/store.ts";
import { everyVerb, keysOf, patternOf } from "../../src/testing/store_helpers.ts";

/** A server in memory: as much of S3 as a store asks for. */
class FakeS3 {
  /** The bodies and tokens of objects, by path. */
  readonly objects = new Map<string, { body: Uint8Array; token: string | null }>();
  readonly requests: Request[] = [];
  /** What is answered in place of the server, or thrown; `undefined` leaves it to the server. */
  before: (request: Request) => Response | Error | undefined = () => undefined;
  /** The same, once the server has done it. */
  after: (request: Request) => Response | Error | undefined = () => undefined;
  heedsConditions = true;
  heedsRanges = true;

  readonly store = new S3Store({
    endpoint: "http://s3.test/",
    bucket: "tables",
    prefix: "a b",
    accessKeyId: "id",
    secretAccessKey: "key",
    fetch: (request) => this.#fetch(request as Request),
  });

  get methods(): string {
    return this.requests.map(({ method }) => method).join(" ");
  }

  async #fetch(request: Request): Promise<Response> {
    this.requests.push(request);
    const early = this.before(request);
    if (early instanceof Error) throw early;
    if (early !== undefined) return early;
    const answer = await this.#answer(request);
    const late = this.after(request);
    if (late instanceof Error) throw late;
    return late ?? answer;
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const found = this.objects.get(pathname);
    switch (request.method) {
      case "PUT": {
        const isConditional = request.headers.get("if-none-match") === "*";
        if (isConditional && found !== undefined && this.heedsConditions) return refusal(412);
        const body = new Uint8Array(await request.arrayBuffer());
        this.objects.set(pathname, { body, token: request.headers.get("x-amz-meta-sluice-put") });
        return new Response();
      }
      case "DELETE":
        this.objects.delete(pathname);
        return new Response(null, { status: 204 });
      default: {
        if (request.url.includes("list-type=2")) return new Response("</ListBucketResult>");
        if (found === undefined) return refusal(404, "NoSuchKey");
        const { body, token } = found;
        const headers = new Headers({ "content-length": String(body.length) });
        if (token !== null) headers.set("x-amz-meta-sluice-put", token);
        if (request.method === "HEAD") return new Response(null, { headers });
        const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("range") ?? "") ??
          [];
        if (first === undefined || !this.heedsRanges) return new Response(new Uint8Array(body));
        const start = first === "" ? Math.max(body.length - Number(last), 0) : Number(first);
        const end = first === "" || last === "" ? body.length : Number(last) + 1;
        if (start >= body.length) return refusal(416, "InvalidRange");
        return new Response(body.slice(start, end), {
          status: 206,
          headers: { "content-range": `bytes ${start}-${end - 1}/${body.length}` },
        });
      }
    }
  }
}

function refusal(status: number, code = "PreconditionFailed"): Response {
  return new Response(`<Error><Code>${code}</Code><Message>so &amp; so</Message></Error>`, {
    status,
  });
}

/** Does something the first so many times it is asked. */
function first(times: number, run: () => Response | Error): FakeS3["before"] {
  return () => times-- > 0 ? run() : undefined;
}

test("S3Store signs what it sends, with a digest of the body", async () => {
  const s3 = new FakeS3();
  await s3.store.put("%2F+é/(a)'!*=&?#", new TextEncoder().encode("abc"));
  const [{ url, headers }] = s3.requests as [Request];
  assert.equal(
    new URL(url).pathname,
    "/tables/a%20b/%252F%2B%C3%A9/%28a%29%27%21%2A%3D%26%3F%23",
  );
  assert.equal(
    headers.get("x-amz-content-sha256"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assert.match(
    headers.get("authorization")!,
    /SignedHeaders=host;x-amz-content-sha256;x-amz-date,/,
  );
});

for (
  const [what, failure] of Object.entries({
    "500": () => refusal(500, "InternalError"),
    "503": () => refusal(503, "SlowDown"),
    "429": () => new Response("slow down", { status: 429 }),
    "409": () => refusal(409, "ConditionalRequestConflict"),
    "400 RequestTimeout": () => refusal(400, "RequestTimeout"),
    "a broken connection": () => new TypeError("fetch failed"),
  })
) {
  test(`S3Store tries every verb again after ${what}`, async () => {
    const verbs = Object.keys(everyVerb(new FakeS3().store, "k"));
    await Promise.all(verbs.map(async (verb) => {
      const s3 = new FakeS3();
      await s3.store.put("k", patternOf(5, 1));
      s3.before = first(1, failure);
      const outcome = await everyVerb(s3.store, "k")[verb]!();
      if (verb === "get") assert.deepEqual(outcome, patternOf(5, 1));
      assert.equal(s3.before(s3.requests[0]!), undefined, verb);
    }));
  });
}

test("S3Store gives up after four requests, and names operation, key and answer", async () => {
  const s3 = new FakeS3();
  s3.before = () => refusal(503, "SlowDown");
  await assert.rejects(s3.store.get("a/b"), (error) => {
    assert(error instanceof StoreError);
    assert.equal(error.operation, "get");
    assert.equal(error.message, 'Cannot get "a/b": the S3 server answered 503 SlowDown: so & so');
    assert(error.cause instanceof S3ResponseError);
    assert.deepEqual([error.cause.status, error.cause.code], [503, "SlowDown"]);
    return true;
  });
  assert.equal(s3.methods, "GET GET GET GET");
});

test("S3Store does not try again what is refused", async () => {
  for (const code of ["AccessDenied", "SignatureDoesNotMatch"]) {
    const s3 = new FakeS3();
    s3.before = () => refusal(403, code);
    for (const run of Object.values(everyVerb(s3.store, "k"))) {
      await assert.rejects(run, { name: "StoreError", message: /403/ });
    }
    // Beside a list there may be a HEAD, sent or not.
    assert.equal(s3.methods.replace("HEAD ", ""), "PUT PUT DELETE GET GET GET DELETE");
  }
});

test("S3Store does not take a bucket that is not there for an empty one", async () => {
  const s3 = new FakeS3();
  s3.before = (request) => refusal(404, request.method === "HEAD" ? undefined : "NoSuchBucket");
  for (const verb of ["get", "getRange", "list", "delete", "put", "put if absent"]) {
    await assert.rejects(everyVerb(s3.store, "k")[verb]!, { message: /NoSuchBucket/ }, verb);
  }
});

test("S3Store knows its own put by the token when the answer was lost", async () => {
  const s3 = new FakeS3();
  await s3.store.put("before", new Uint8Array(1), { ifAbsent: true });
  s3.after = first(1, () => new TypeError("connection reset"));
  assert.equal(await s3.store.put("k", patternOf(5, 1), { ifAbsent: true }), true);
  s3.after = () => undefined;
  assert.equal(await s3.store.put("k", patternOf(5, 1), { ifAbsent: true }), false);

  // Another put of the same bytes came first, and then an answer is lost.
  s3.after = first(1, () => refusal(500, "InternalError"));
  assert.equal(await s3.store.put("k", patternOf(5, 1), { ifAbsent: true }), false);
});

test("S3Store refuses to put if absent where the server does not heed it", async () => {
  const s3 = new FakeS3();
  s3.heedsConditions = false;
  for (let time = 0; time < 2; time++) {
    await assert.rejects(s3.store.put("k", patternOf(5, 1), { ifAbsent: true }), {
      name: "StoreError",
      message: /^Cannot put "k": the S3 server does not heed If-None-Match/,
    });
    assert.deepEqual([...s3.objects.keys()], []);
  }
  assert.equal(await s3.store.put("k", patternOf(5, 1)), true);
});

test("S3Store tries out conditions once, also after a failure", async () => {
  const s3 = new FakeS3();
  s3.before = first(1, () => refusal(503, "SlowDown"));
  const puts = ["k", "l", "m"].map((key) =>
    s3.store.put(key, new Uint8Array(1), { ifAbsent: true })
  );
  assert.deepEqual(await Promise.all(puts), [true, true, true]);
  assert.equal(s3.objects.size, 3);
  s3.requests.length = 0;
  await s3.store.put("n", new Uint8Array(1), { ifAbsent: true });
  assert.equal(s3.methods, "PUT");
});

test("S3Store reads ranges from a server that gives the whole", async () => {
  const s3 = new FakeS3();
  s3.heedsRanges = false;
  await s3.store.put("k", patternOf(10, 1));
  for (const [start, end] of [[2, 5], [2], [-3], [-3, 8], [-100, 3], [20]] as const) {
    assert.deepEqual(
      await s3.store.getRange("k", { start, end }),
      patternOf(10, 1).slice(start, end),
      `${start} to ${end}`,
    );
  }
});

test("S3Store reads lists as servers write them", async () => {
  const pages: Readonly<Record<string, string>> = {
    "": `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
      <Name>tables</Name><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
      <Contents><Key>a+b/</Key><Size>0</Size></Contents>
      <Contents><Key>a+b/directory/</Key><Size>0</Size></Contents>
      <Contents><Key>a+b/p%C3%A4ge%3D%252Fhome/a%2Bb+c%20d</Key><Size>12</Size></Contents>
      <Contents><Size>0</Size><ETag>&quot;x&quot;</ETag><Key>a%20b/z%01</Key></Contents>
      <NextContinuationToken>1/=&amp;+</NextContinuationToken></ListBucketResult>`,
    "1/=&+": `<ListBucketResult><IsTruncated>false</IsTruncated>
      <Contents><Key>a b/&lt;&#x1f600;&#9;&gt;+%2F</Key><Size>1</Size></Contents></ListBucketResult>`,
  };
  const s3 = new FakeS3();
  s3.before = ({ url }) => {
    const { searchParams } = new URL(url);
    assert.equal(searchParams.get("prefix"), "a b/");
    return new Response(pages[searchParams.get("continuation-token") ?? ""]);
  };
  const entries: StoreEntry[] = [];
  for await (const entry of s3.store.list("")) entries.push(entry);
  assert.deepEqual(entries, [
    { key: "päge=%2Fhome/a+b c d", size: 12 },
    { key: "z\u0001", size: 0 },
    { key: "<😀\t>+%2F", size: 1 },
  ]);
});

test("S3Store takes nothing else for a list, nor a part of one for the whole", async () => {
  const answers = [
    ["<html>Sign in</html>", /answered a list with something else/],
    ["<ListBucketResult><Contents><Key>a</Key>", /answered a list with something else/],
    ["<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", /cut a list short/],
  ] as const;
  await Promise.all(answers.map(async ([body, message]) => {
    const s3 = new FakeS3();
    s3.before = () => new Response(body);
    await assert.rejects(keysOf(s3.store, ""), { name: "StoreError", message });
  }));
});

test("S3Store ends a request that is under way with its signal", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const store = new S3Store({
    endpoint: "http://s3.test",
    accessKeyId: "id",
    secretAccessKey: "key",
    fetch: (input) =>
      new Promise((_, reject) => {
        const { signal } = input as Request;
        signal.addEventListener("abort", () => reject(signal.reason));
        controller.abort(reason);
      }),
  });
  await assert.rejects(store.get("k", { signal: controller.signal }), reason);
});

test("S3Store waits no longer to try again than until its signal is aborted", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const s3 = new FakeS3();
  s3.before = () => {
    setTimeout(() => controller.abort(reason), 0);
    return refusal(503, "SlowDown");
  };
  await assert.rejects(s3.store.get("k", { signal: controller.signal }), reason);
  assert.equal(s3.methods, "GET");
});

test("S3Store refuses options that cannot be", () => {
  const credentials = { accessKeyId: "id", secretAccessKey: "key" };
  assert.throws(() => new S3Store({ endpoint: "s3", ...credentials }), TypeError);
  assert.throws(
    () => new S3Store({ endpoint: "http://s3", prefix: "a/", ...credentials }),
    TypeError,
  );
});
