/** A page that sends its own clicks to an ingest Worker, and shows where each of them is. */

import { IngestClient } from "../../src/client/mod.ts";
import { all, byId } from "../page/dom.ts";
import { type ClickEvent, clickEvent } from "./click_event.ts";
import { Ledger } from "./ledger.ts";
import { recall, remember } from "./memory.ts";
import { showLedger, showLine } from "./show.ts";
import { showTable } from "./worker_table.ts";

/** How long events are gathered: long enough to be seen. */
const GATHER = "2s";
/** How often the Worker's table is looked at, while it answers. */
const LOOK_EVERY_MS = 8_000;

/** What goes on while events are collected. */
interface Session {
  readonly client: IngestClient;
  readonly origin: string;
  readonly token: string | undefined;
}

const address = byId<HTMLInputElement>("address");
const token = byId<HTMLInputElement>("token");
const offline = byId<HTMLInputElement>("offline");

let session: Session | undefined;
let ledger = new Ledger();
/** Why the last batch was not answered. */
let trouble: unknown;
/** Instead of what is said of the line. */
let note: string | undefined;
let isDrawing = false;

/** `fetch`, unless the page is to believe that it is offline. */
const send: typeof fetch = (...request) =>
  offline.checked ? Promise.reject(new TypeError("Pretending to be offline")) : fetch(...request);

byId("controls").addEventListener("submit", (event) => {
  event.preventDefault();
  void start();
  // On a phone the shop is below the form.
  if (matchMedia("(max-width: 1039px)").matches) byId("live").scrollIntoView();
});
byId("stop").addEventListener("click", () => void stop());
byId("send-now").addEventListener("click", () => void session?.client.flush());
byId("look").addEventListener("click", () => void look());
offline.addEventListener("change", () => {
  if (!offline.checked) void session?.client.flush();
  draw();
});
for (const name of ["online", "offline"]) addEventListener(name, draw);
for (const radio of all<HTMLInputElement>('input[name="page"]')) {
  radio.addEventListener("change", () => void collect([clickEvent(radio.value)]));
}
for (const button of all<HTMLButtonElement>("[data-target]")) {
  const { target, times = "1", broken } = button.dataset;
  button.addEventListener("click", () => {
    const options = { target: target!, hasTime: broken === undefined };
    void collect(Array.from({ length: Number(times) }, () => clickEvent(shownPage(), options)));
  });
}
setInterval(() => {
  const isWell = trouble === undefined && navigator.onLine && !offline.checked;
  if (isWell && document.visibilityState === "visible") void look();
}, LOOK_EVERY_MS);

byId("cors").textContent = `cors: { origins: [${JSON.stringify(location.origin)}] },`;
const last = recall();
address.value = last?.address ?? "";
setPhase("ready");
if (last?.hadToken === false) void start();
else if (last !== undefined) note = "Enter the token again to go on: it was not kept.";
draw();

async function start(): Promise<void> {
  if (document.body.dataset["phase"] !== "ready") return;
  const { origin } = new URL(address.value);
  const secret = token.value === "" ? undefined : token.value;
  setPhase("starting");
  const begun = ledger = new Ledger();
  trouble = note = undefined;
  try {
    const client = await IngestClient.open({
      url: new URL("/v1/events", origin).href,
      ...(secret !== undefined && { token: secret }),
      database: `collect ${origin}`,
      gather: GATHER,
      fetch: send,
      onSend: (batch) => tell(() => begun.send(batch)),
      onTaken: (batch) =>
        tell(() => {
          begun.take(batch);
          trouble = undefined;
        }),
      onRefused: (batch) => tell(() => begun.refuse(batch)),
      onDelay: (why) =>
        tell(() => {
          begun.delay();
          trouble = why;
        }),
    });
    session = { client, origin, token: secret };
  } catch (error) {
    note = error instanceof Error ? error.message : String(error);
    setPhase("ready");
    return draw();
  }
  remember({ address: address.value, hadToken: secret !== undefined });
  setPhase("collecting");
  void look();
  await learn(session.client);
  await collect([clickEvent(shownPage())]);
}

/** What earlier pages have left. */
async function learn(client: IngestClient): Promise<void> {
  for await (const { body } of client.waiting()) {
    const lines = new TextDecoder().decode(body).trimEnd().split("\n");
    ledger.keep(lines.map((line) => JSON.parse(line) as ClickEvent));
  }
  draw();
}

async function stop(): Promise<void> {
  const { client } = session!;
  session = undefined;
  note = "Stopped. What is kept here is sent when you start again.";
  setPhase("ready");
  draw();
  await client.close();
}

async function collect(events: readonly ClickEvent[]): Promise<void> {
  const begun = ledger;
  try {
    await session?.client.send(events);
    begun.keep(events);
  } catch (error) {
    trouble = error;
  }
  draw();
}

async function look(): Promise<void> {
  if (session !== undefined) await showTable({ ...session, fetch: send });
}

function shownPage(): string {
  return all<HTMLInputElement>('input[name="page"]').find(({ checked }) => checked)!.value;
}

function tell(change: () => void): void {
  change();
  draw();
}

function draw(): void {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    showLedger(ledger);
    const isCut = offline.checked;
    showLine({ host: session && new URL(session.origin).host, isCut, trouble, note });
  });
}

function setPhase(phase: "starting" | "ready" | "collecting"): void {
  const isLive = phase === "collecting";
  const hadFocus = document.activeElement?.closest("#place, .actions") != null;
  document.body.dataset["phase"] = phase;
  byId("start").hidden = isLive;
  byId<HTMLButtonElement>("start").disabled = false;
  byId("stop").hidden = byId("send-now").hidden = !isLive;
  byId<HTMLFieldSetElement>("place").disabled = isLive;
  byId<HTMLFieldSetElement>("shop").disabled = !isLive;
  byId<HTMLButtonElement>("look").disabled = !isLive;
  byId("intro").hidden = isLive;
  byId<HTMLDetailsElement>("setup").open = !isLive;
  // What had the focus gives it to what takes its place.
  if (hadFocus && phase !== "starting") {
    byId(isLive ? "stop" : "start").focus({ preventScroll: true });
  }
}
