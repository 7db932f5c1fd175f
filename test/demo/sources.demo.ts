// Events that are pasted, and events of a URL.
import assert from "node:assert/strict";
import { test } from "node:test";
import { downloadTable } from "./downloads.ts";
import { chooseSource, countOf, openDemo, ORIGIN, waitForCount, waitForPhase } from "./support.ts";

test("pasted events are written, broken ones with a reason", async () => {
  await using demo = await openDemo();
  const { page } = demo;
  await waitForPhase(page, "ready");
  await chooseSource(page, "text");
  const field = page.locator("#time-field");
  await page.waitForFunction(() =>
    (document.getElementById("time-field") as HTMLInputElement).value === "time"
  );
  assert.equal(await field.inputValue(), "time");
  await page.click("#start");
  await waitForCount(page, "written", 4);
  await waitForPhase(page, "ready");
  assert.equal(await countOf(page, "dead"), 1);
  using table = await downloadTable(page);
  assert.deepEqual(await table.values('"user"'), ["4", "17", "17", "23"]);
  assert.deepEqual(
    new Set(await table.values("page")),
    new Set(["/home", "/cart"]),
  );
});

test("a packed file is streamed from a URL", async () => {
  await using demo = await openDemo();
  const { page } = demo;
  await waitForPhase(page, "ready");
  await chooseSource(page, "url");
  assert.equal(await page.locator("#url").inputValue(), `${ORIGIN}/sample.ndjson.gz`);
  await page.click("#start");
  await waitForCount(page, "written", 10_000);
  await waitForPhase(page, "ready");
  const written = await countOf(page, "written");
  assert.equal(written, await countOf(page, "accepted"));
  using table = await downloadTable(page);
  assert.equal(new Set(await table.values("event_id")).size, written);
});

test("a URL that is not there is an error that says so, and nothing is left behind", async () => {
  await using demo = await openDemo();
  const { page, faults } = demo;
  await waitForPhase(page, "ready");
  await chooseSource(page, "url");
  await page.locator("#url").fill(`${ORIGIN}/missing.ndjson`);
  await page.click("#start");
  await page.locator("#error").filter({ hasText: "the server says 404" }).waitFor();
  await waitForPhase(page, "ready");
  assert.equal(await page.locator("#banner").isVisible(), false);
  assert.equal(await page.locator("#window").isEnabled(), true, "there still is a table");
  // Browsers print every 404.
  const printed = faults.splice(0);
  assert(printed.every((text) => /404/.test(text)), printed.join("\n"));
});
