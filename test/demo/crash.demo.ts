// The browser is killed at random moments, and started again on the same profile: every event that
// was acknowledged is in the table once.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { type Browser, chromium, type Page } from "playwright";
import { simulateEvents } from "../../mod.ts";
import {
  type BrowserProcess,
  makeProfile,
  removeProfile,
  startBrowser,
} from "../../scripts/browser/start.mjs";
import { downloadTable } from "./downloads.ts";
import {
  countOf,
  finish,
  ORIGIN,
  PATIENCE_MS,
  simulate,
  waitForCount,
  waitForPhase,
  watch,
} from "./support.ts";

const ROUNDS = Number(process.env["SLUICE_DEMO_ROUNDS"]);
/** From when the browser writes, or begins to recover, to its death. */
const MAX_LIFE_MS = 1500;
/** Of the simulated shop: what the page simulates, from its own seed on. */
const SHOP = { sessionsPerDay: 100_000, users: 2000 };

/** How many of the events of a simulation were acknowledged at least. */
interface Acknowledged {
  readonly seed: number;
  readonly start: number;
  readonly events: number;
}

/** A browser that can be killed, and the page that is open in it. */
interface Victim {
  readonly process: BrowserProcess;
  readonly browser: Browser;
  readonly page: Page;
}

test(`the browser is killed ${ROUNDS} times, and no event is lost or doubled`, async (t) => {
  const profile = makeProfile("demo-crash");
  const faults: string[] = [];
  const runs: Acknowledged[] = [];
  let victim: Victim | undefined;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      victim = await start(profile, faults);
      const { page } = victim;
      if (round === 0) await simulate(page, { steps: 33 });
      else {
        await waitForPhase(page, "kept");
        await page.click("#go-on");
      }
      // Mostly while it writes, and at times while it recovers from the time before.
      if (round === 0 || Math.random() < 0.7) await waitForCount(page, "accepted", 1);
      let seen = 0;
      const end = performance.now() + Math.random() * MAX_LIFE_MS;
      while (performance.now() < end) seen = await countOf(page, "accepted");
      assert.equal(await page.locator("#error").innerText(), "");
      runs.push({ ...await runOf(page), events: seen });
      await victim.process.kill();
      await victim.browser.close();
      victim = undefined;
    }
    victim = await start(profile, faults);
    const { page } = victim;
    await waitForPhase(page, "kept");
    await page.click("#go-on");
    await waitForCount(page, "accepted", 500);
    await finish(page);
    runs.push({ ...await runOf(page), events: await countOf(page, "accepted") });

    using table = await downloadTable(page);
    const ids = await table.values("event_id");
    const there = new Set(ids);
    assert.equal(there.size, ids.length, "an event is there twice");
    assert.equal(ids.length, await countOf(page, "written"));
    for (const { seed, start, events } of runs) {
      for await (const { event_id } of simulateEvents({ ...SHOP, seed, start, events })) {
        assert(there.has(event_id), `an event of run ${seed} is lost`);
      }
    }
    assert.equal(new Set(runs.map(({ seed }) => seed)).size, runs.length);
    const counts = runs.map(({ events }) => events);
    t.diagnostic(`acknowledged before each end: ${counts.join(", ")}; rows: ${ids.length}`);
    // The other page asks for an icon that there is not.
    assert.deepEqual(faults.filter((text) => !/404/.test(text)), [], "errors in the browser");
  } finally {
    await victim?.process.kill();
    removeProfile(profile);
  }
});

async function start(profile: string, faults: string[]): Promise<Victim> {
  // With a quota the browser listens to what drives it; it opens something that is not the demo. It
  // is a large one: after a kill Chromium may take the site to use 2^32 bytes more than it does.
  const url = `${ORIGIN}/favicon.svg`;
  const process = await startBrowser("chromium", url, { profile, quotaBytes: 1e12 });
  const endpoint = await process.lineOf(/^DevTools listening on (.*)$/m);
  const browser = await chromium.connectOverCDP(endpoint);
  const context = browser.contexts()[0]!;
  context.setDefaultTimeout(PATIENCE_MS);
  await watch(context, faults);
  const page = await context.newPage();
  await page.goto(ORIGIN);
  return { process, browser, page };
}

/** What the page has noted of its run. */
async function runOf(page: Page): Promise<Omit<Acknowledged, "events">> {
  const { run, startMs } = await page.evaluate(async () => {
    const opened = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await opened(indexedDB.open("sluice-demo"));
    const notes = database.transaction("notes").objectStore("notes");
    const note = await opened(notes.get("run")) as { run: number; startMs: number };
    database.close();
    return note;
  });
  return { seed: run, start: startMs };
}
