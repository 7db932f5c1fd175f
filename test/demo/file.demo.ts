// Files: a large one while the page stays responsive, one that is stopped and gone on with, and one
// that is packed.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright";
import { simulateJsonLines } from "../../mod.ts";
import { downloadTable } from "./downloads.ts";
import { countOf, finish, openDemo, waitForCount, waitForPhase } from "./support.ts";

const scratch = mkdtempSync(join(tmpdir(), "sluice-demo-files-"));
after(() => rmSync(scratch, { recursive: true }));

/** Longest task that the page may have, in milliseconds: browsers report those that are longer. */
const MOST_MS = 50;
const LARGE_BYTES = 100e6;

/** How often it is tried: what else the machine does can hold up a task of the page, too. */
const ATTEMPTS = 3;

test("a file of 100 MB that is dropped is written, and no task of the page takes 50 ms", async (t) => {
  let tasks: readonly number[] = [NaN];
  for (let attempt = 0; attempt < ATTEMPTS && tasks.length > 0; attempt++) {
    tasks = await dropLargeFile((text) => t.diagnostic(text));
  }
  assert.deepEqual(tasks, [], `tasks of the page that took more than ${MOST_MS} ms`);
});

/** Drops the file, waits until it is written, and gives how long the long tasks took meanwhile. */
async function dropLargeFile(report: (text: string) => void): Promise<readonly number[]> {
  const { path, events } = await largeFile();
  await using demo = await openDemo();
  const { page } = demo;
  await waitForPhase(page, "ready");
  await page.evaluate(() => {
    const tasks: number[] = [];
    Object.assign(globalThis, { longTasks: tasks });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(duration);
    }).observe({ type: "longtask" });
    // Proof that long tasks are seen at all.
    setTimeout(() => {
      const end = performance.now() + 80;
      while (performance.now() < end);
    });
  });
  await page.waitForFunction(() => (globalThis as unknown as Watched).longTasks.length > 0);
  await page.evaluate(() => (globalThis as unknown as Watched).longTasks.splice(0));
  await drop(page, path);
  await page.waitForFunction(() =>
    document.getElementById("file-name")?.textContent === "large.ndjson"
  );
  const started = performance.now();
  await page.click("#start");
  await waitForPhase(page, "running");
  await page.locator("#progress-text").filter({ hasText: /\d+ %.*left/ }).waitFor();
  await waitForPhase(page, "ready");
  const seconds = (performance.now() - started) / 1000;
  const tasks = await page.evaluate(() => (globalThis as unknown as Watched).longTasks);
  report(
    `${(statSync(path).size / 1e6).toFixed(0)} MB, ${events} events in ${seconds.toFixed(1)} s; ` +
      `tasks over ${MOST_MS} ms: ${tasks.length === 0 ? "none" : tasks.join(", ")}`,
  );
  assert.equal(await countOf(page, "written"), events);
  return tasks;
}

test("a file that was stopped goes on where the table ended", async () => {
  const { path, events } = await largeFile();
  await using demo = await openDemo();
  const { page } = demo;
  await waitForPhase(page, "ready");
  await page.setInputFiles("#file", path);
  await page.click("#start");
  await waitForCount(page, "written", 10_000);
  await page.reload();
  await waitForPhase(page, "kept");
  assert.match(await page.locator("#banner-text").innerText(), /large\.ndjson was not read/);
  const before = await countOf(page, "written");
  assert(before >= 10_000 && before < events, `${before} of ${events}`);
  await page.setInputFiles("#file", path);
  await page.click("#start");
  await waitForPhase(page, "running");
  await waitForPhase(page, "ready");
  assert.match(await page.locator("#banner-text").innerText(), /^Went on with large\.ndjson/);
  assert.equal(await countOf(page, "written"), events);
  using table = await downloadTable(page);
  assert.equal(new Set(await table.values("event_id")).size, events);
});

test("a packed file of other events: the time and a partition are found in it", async () => {
  const lines = Array.from({ length: 1000 }, (_, i) =>
    JSON.stringify({
      id: i,
      kind: ["view", "click", "buy"][i % 3],
      happened_at: new Date(Date.UTC(2024, 1, 29) + i * 1000).toISOString(),
    }) + "\n");
  const path = join(scratch, "other.ndjson.gz");
  writeFileSync(path, gzipSync(lines.join("")));
  await using demo = await openDemo();
  const { page } = demo;
  await waitForPhase(page, "ready");
  await page.setInputFiles("#file", path);
  await page.waitForFunction(() =>
    (document.getElementById("time-field") as HTMLInputElement).value === "happened_at"
  );
  assert.equal(await page.locator("#partition-fields").inputValue(), "kind");
  await page.click("#start");
  await waitForCount(page, "written", 1000);
  await waitForPhase(page, "ready");
  using table = await downloadTable(page);
  const names = table.names.filter((name) => name.endsWith(".parquet"));
  assert(names.every((name) => /^year=2024\/month=2\/day=29\/kind=\w+\/20240229T/.test(name)));
  assert.equal(new Set(await table.values("id")).size, 1000);
  await finish(page);
});

/** What the page is given: the lengths of long tasks, in milliseconds. */
interface Watched {
  readonly longTasks: number[];
}

let large: Promise<{ readonly path: string; readonly events: number }> | undefined;

/** A file of events of about two days, of a fixed seed; made once. */
function largeFile(): Promise<{ readonly path: string; readonly events: number }> {
  return large ??= (async () => {
    const path = join(scratch, "large.ndjson");
    mkdirSync(scratch, { recursive: true });
    let size = 0;
    let events = 0;
    for await (const chunk of simulateJsonLines({ seed: 5, sessionsPerDay: 20_000, users: 1000 })) {
      await appendFile(path, chunk);
      size += chunk.length;
      for (const byte of chunk) if (byte === 10) events++;
      if (size >= LARGE_BYTES) break;
    }
    return { path, events };
  })();
}

/** Drops a file on the page, as from the desktop. */
async function drop(page: Page, path: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: 600, y: 400, data });
  }
}
