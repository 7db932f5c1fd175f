import assert from "node:assert/strict";
import { test } from "node:test";
import type { Journal } from "../../mod.ts";
import { MemoryJournal } from "../../mod.ts";
import { IngestClient, type IngestClientOptions } from "../../src/client/mod.ts";
import { adoptSlots, type JournalSlots, openFreeSlot } from "../../src/client/journal_slots.ts";

const URL = "https://ingest.example.org/v1/events";

/** An ingest that remembers batches, and may be away, or lose its answers. */
class Ingest {
  readonly batches: Map<string, string> = new Map();
  readonly requests: Request[] = [];
  /** What it does with the next requests; then all is well again. */
  readonly plan: ("away" | "lost-answer" | number | Response)[] = [];

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input as string, init);
    this.requests.push(request);
    const step = this.plan.shift();
    if (step === "away") throw new TypeError("fetch failed");
    if (typeof step === "number") return new Response("no", { status: step });
    if (step instanceof Response) return step;
    const id = new globalThis.URL(request.url).searchParams.get("batch")!;
    const body = await request.text();
    assert.equal(this.batches.get(id) ?? body, body, "the same batch has the same bytes");
    this.batches.set(id, body);
    if (step === "lost-answer") throw new TypeError("fetch failed");
    return Response.json({});
  };

  get ids(): number[] {
    const lines = [...this.batches.values()].join("").split("\n").filter((line) => line !== "");
    return lines.map((line) => (JSON.parse(line) as { id: number }).id);
  }
}

function openClient(
  ingest: Ingest,
  journal: Journal,
  more: Partial<IngestClientOptions> = {},
): Promise<IngestClient> {
  return IngestClient.open({ url: URL, journal, gather: "1h", fetch: ingest.fetch, ...more });
}

test("events are sent together, with the token", async () => {
  const ingest = new Ingest();
  await using client = await openClient(ingest, new MemoryJournal(), { token: "secret" });
  await Promise.all([1, 2, 3].map((id) => client.send({ id })));
  await client.send([{ id: 4 }, { id: 5 }]);
  assert.equal(ingest.requests.length, 0);
  assert.equal(await client.flush(), true);
  assert.equal(ingest.requests.length, 1);
  assert.equal(ingest.requests[0]!.headers.get("authorization"), "Bearer secret");
  assert.deepEqual(ingest.ids, [1, 2, 3, 4, 5]);
});

