// The file store with other processes around it, in every runtime, and on a full disk.
import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { after, test } from "node:test";
import { StoreError } from "../../src/errors.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { keysOf, patternOf } from "../../src/testing/store_helpers.ts";
import { type Runtime, runtimeCommand, RUNTIMES } from "../support/runtime_command.ts";
import { valueOf } from "./fs_child.ts";

const scratch = mkdtempSync(join(tmpdir(), "sluice-fs-"));
after(() => rmSync(scratch, { recursive: true }));

const CHILD = "test/stores/fs_child.ts";

type Child = ChildProcessByStdio<Writable, Readable, null>;

async function start(
  runtime: Runtime,
  role: string,
  directory: string,
): Promise<Child> {
  const args = [role, directory, runtime];
  // Its own process group: what is started may be a script that starts the runtime.
  const stdio: ["pipe", "pipe", "inherit"] = ["pipe", "pipe", "inherit"];
  const options = { stdio, detached: true };
  const program = { path: CHILD, args, directory, scratch };
  return spawn(...await runtimeCommand(runtime, program), options);
}

function assertWhole(bytes: Uint8Array | undefined, what: string): void {
  assert.deepEqual(bytes && new Uint8Array(bytes), valueOf(bytes?.[0] ?? 0), what);
}

for (const runtime of RUNTIMES) {
  test(`whatever moment ${runtime} is killed at, every value is whole`, async () => {
    const directory = join(scratch, `kill-${runtime}`);
    for (let round = 1; round <= 4; round++) {
      const child = await start(runtime, "put", directory);
      const exited = new Promise((resolve) => child.once("exit", resolve));
      let put = -1;
      for await (const line of createInterface(child.stdout)) {
        put = Number(line);
        // The next puts are under way by now. Some more lines may have been printed, too.
        if (put === round * 3) process.kill(-child.pid!, "SIGKILL");
      }
      await exited;
      assert(put >= round * 3);

      // As another tool sees it, which knows nothing of stores.
      const files = readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile() && file.name.endsWith(".parquet"))
        .map((file) => join(file.parentPath, file.name));
      for (const file of files) assertWhole(readFileSync(file), file);

      // As the next process sees it: what was acknowledged is there.
      const store = new FsStore(directory);
      const keys = await keysOf(store, "");
      assert.deepEqual(keys, files.map((file) => file.slice(directory.length + 1)).sort());
      for (let n = 0; n <= put; n++) {
        assert(keys.includes(`page=${n % 5}/${runtime}-${n}.parquet`), `missing: ${n}`);
      }
      for (const key of keys) assertWhole(await store.get(key), key);
    }
  });
}

test("of several processes, one wins each key they put if absent at once", async () => {
  const directory = join(scratch, "race");
  const children = await Promise.all(RUNTIMES.map((runtime) => start(runtime, "race", directory)));
  const outputs = children.map((child) => createInterface(child.stdout)[Symbol.asyncIterator]());
  const winners = new Map<string, string>();
  try {
    for (let i = 0; i < 60; i++) {
      const key = `a/${i % 7}/${i}`;
      for (const child of children) child.stdin.write(`${key}\n`);
      const answers = await Promise.all(outputs.map((output) => output.next()));
      const won = RUNTIMES.filter((_, r) => answers[r]!.value === "true");
      assert.equal(won.length, 1, `${key} was won by ${won}`);
      winners.set(key, won[0]!);
    }
  } finally {
    for (const child of children) child.stdin.end();
  }

  const store = new FsStore(directory);
  assert.deepEqual(await keysOf(store, ""), [...winners.keys()].sort());
  for (const [key, winner] of winners) {
    assert.equal(new TextDecoder().decode(await store.get(key)), winner, key);
  }
  assert.deepEqual(readdirSync(join(directory, ".sluice-tmp")), []);
});

test("a full disk leaves everything as it was", async (t) => {
  const directory = join(scratch, "full");
  mkdirSync(directory);
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", directory]);
  if (mount.status !== 0) {
    t.skip(`a small disk cannot be mounted: ${mount.stderr ?? mount.error}`);
    return;
  }
  try {
    const store = new FsStore(directory);
    await store.put("a", patternOf(600_000, 1));
    for (const [key, ifAbsent] of [["a", false], ["b/c", false], ["b/d", true]] as const) {
      await assert.rejects(store.put(key, patternOf(800_000, 2), { ifAbsent }), (error) => {
        assert(error instanceof StoreError);
        assert.equal((error.cause as { code?: string }).code, "ENOSPC");
        return true;
      });
      assert.deepEqual(readdirSync(join(directory, ".sluice-tmp")), []);
      assert.deepEqual(await keysOf(store, ""), ["a"]);
      assert.deepEqual(await store.get("a"), patternOf(600_000, 1));
    }
    await store.delete("a");
    await store.put("b/c", patternOf(800_000, 2));
    assert.deepEqual(await store.get("b/c"), patternOf(800_000, 2));
  } finally {
    spawnSync("umount", [directory]);
  }
});
