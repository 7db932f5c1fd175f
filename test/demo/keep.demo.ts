// What is kept: over a reload in mid-stream, and from tab to tab.
import assert from "node:assert/strict";
import { test } from "node:test";
import { downloadTable } from "./downloads.ts";
import { countOf, finish, openDemo, simulate, waitForCount, waitForPhase } from "./support.ts";

for (const storage of ["opfs", "idb"] as const) {
  test(`${storage}: a reload in mid-stream loses nothing, and the run goes on`, async () => {
    await using demo = await openDemo();
    const { page } = demo;
    await waitForPhase(page, "ready");
    await page.click("#choices summary");
    await page.locator(`input[name="storage"][value="${storage}"]`).check({ force: true });
    await simulate(page);
    await waitForCount(page, "written", 1000);
    const accepted = await countOf(page, "accepted");
    await page.reload();
    await waitForPhase(page, "kept");
    const kept = await keptEvents(page.locator("#banner-text").innerText());
    assert(kept >= accepted, `${kept} of ${accepted} are kept`);
    assert.equal(await page.locator(`input[name="storage"][value="${storage}"]`).isChecked(), true);

    await page.click("#go-on");
    await waitForPhase(page, "running");
    await waitForCount(page, "accepted", 2000);
    await finish(page);
    const more = await countOf(page, "accepted");
    const written = await countOf(page, "written");
    assert.equal(written, kept + more);
    assert.equal(await countOf(page, "late"), 0);
    using table = await downloadTable(page);
    assert.equal(new Set(await table.values("event_id")).size, written);
  });
}

test("what was kept can be cleared instead", async () => {
  await using demo = await openDemo();
  const { page } = demo;
  await simulate(page);
  await waitForCount(page, "accepted", 500);
  await page.reload();
  await waitForPhase(page, "kept");
  await page.click("#banner-clear");
  await page.click("#confirm-yes");
  await waitForPhase(page, "ready");
  await page.reload();
  await waitForPhase(page, "ready");
  assert.equal(await page.locator("#banner").isVisible(), false);
});

test("a second tab follows, and takes over when the first is closed", async () => {
  await using demo = await openDemo();
  const first = demo.page;
  await simulate(first);
  await waitForCount(first, "written", 500);
  const second = await demo.open();
  await waitForPhase(second, "following");
  await waitForCount(second, "written", 1500);
  assert.equal(await second.locator("#start").isDisabled(), true);
  await second.locator("#tree summary").first().waitFor();
  await first.close();
  await waitForPhase(second, "running");
  const before = await countOf(second, "written");
  await waitForCount(second, "written", before + 500);
  await finish(second);
  const written = await countOf(second, "written");
  using table = await downloadTable(second);
  assert.equal(new Set(await table.values("event_id")).size, written);
  assert.equal(await table.count(), written);
});

/** How many events the banner says are kept. */
async function keptEvents(text: Promise<string>): Promise<number> {
  const [, events] = /^([\d,]+) events? of the last run/.exec(await text) ?? [];
  return Number(events?.replaceAll(",", ""));
}
