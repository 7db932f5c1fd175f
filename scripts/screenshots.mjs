// Takes the pictures of the demo that the README shows: `node scripts/screenshots.mjs [--out DIR]`,
// by default into `docs/screenshots`: at the width of a desk and of a phone, light and dark, in
// mid-stream.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { chromium } from "playwright";
import { findBrowser } from "./browsers.mjs";
import { buildDemo } from "./build_demo.mjs";
import { serveDirectory } from "./start_demo.mjs";

process.chdir(join(import.meta.dirname, ".."));
const { values: { out } } = parseArgs({
  options: { out: { type: "string", default: "docs/screenshots" } },
});

const SIZES = {
  desktop: { width: 1360, height: 1580 },
  phone: { width: 390, height: 1240 },
};
/** How much there is to be seen. */
const LEAST_ROWS = 25_000;

const directory = `.build/screenshots-${process.pid}`;
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
await buildDemo(directory);
mkdirSync(out, { recursive: true });
const server = await serveDirectory(directory);
const browser = await chromium.launch({
  executablePath: findBrowser("chromium"),
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run"],
});
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    const path = join(out, `${size}-${colorScheme}.png`);
    await takePicture(path, { viewport, colorScheme, isPhone: size === "phone" });
    console.log(path);
  }
}
await browser.close();
server.close();

async function takePicture(path, { viewport, colorScheme, isPhone }) {
  const context = await browser.newContext({
    viewport,
    colorScheme,
    deviceScaleFactor: isPhone ? 2 : 1,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(server.origin);
  await page.locator("#speed").fill("34");
  await page.click("#start");
  await page.waitForFunction(
    (least) => Number(document.getElementById("count-written").dataset.value) >= least,
    LEAST_ROWS,
  );
  if (!isPhone) {
    await page.locator("#tree summary", { hasText: "/cart" }).click();
    await page.locator("#tree li > button").first().click();
    await page.waitForSelector("#schema");
  }
  await page.evaluate(() => {
    document.activeElement.blur();
    scrollTo({ top: 0, behavior: "instant" });
  });
  // In mid-stream: a window that is half full.
  await page.waitForFunction(() => /: [12] open/.test(document.getElementById("tanks").ariaLabel));
  await page.waitForFunction(() => scrollY === 0);
  await page.screenshot({ path });
  await context.close();
}
