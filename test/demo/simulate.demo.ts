// Simulated events, from Start to a zip that others read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { downloadTable, rowsOfFile } from "./downloads.ts";
import {
  countOf,
  finish,
  openDemo,
  openFirstPartition,
  simulate,
  waitForCount,
  waitForPhase,
} from "./support.ts";

test("simulated events become files, which are downloaded and read with DuckDB", async () => {
  await using demo = await openDemo();
  const { page } = demo;
  await simulate(page, { hasTrouble: true });
  await waitForCount(page, "written", 12_000);
  await waitForCount(page, "late", 10);
  await finish(page);

  const [accepted, written, dead, late, rescued] = await Promise.all(
    ["accepted", "written", "dead", "late", "rescued"].map((id) => countOf(page, id)),
  );
  assert.equal(accepted, written! + dead!);
  assert(dead! > 0 && late! > 0 && rescued! > 0, `${dead} ${late} ${rescued}`);
  assert.equal(await countOf(page, "held"), 0);

  using table = await downloadTable(page);
  assert.equal(await table.count(), written);
  const ids = await table.values("event_id");
  assert.equal(new Set(ids).size, written, "an event is there twice");
  assert.equal(table.deadLetters.length, dead);
  const rescuedRows = (await table.values("_rescued_data")).filter((value) => value !== "null");
  assert.equal(rescuedRows.length, rescued);
  assert(table.names.some((name) => name.startsWith("_delta_log/")), "there is no commit log");
});

test("a file of the tree is read back: schema, encodings, first rows; and downloaded", async () => {
  await using demo = await openDemo();
  const { page } = demo;
  await simulate(page);
  await waitForCount(page, "written", 1000);
  await openFirstPartition(page);
  const file = page.locator("#tree li > button").first();
  const rows = Number((await file.locator(".size").innerText()).replace(/ rows? .*|,/g, ""));
  await file.click();
  await page.waitForSelector("#schema");
  const schema = await page.locator("#schema tbody tr").allInnerTexts();
  assert.equal(schema.length, 29);
  const browser = schema.find((text) => text.startsWith("browser_name"))!;
  assert.match(browser, /string.*RLE_DICTIONARY.*SNAPPY/s);
  assert.match(schema.find((text) => text.startsWith("event_timestamp"))!, /timestamp/);
  assert.equal(await page.locator("#first-rows tbody tr").count(), Math.min(rows, 20));

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.click("#download-file"),
  ]);
  assert.match(download.suggestedFilename(), /^\d{8}T\d{6}Z-15m-main-\d+\.parquet$/);
  assert.equal(await rowsOfFile(await download.path()), rows);
  await finish(page);
});

test("dead letters are shown with their reasons, and Clear asks once", async () => {
  await using demo = await openDemo();
  const { page } = demo;
  await simulate(page, { hasTrouble: true });
  await waitForCount(page, "dead", 3);
  await finish(page);
  await page.click("#show-dead");
  await page.waitForSelector(".letters li");
  assert.equal(
    await page.locator(".letters li").count(),
    Math.min(await countOf(page, "dead"), 100),
  );
  assert.match(await page.locator(".reasons").innerText(), /malformed-json/);

  await page.click("#clear");
  await page.click('#confirm button[value="no"]');
  await page.locator("#confirm").waitFor({ state: "hidden" });
  assert(await countOf(page, "written") > 0);
  await page.click("#clear");
  await page.click("#confirm-yes");
  await page.waitForFunction(() => document.getElementById("intro")?.hidden === false);
  await waitForPhase(page, "ready");
  assert.equal(await countOf(page, "written"), 0);
  assert.equal(await page.locator("#tree li").count(), 0);
  await page.reload();
  await waitForPhase(page, "ready");
  assert.equal(await countOf(page, "written"), 0);
});
