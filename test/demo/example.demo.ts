// The smallest page: it collects its own clicks.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { downloadTable } from "./downloads.ts";
import { openDemo } from "./support.ts";

test("examples/browser collects its own clicks, also those before a reload", async () => {
  await using demo = await openDemo(process.env["SLUICE_EXAMPLE"]);
  const { page, faults } = demo;
  for (let round = 0; round < 2; round++) {
    const counted = (clicks: number) =>
      page.locator("#count").filter({ hasText: `${clicks} clicks` }).waitFor();
    await counted(0); // earlier ones would be lost
    for (let click = 1; click <= 3; click++) {
      await page.click("h1");
      await counted(click);
    }
    if (round === 0) await page.reload();
  }
  using table = await downloadTable(page, "#download");
  const targets = await table.values("target");
  assert.deepEqual(targets.filter((target) => target === "h1"), Array(6).fill("h1"));
  // It has no icon, which the policy of the server here does not know of.
  const printed = faults.splice(0);
  assert(printed.every((text) => /img-src|image/.test(text)), printed.join("\n"));
});
