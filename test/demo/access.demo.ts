// Whether the page can be used without a mouse, and read by everyone.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright";
import { auditOf, focused, tabTo } from "./audit.ts";
import {
  countOf,
  finish,
  openDemo,
  openFirstPartition,
  ORIGIN,
  simulate,
  waitForCount,
  waitForPhase,
} from "./support.ts";

test("all can be done by keyboard: start, stop, open a file, clear", async () => {
  await using demo = await openDemo();
  const { page } = demo;
  await waitForPhase(page, "ready");
  await tabTo(page, "start");
  await page.keyboard.press("Enter");
  await waitForPhase(page, "running");
  assert.equal(await focused(page), "stop", "the focus is lost when Start goes");
  await waitForCount(page, "written", 500);
  await page.keyboard.press("Enter");
  await waitForPhase(page, "ready");
  assert.equal(await focused(page), "start");

  await tabTo(page, "show-dead");
  await page.keyboard.press("Tab");
  assert.equal(await tagOf(page), "SUMMARY", "the tree comes after the views");
  await openFirstByKeyboard(page);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#schema");

  for (let i = 0; i < 80 && await focused(page) !== "clear"; i++) {
    await page.keyboard.press("Shift+Tab");
  }
  await page.keyboard.press("Enter");
  await page.locator("#confirm").waitFor({ state: "visible" });
  await page.keyboard.press("Escape");
  await page.locator("#confirm").waitFor({ state: "hidden" });
  assert(await countOf(page, "written") > 0, "Escape does not clear");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "confirm-yes");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.getElementById("intro")?.hidden === false);
  await waitForPhase(page, "ready");
  await page.waitForFunction(() => document.activeElement?.id === "start");
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`${colorScheme}: names, labels, contrast, and nothing wider than a phone`, async () => {
    await using demo = await openDemo(ORIGIN, {
      colorScheme,
      viewport: { width: 390, height: 844 },
    });
    const { page } = demo;
    await waitForPhase(page, "ready");
    await page.click("#choices summary");
    const problems = await auditOf(page);
    await simulate(page, { hasTrouble: true });
    await waitForCount(page, "dead", 1);
    await openFirstPartition(page);
    await page.locator("#tree li > button").first().click();
    await page.waitForSelector("#schema");
    problems.push(...await auditOf(page));
    await page.click("#show-dead");
    await page.waitForSelector(".letters li");
    problems.push(...await auditOf(page));
    await finish(page);
    assert.deepEqual([...new Set(problems)], []);
  });
}

/** Opens directories with the keyboard until the focus is on a file. */
async function openFirstByKeyboard(page: Page): Promise<void> {
  for (let i = 0; i < 20; i++) {
    const isClosed = await page.evaluate(() => {
      const details = document.activeElement?.parentElement;
      return details instanceof HTMLDetailsElement && !details.open;
    });
    if (isClosed) {
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.activeElement?.nextElementSibling !== null);
    }
    await page.keyboard.press("Tab");
    if (await tagOf(page) === "BUTTON") return;
  }
  assert.fail("no file is reached");
}

async function tagOf(page: Page): Promise<string> {
  return await page.evaluate(() => document.activeElement?.tagName ?? "");
}
