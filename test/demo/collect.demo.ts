// The page that sends its own clicks: to the example Worker, in workerd, which is killed meanwhile.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright";
import { exampleWith } from "../cloudflare/example_worker.ts";
import { metric, queryParquet, until, untilCommitted, unzipTo } from "../cloudflare/downloads.ts";
import {
  buildWorkerProgram,
  startWorker,
  type WorkerProgram,
} from "../cloudflare/worker_process.ts";
import { TOKEN } from "../cloudflare/workerd.ts";
import { auditOf, focused, tabTo } from "./audit.ts";
import { countOf, type Demo, openDemo, ORIGIN, waitForCount, waitForPhase } from "./support.ts";

const URL = `${ORIGIN}/collect.html`;
/** What a browser prints of requests that get no answer. */
const NO_ANSWER = /net::ERR_/;

/** The example Worker, at an address that stays the same. */
class ExampleWorker {
  readonly #program: WorkerProgram;
  readonly #state: string;
  readonly #port: number;
  #running: ReturnType<typeof startWorker> | undefined;

  constructor(program: WorkerProgram, state: string, port: number) {
    this.#program = program;
    this.#state = state;
    this.#port = port;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#running = startWorker(this.#program, this.#state, { port: this.#port });
    assert.equal(await this.#running.url, this.address);
  }

  async kill(): Promise<void> {
    this.#running?.kill();
    await this.#running?.ended;
  }

  readonly request = (path: string): Promise<Response> =>
    fetch(`${this.address}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
}

const directory = mkdtempSync(join(tmpdir(), "sluice-collect-"));
let worker: ExampleWorker;

before(async () => {
  // As it is, but that this page may send to it, and that windows are over in a moment.
  const example = exampleWith(`cors: { origins: ["${ORIGIN}"] }, idle: "1s",`);
  worker = new ExampleWorker(
    await buildWorkerProgram(example, directory),
    directory,
    await freePort(),
  );
  await worker.start();
});
after(async () => {
  await worker.kill();
  rmSync(directory, { recursive: true });
});

test("each click is in the Worker's table once: offline, after a kill, as the page goes", async () => {
  await using demo = await openDemo(URL);
  let { page } = demo;
  /** Clicks by what was clicked. */
  const clicks: Record<string, number> = {};
  const click = async (target: string, times: number): Promise<void> => {
    for (let i = 0; i < times; i++) await page.click(`[data-target="${target}"]`);
    clicks[target] = (clicks[target] ?? 0) + times * (target === "burst" ? 100 : 1);
  };
  let views = 0;
  const start = async (): Promise<void> => {
    await startToCollect(page);
    views++;
  };

  await start();
  await click("add-to-cart", 3);
  await click("burst", 1);
  await waitForCount(page, "taken", 104);
  assert.equal(await page.locator("#events b").first().innerText(), "acknowledged");
  await page.click('[data-target="no-time"]');
  await page.click("#send-now");
  await waitForCount(page, "dead", 1);
  assert.match(await page.locator("#reasons").innerText(), /^1 missing-time$/);
  assert.match(await page.locator("#banner-text").innerText(), /^Online/);

  // Offline, in earnest; and the page is closed before it is over.
  await demo.context.setOffline(true);
  await click("like", 3);
  await waitForCount(page, "kept", 3);
  await page.locator("#banner-text").filter({ hasText: "Offline" }).waitFor();
  await page.close();
  await demo.context.setOffline(false);
  page = await demo.open();
  await start();
  await page.click("#send-now");
  await waitForCount(page, "taken", 4);

  // The Worker is killed while events are sent to it.
  await click("burst", 5);
  await page.click("#send-now");
  await worker.kill();
  await click("add-to-cart", 2);
  await page.click("#send-now");
  await page.locator("#banner-text").filter({ hasText: "No answer" }).waitFor();
  assert(await countOf(page, "kept") >= 2);
  await worker.start();
  await waitForCount(page, "taken", 506); // nobody has to ask for it
  assert.equal(await countOf(page, "kept") + await countOf(page, "sent"), 0);

  // Pages go at once after a click, one to another page and one for good.
  const arrived = (): Promise<number> => metric(worker, "sluice_events_total");
  for (const leave of [() => page.goto("about:blank"), () => page.close()]) {
    const least = await arrived() + 1;
    await click("like", 1);
    await leave();
    await until(async () => await arrived() >= least || undefined);
    page = await demo.open();
    await start();
    await page.click("#send-now");
    await waitForCount(page, "taken", 1);
  }

  await untilCommitted(worker);
  await page.click("#look");
  await page.locator("#files li").filter({ hasText: "page_url_path=%2Fhome" }).first().waitFor();
  const table = join(directory, "table");
  mkdirSync(table);
  await unzipTo(table, await worker.request("/v1/zip"));
  const rows = await queryParquet(
    table,
    "SELECT coalesce(target, event_name), count(*), count(DISTINCT event_id) FROM $table GROUP BY ALL",
  );
  const found = Object.fromEntries(rows.map(([what, ...counts]) => [what!, counts.map(Number)]));
  const expected = Object.entries({ ...clicks, page_view: views });
  assert.deepEqual(found, Object.fromEntries(expected.map(([what, n]) => [what, [n, n]])));
  assertOnlyUnanswered(demo);
});

test("the page can be given another token, cut off from the Worker, and begun again", async () => {
  await using demo = await openDemo();
  const { page, faults } = demo;
  await waitForPhase(page, "ready");
  await page.getByRole("link", { name: "clicks to an ingest Worker" }).click();
  await page.waitForURL(URL);
  await startToCollect(page, "wrong");
  await page.click("#send-now");
  const banner = page.locator("#banner-text").filter({ hasText: "the ingest answers 401" });
  await banner.waitFor();
  assert.doesNotMatch(await banner.innerText(), /[{}]/, "it is said in words");
  await page.click("#stop");
  const printed = faults.splice(0);
  assert(printed.every((text) => /status of 401/.test(text)), printed.join("\n"));
  await startToCollect(page);
  await waitForCount(page, "taken", 1); // what was kept is sent at once
  await page.click("#send-now");
  await waitForCount(page, "taken", 2);
  await page.check("#offline");
  await page.click('[data-target="like"]');
  await page.click("#send-now");
  await page.locator("#banner-text").filter({ hasText: "as you wish" }).waitFor();
  assert.equal(await countOf(page, "kept"), 1);
  await page.click("#stop");
  await waitForPhase(page, "ready");
  await page.uncheck("#offline");
  await page.click("#start");
  await waitForCount(page, "taken", 1);
  await page.reload();
  await waitForPhase(page, "ready");
  assert.equal(await page.locator("#address").inputValue(), worker.address);
  assert.equal(await page.locator("#token").inputValue(), "", "the token is not kept");
  const kept = await page.evaluate(() => JSON.stringify(localStorage));
  assert(!kept.includes(TOKEN), kept);
  await page.getByRole("link", { name: "Back" }).click();
  await page.locator("#tanks").waitFor();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`${colorScheme}: all can be done by keyboard, read, and seen on a phone`, async () => {
    await using demo = await openDemo(URL, { colorScheme, viewport: { width: 390, height: 844 } });
    const { page } = demo;
    await waitForPhase(page, "ready");
    const problems = await auditOf(page);
    await tabTo(page, "address");
    await page.keyboard.type(worker.address);
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "token");
    await page.keyboard.type(TOKEN);
    await tabTo(page, "start");
    await page.keyboard.press("Enter");
    await waitForPhase(page, "collecting");
    assert.equal(await focused(page), "stop", "the focus is lost when Start goes");
    await tabTo(page, "offline");
    await page.keyboard.press("Space");
    await tabTo(page, "send-now");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight"); // to the shop's second page
    for (let i = 0; i < 4; i++) {
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
    }
    await waitForCount(page, "kept", 103);
    problems.push(...await auditOf(page));
    await tabTo(page, "look");
    for (let i = 0; i < 20 && await focused(page) !== "offline"; i++) {
      await page.keyboard.press("Shift+Tab");
    }
    await page.keyboard.press("Space");
    await waitForCount(page, "dead", 1);
    await page.locator("#files li").first().waitFor();
    problems.push(...await auditOf(page));
    assert.deepEqual([...new Set(problems)], []);
  });
}

async function startToCollect(page: Page, token: string = TOKEN): Promise<void> {
  await waitForPhase(page, "ready");
  await page.fill("#address", worker.address);
  await page.fill("#token", token);
  await page.click("#start");
  await waitForPhase(page, "collecting");
}

/** While the Worker is away, browsers print that requests fail, and nothing else may be wrong. */
function assertOnlyUnanswered({ faults }: Demo): void {
  const printed = faults.splice(0);
  assert(printed.every((text) => NO_ANSWER.test(text)), printed.join("\n"));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