test("a batch that is large enough is begun anew, and none is larger than it may be", async () => {
  const ingest = new Ingest();
  await using client = await openClient(ingest, new MemoryJournal(), { maxBatchBytes: 30 });
  for (let id = 0; id < 10; id++) await client.send({ id });
  await client.flush();
  assert.deepEqual(ingest.ids, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  for (const body of ingest.batches.values()) assert.ok(body.length <= 30);
});

test("what could not be sent is sent later, under the same ids and once", async () => {
  const ingest = new Ingest();
  const reasons: unknown[] = [];
  await using client = await openClient(ingest, new MemoryJournal(), {
    onDelay: (why) => reasons.push(why),
  });
  await client.send({ id: 1 });
  for (const step of ["away", "lost-answer", 503, 429, 401] as const) {
    ingest.plan.push(step);
    assert.equal(await client.flush(), false, `${step}`);
    await client.send({ id: ingest.requests.length + 1 });
  }
  assert.equal(await client.flush(), true);
  assert.equal(reasons.length, 5);
  assert.deepEqual(ingest.ids, [1, 2, 3, 4, 5, 6]);
  assert.equal(client.waitingBatches, 0);
});

test("a page that comes after a crash sends what was kept, byte for byte", async () => {
  const ingest = new Ingest();
  const journal = new MemoryJournal();
  const client = await openClient(ingest, journal);
  await client.send({ id: 1, text: "ä" });
  ingest.plan.push("lost-answer");
  await client.flush();
  await client.send({ id: 2 });
  await client.send({ id: 3 });
  const next = await openClient(ingest, journal.crash());
  assert.equal(await next.flush(), true);
  assert.deepEqual(ingest.ids, [1, 2, 3]);
  assert.equal(ingest.batches.size, 2);
  await next.close();
  assert.equal((await journal.crash().open()).segments.length, 0);
});

test("what an ingest will never take is told and not sent again, and the rest is", async () => {
  const ingest = new Ingest();
  const refused: unknown[] = [];
  await using client = await openClient(ingest, new MemoryJournal(), {
    onRefused: ({ status, message, body }) =>
      refused.push([status, message, new TextDecoder().decode(body)]),
  });
  await client.send({ id: 1 });
  ingest.plan.push(413);
  assert.equal(await client.flush(), true);
  await client.send({ id: 2 });
  ingest.plan.push(409); // taken before
  assert.equal(await client.flush(), true);
  assert.deepEqual(refused, [[413, "no", '{"id":1}\n']]);
  assert.deepEqual(ingest.ids, []);
});

test("what becomes of batches is told: sent, taken with dead letters, put off with words", async () => {
  const ingest = new Ingest();
  const told: unknown[] = [];
  const lines = (body: Uint8Array): string => new TextDecoder().decode(body);
  await using client = await openClient(ingest, new MemoryJournal(), {
    onSend: ({ body }) => told.push(["send", lines(body)]),
    onTaken: ({ body, deadLettered, deadLetters }) =>
      told.push(["taken", lines(body), deadLettered, deadLetters, client.waitingBatches]),
    onDelay: (why) => told.push(["delay", String(why)]),
  });
  await client.send([{ id: 1 }, { id: 2 }]);
  const message = "The token is wrong.";
  ingest.plan.push(Response.json({ error: { status: 401, message } }, { status: 401 }));
  await client.flush();
  const letter = { line: 2, reason: "missing-time", message: "it has no time" };
  ingest.plan.push(Response.json({ accepted: 2, deadLettered: 1, deadLetters: [letter] }));
  await client.flush();
  const body = '{"id":1}\n{"id":2}\n';
  assert.deepEqual(told, [
    ["send", body],
    ["delay", `Error: Cannot send a batch: the ingest answers 401: ${message}`],
    ["send", body],
    ["taken", body, 1, [letter], 0],
  ]);
});

test("what waits can be looked at, that of earlier pages and what is being gathered too", async () => {
  const ingest = new Ingest();
  const journal = new MemoryJournal();
  const before = await openClient(ingest, journal);
  await before.send({ id: 1 });
  const left = journal.crash();
  await before.close();
  await using client = await openClient(ingest, left);
  await client.send({ id: 2 });
  ingest.plan.push("away");
  await client.flush();
  await client.send({ id: 3 });
  const bodies: string[] = [];
  for await (const { body } of client.waiting()) bodies.push(new TextDecoder().decode(body));
  assert.deepEqual(bodies, ['{"id":1}\n', '{"id":2}\n', '{"id":3}\n']);
  assert.equal(await client.flush(), true);
  for await (const { id } of client.waiting()) assert.fail(`${id} still waits`);
});

test("a client that is closed while it sends leaves the rest to the next page", async () => {
  const ingest = new Ingest();
  const journal = new MemoryJournal();
  let close: Promise<void> | undefined;
  const client = await openClient(ingest, journal, {
    maxBatchBytes: 10,
    onSend: () => void (close ??= client.close()),
  });
  for (let id = 0; id < 3; id++) await client.send({ id });
  assert.equal(await client.flush(), false);
  await close;
  assert.equal(await client.flush(), false);
  assert.deepEqual(ingest.ids, [0]);
  assert.equal((await journal.crash().open()).segments.length, 2);
});

test("options are checked, and a closed client takes nothing", async () => {
  const ingest = new Ingest();
  await assert.rejects(openClient(ingest, new MemoryJournal(), { url: "/v1" }), /option "url"/);
  const journal = new MemoryJournal();
  await assert.rejects(openClient(ingest, journal, { maxBatchBytes: 0 }), /"maxBatchBytes"/);
  await journal.open(); // it was given free
  await journal.close();
  const client = await openClient(ingest, journal);
  await client.close();
  await assert.rejects(client.send({ id: 1 }), /closed/);
});

test("pages have journals of their own, and take over those of pages that are gone", async () => {
  const journals = [0, 1, 2].map(() => new MemoryJournal());
  const held = new Set<number>();
  const slots: JournalSlots = {
    count: 3,
    create: (slot) => journals[slot]!,
    exists: (slot) => Promise.resolve(slot < 2),
    claim: (slot) => {
      if (held.has(slot)) return Promise.resolve(undefined);
      held.add(slot);
      return Promise.resolve(() => void held.delete(slot));
    },
  };
  const pages = [await openFreeSlot(slots), await openFreeSlot(slots)];
  assert.deepEqual(pages.map(({ slot }) => slot), [0, 1]);
  const payload = Uint8Array.of(1);
  await pages[1]!.journal.append([{ segment: "a", payload }, { segment: "a", payload }]);
  await pages[1]!.journal.append([{ segment: "b", payload }]);
  await pages[0]!.journal.append([{ segment: "b", payload }]);
  assert.deepEqual(await adoptSlots(slots, pages[0]!, () => false), [], "its page is there");
  journals[1] = journals[1]!.crash();
  pages[1]!.release();
  assert.deepEqual(await adoptSlots(slots, pages[0]!, (segment) => segment === "b"), ["a"]);
  const lengths: Record<string, number> = {};
  for (const segment of ["a", "b"]) {
    for await (const { length } of pages[0]!.journal.read(segment)) {
      lengths[segment] = (lengths[segment] ?? 0) + length;
    }
  }
  assert.deepEqual(lengths, { a: 2, b: 1 });
  await openFreeSlot(slots);
  await openFreeSlot(slots);
  await assert.rejects(openFreeSlot(slots), /3 pages/);
});
