// The demo in a real browser, and what every test of it looks out for.
import assert from "node:assert/strict";
import process from "node:process";
import { type BrowserContext, chromium, type Page } from "playwright";
import { makeProfile, removeProfile } from "../../scripts/browser/start.mjs";
import { findBrowser } from "../../scripts/browsers.mjs";

/** Where the demo is served. */
export const ORIGIN: string = process.env["SLUICE_DEMO"]!;

/** How long anything may take. */
export const PATIENCE_MS = 60_000;

const ARGUMENTS = [
  "--no-sandbox", // it refuses to run as root otherwise
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** A browser with a profile of its own. */
export interface Demo extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What went wrong so far. */
  readonly faults: string[];
  /** Another tab. */
  open(): Promise<Page>;
}

/** What a browser is started with. */
export interface DemoOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: "light" | "dark";
}

/**
 * Opens the demo. When it is given free, nothing may have been refused by the Content-Security-
 * Policy, and no error may have been printed or thrown, in any tab.
 */
export async function openDemo(
  url: string = ORIGIN,
  options: DemoOptions = {},
): Promise<Demo> {
  const profile = makeProfile("demo");
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findBrowser("chromium"),
    args: ARGUMENTS,
    viewport: options.viewport ?? { width: 1280, height: 900 },
    colorScheme: options.colorScheme ?? "light",
    acceptDownloads: true,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  await watch(context, faults);
  const open = async (): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(url);
    return page;
  };
  const page = await open();
  return {
    context,
    page,
    faults,
    open,
    async [Symbol.asyncDispose]() {
      await context.close();
      removeProfile(profile);
      assert.deepEqual(faults, [], "errors in the browser");
    },
  };
}

/** Collects what goes wrong in a browser. */
export async function watch(context: BrowserContext, faults: string[]): Promise<void> {
  await context.exposeBinding("reportFault", (_, text: string) => void faults.push(text));
  await context.addInitScript(() => {
    // Playwright cannot choose where a file is saved.
    delete (globalThis as { showSaveFilePicker?: unknown }).showSaveFilePicker;
    document.addEventListener("securitypolicyviolation", (event) => {
      const { reportFault } = globalThis as unknown as { reportFault(text: string): void };
      reportFault(`${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`);
    });
  });
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
  });
  context.on("weberror", (error) => faults.push(String(error.error().stack)));
}

/** Waits until the page is in a phase, such as `running`. */
export async function waitForPhase(page: Page, phase: string): Promise<void> {
  const reached = page.waitForFunction(
    (wanted) => document.body.dataset["phase"] === wanted,
    phase,
    { timeout: PATIENCE_MS },
  );
  await orSay(page, `phase ${phase}`, reached);
}

/** Waits until a counter has reached a value. */
export async function waitForCount(page: Page, id: string, least: number): Promise<void> {
  const reached = page.waitForFunction(
    ([id, least]) => Number(document.getElementById(`count-${id}`)?.dataset["value"]) >= least,
    [id, least] as const,
    { timeout: PATIENCE_MS },
  );
  await orSay(page, `${least} ${id}`, reached);
}

/** Says what the page shows, if what is waited for does not come. */
async function orSay(page: Page, wanted: string, reached: Promise<unknown>): Promise<void> {
  try {
    await reached;
  } catch (cause) {
    const shown = await page.evaluate(() => [
      document.body.dataset["phase"],
      ...["banner", "error", "counters"].map((id) => document.getElementById(id)?.innerText),
    ]);
    throw new Error(`Cannot see ${wanted}: the page shows ${shown.join("; ")}`, { cause });
  }
}

/** What a counter shows. */
export async function countOf(page: Page, id: string): Promise<number> {
  return Number(await page.locator(`#count-${id}`).getAttribute("data-value"));
}

/** Chooses a source. The radio buttons lie under their labels. */
export async function chooseSource(page: Page, value: string): Promise<void> {
  await page.locator(`input[name="source"][value="${value}"]`).check({ force: true });
}

/** Sets the speed: 10 steps make it tenfold. */
export async function setSpeed(page: Page, steps: number): Promise<void> {
  await page.locator("#speed").fill(String(steps));
}

/** Starts simulated events, as fast as a test can bear. */
export async function simulate(
  page: Page,
  { hasTrouble = false, steps = 36 }: { hasTrouble?: boolean; steps?: number } = {},
): Promise<void> {
  await waitForPhase(page, "ready");
  await page.locator("#trouble").setChecked(hasTrouble);
  await setSpeed(page, steps);
  await page.click("#start");
  await waitForPhase(page, "running");
}

/** Stops, and waits until all is in the table. */
export async function finish(page: Page): Promise<void> {
  if (await page.locator("#stop").isVisible()) await page.click("#stop");
  await waitForPhase(page, "ready");
}

/** Opens directories of the tree until files can be seen. */
export async function openFirstPartition(page: Page): Promise<void> {
  while (await page.locator("#tree li > button").count() === 0) {
    await page.locator("#tree details:not([open]) > summary").first().click();
  }
}
