// Several processes that write one table in files.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { readSnapshot } from "../../mod.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { bundleForNode } from "../../scripts/bundle_for_node.mjs";
import { idsOf } from "../support/numbered_events.ts";
import { rowsOfTable } from "../support/table_rows.ts";

const scratch = mkdtempSync(join(tmpdir(), "sluice-rivals-"));
after(() => rmSync(scratch, { recursive: true }));

let child: string;
before(async () => {
  child = await bundleForNode("test/faults/rival_child.ts");
});

interface Rival {
  readonly process: ChildProcess;
  /** What it has printed, once it has ended. */
  readonly output: Promise<string>;
}

function start(directory: string, writer: string, first: number, commits: number): Rival {
  const args = [child, directory, writer, `${first}`, `${commits}`];
  const started = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  started.stdout.on("data", (chunk) => text += chunk);
  return {
    process: started,
    output: new Promise((resolve) => started.on("close", () => resolve(text))),
  };
}

test("processes of different names lose no commit to each other", async () => {
  const directory = join(scratch, "names");
  const COMMITS = 25;
  const rivals = ["a", "b", "c"].map((name, i) => start(directory, name, i * 1000, COMMITS));
  for (const { output } of rivals) assert.equal(await output, "open\n");
  const store = new FsStore(join(directory, "table"));
  const expected = [0, 1000, 2000].flatMap((first) =>
    Array.from({ length: COMMITS }, (_, i) => first + i)
  );
  assert.deepEqual(idsOf(await rowsOfTable(store)), expected);
  assert.equal((await readSnapshot(store))!.version, expected.length - 1, "one for each commit");
});

test("a process is refused while another has its journal, and not once that was killed", async () => {
  const directory = join(scratch, "name");
  const first = start(directory, "a", 0, 10_000);
  await new Promise<void>((resolve) => first.process.stdout!.once("data", () => resolve()));
  assert.equal(await start(directory, "a", 20_000, 3).output, "JournalLockedError\n");
  first.process.kill("SIGKILL");
  assert.equal(await first.output, "open\n");
  assert.equal(await start(directory, "a", 20_000, 3).output, "open\n");
  const ids = idsOf(await rowsOfTable(new FsStore(join(directory, "table"))));
  const own = ids.length - 3;
  assert.deepEqual(ids.slice(0, own), Array.from({ length: own }, (_, i) => i));
  assert.deepEqual(ids.slice(own), [20_000, 20_001, 20_002]);
});
