import assert from "node:assert/strict";
import { test } from "node:test";
import { IngestClient } from "../../src/client/mod.ts";
import { newDatabase, removeDatabase } from "./support.ts";

type Plan = "taken" | "refused" | "lost";

test("IngestClient: events are kept while the ingest is away, and each arrives once", async () => {
  const url = await up("taken");
  const database = newDatabase();
  const client = await IngestClient.open({ url, database, gather: "1h" });
  const events = namedEvents(5);
  await down();
  await client.send(events.slice(0, 2));
  assert.equal(await client.flush(), false);
  for (const [i, plan] of (["refused", "lost"] as const).entries()) {
    await up(plan);
    await client.send(events[2 + i]!);
    assert.equal(await client.flush(), false, plan);
  }
  await client.close();

  // As after a reload: what was kept is sent under the ids that it had.
  await up("taken");
  const next = await IngestClient.open({ url, database, gather: "1h" });
  await next.send(events[4]!);
  assert.equal(await next.flush(), true);
  await assertEachOnce(events);
  await next.close();
  await removeDatabase(`${database}-0`);
});

test("IngestClient: a page that is loaded anew sends what it has kept", async () => {
  const url = await up("taken");
  await down();
  const database = newDatabase();
  const events = namedEvents(3);
  const frame = await openFrame({ url, database });
  await keep(frame, events);
  const opened = messageOf(frame, "open");
  frame.contentWindow!.location.reload();
  await opened;
  await up("taken");
  await keep(frame, namedEvents(1));
  frame.contentWindow!.dispatchEvent(new Event("online"));
  await untilArrived(events);
  await assertEachOnce(events);
  frame.remove();
});

for (
  const [how, query] of [
    ["by a request that outlives it", {}],
    ["with a token, which has to be asked for beforehand", { token: "secret" }],
    ["by a beacon", { beacon: "" }],
  ] as const
) {
  test(`IngestClient: what a page has is sent when it goes, ${how}`, async () => {
    const url = await up("taken");
    const database = newDatabase();
    const events = namedEvents(2);
    const frame = await openFrame({ url, database, ...query });
    await keep(frame, events);
    frame.remove();
    await untilArrived(events);

    // Nobody was there for the answer, so the next page sends it again, as it was.
    await navigator.locks.request(`sluice-client:${database}-0`, () => {}); // the page is gone
    const next = await IngestClient.open({ url, database });
    assert.equal(await next.flush(), true);
    await next.close();
    await assertEachOnce(events);
    const bodies = Object.values(await arrived()).find(([body]) => body!.includes(events[0]!.id));
    assert.equal(bodies?.length, 2);
    await removeDatabase(`${database}-0`);
  });
}

function namedEvents(count: number): { readonly id: string }[] {
  return Array.from({ length: count }, () => ({ id: crypto.randomUUID() }));
}

async function ask<T>(path: string, body: unknown = null): Promise<T> {
  return await (await fetch(path, { method: "POST", body: JSON.stringify(body) })).json() as T;
}

function up(plan: Plan): Promise<string> {
  return ask("/ingest/up", plan);
}

function down(): Promise<void> {
  return ask("/ingest/down");
}

/** What has come: every body of a batch, by its id. */
function arrived(): Promise<Readonly<Record<string, readonly string[]>>> {
  return ask("/ingest/batches");
}

async function untilArrived(events: readonly { readonly id: string }[]): Promise<void> {
  for (;;) {
    const text = JSON.stringify(await arrived());
    if (events.every(({ id }) => text.includes(id))) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A batch that came again was the same, and no event is in two batches. */
async function assertEachOnce(events: readonly { readonly id: string }[]): Promise<void> {
  const batches = Object.values(await arrived());
  for (const bodies of batches) assert.equal(new Set(bodies).size, 1, "a batch has changed");
  const lines = batches.map(([body]) => body!).join("");
  for (const { id } of events) assert.equal(lines.split(id).length - 1, 1, `event ${id}`);
}

async function openFrame(query: Readonly<Record<string, string>>): Promise<HTMLIFrameElement> {
  const frame = document.createElement("iframe");
  frame.src = `/client_frame?${new URLSearchParams(query)}`;
  const opened = messageOf(frame, "open");
  document.documentElement.append(frame);
  await opened;
  return frame;
}

async function keep(frame: HTMLIFrameElement, events: readonly object[]): Promise<void> {
  const kept = messageOf(frame, "kept");
  frame.contentWindow!.postMessage(events, "*");
  await kept;
}

function messageOf(frame: HTMLIFrameElement, wanted: string): Promise<void> {
  return new Promise((resolve) => {
    const listener = ({ source, data }: MessageEvent): void => {
      if (source !== frame.contentWindow || data !== wanted) return;
      removeEventListener("message", listener);
      resolve();
    };
    addEventListener("message", listener);
  });
}
