// The file journal with other processes around it, in every runtime, and on a full disk.
import assert from "node:assert/strict";
import {
  type ChildProcessByStdio,
  spawn,
  type SpawnOptionsWithStdioTuple,
  spawnSync,
  type StdioNull,
  type StdioPipe,
} from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { after, test } from "node:test";
import { JournalError, JournalLockedError } from "../../src/journal/errors.ts";
import { FsJournal } from "../../src/journal/fs.ts";
import { type Runtime, runtimeCommand, RUNTIMES } from "../support/runtime_command.ts";
import { payloadOf, segmentOf } from "./fs_child.ts";

const scratch = mkdtempSync(join(tmpdir(), "sluice-journal-"));
after(() => rmSync(scratch, { recursive: true }));

const CHILD = "test/journal/fs_child.ts";

type Child = ChildProcessByStdio<null, Readable, null>;

async function start(
  runtime: Runtime,
  directory: string,
  event: number,
): Promise<Child> {
  const args = [directory, String(event)];
  // Its own process group: what is started may be a script that starts the runtime.
  const options: SpawnOptionsWithStdioTuple<StdioNull, StdioPipe, StdioNull> = {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  };
  const program = { path: CHILD, args, directory, scratch };
  return spawn(...await runtimeCommand(runtime, program), options);
}

for (const runtime of RUNTIMES) {
  test(`whatever moment ${runtime} is killed at, what it was told is durable is there`, async () => {
    const directory = join(scratch, runtime);
    mkdirSync(directory);
    let next = 0;
    for (let round = 1; round <= 4; round++) {
      const child = await start(runtime, directory, next);
      const exited = new Promise((resolve) => child.once("exit", resolve));
      let appended = next - 1;
      let lines = 0;
      const sealed = new Set<string>();
      for await (const line of createInterface(child.stdout)) {
        const [verb, what] = line.split(" ");
        if (verb === "sealed") sealed.add(what!);
        else appended = Math.max(appended, Number(what));
        // The next calls are under way by now.
        if (++lines === 150 * round) process.kill(-child.pid!, "SIGKILL");
      }
      await exited;
      assert(appended >= next, `round ${round} appended nothing`);

      // Nobody has to clean up first.
      const journal = new FsJournal(directory);
      const { segments } = await journal.open();
      const numbers = new Map(segments.map(({ segment, number }) => [segment, number]));
      const held = new Map<string, string>();
      for (const segment of numbers.keys()) held.set(segment, await textOf(journal, segment));
      await journal.close();

      let all = "";
      for (next = 0; all !== held.get("all"); next++) {
        assert(all.length < held.get("all")!.length, `"all" is not whole: ${held.get("all")}`);
        all += new TextDecoder().decode(payloadOf(next).subarray(0, 8));
      }
      assert(next > appended, `event ${appended} was acknowledged, and there are ${next}`);
      const expected = new Map<string, string>();
      for (let event = 0; event < next; event++) {
        const segment = segmentOf(event);
        const text = new TextDecoder().decode(payloadOf(event));
        expected.set(segment, (expected.get(segment) ?? "") + text);
      }
      const last = [...expected.keys()].length - 1;
      for (const [segment, text] of expected) {
        const age = last - Number(segment.slice(1));
        // Older ones are deleted, the oldest of these maybe not yet.
        if (held.has(segment) || age < 2) assert.equal(held.get(segment), text, segment);
        assert(!held.has(segment) || age <= 3, `${segment} was deleted`);
      }
      for (const segment of sealed) {
        if (held.has(segment)) assert.equal(segmentOf(numbers.get(segment)!), segment);
      }
    }
    assert(next > 500);
  });
}

test("a journal that another process has open is locked, and free once that was killed", async () => {
  const directory = join(scratch, "locked");
  mkdirSync(directory);
  const child = await start("bun", directory, 0);
  const exited = new Promise((resolve) => child.once("exit", resolve));
  let isTried = false;
  for await (const _ of createInterface(child.stdout)) {
    if (isTried) continue;
    isTried = true;
    await assert.rejects(new FsJournal(directory).open(), (error) => {
      assert(error instanceof JournalLockedError);
      assert(
        readdirSync(directory).includes(
          `lock-${error.pid}-${error.file!.split("-").slice(-2).join("-")}`,
        ),
      );
      process.kill(error.pid!, 0);
      return true;
    });
    process.kill(-child.pid!, "SIGKILL");
  }
  await exited;
  const journal = new FsJournal(directory);
  await journal.open();
  await journal.close();
});

test("on a full disk appends are refused, and those before are kept", async (t) => {
  const directory = join(scratch, "full");
  mkdirSync(directory);
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", directory]);
  if (mount.status !== 0) {
    t.skip(`a small disk cannot be mounted: ${mount.stderr ?? mount.error}`);
    return;
  }
  try {
    const journal = new FsJournal(directory);
    await journal.open();
    const append = (seed: number): Promise<void> =>
      journal.append([{ segment: "a", payload: new Uint8Array(100_000).fill(seed) }]);
    let kept = 0;
    const isFull = (error: unknown): boolean => {
      assert(error instanceof JournalError);
      assert.match(error.message, /^Cannot append to the journal .*full: .*ENOSPC/);
      return true;
    };
    await assert.rejects(async () => {
      for (;;) {
        await append(kept);
        kept++;
      }
    }, isFull);
    assert(kept > 5);
    await assert.rejects(append(99), isFull);
    await journal.close();

    await journal.open();
    let text = "";
    for await (const payload of journal.read("a")) text += `${payload[0]} ${payload.length},`;
    assert.equal(text, Array.from({ length: kept }, (_, i) => `${i} 100000,`).join(""));
    await journal.close();
  } finally {
    spawnSync("umount", [directory]);
  }
});

async function textOf(journal: FsJournal, segment: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const payload of journal.read(segment)) text += decoder.decode(payload);
  return text;
}
