import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreError } from "../../src/errors.ts";
import { OpfsStore } from "../../src/stores/opfs.ts";
import type { SyncAccessHandle } from "../../src/stores/opfs_files.ts";
import { everyVerb, keysOf, patternOf } from "../../src/testing/store_helpers.ts";
import { newDirectory, removeDirectory } from "./support.ts";

const TEMP = ".sluice-tmp";
const BYTES = patternOf(10, 1);

/** A test over an empty directory. */
function testIn(
  name: string,
  run: (directory: FileSystemDirectoryHandle) => Promise<void>,
): void {
  test(name, async () => {
    const directory = await newDirectory();
    try {
      await run(directory);
    } finally {
      await removeDirectory(directory);
    }
  });
}

async function namesIn(directory: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of directory.keys()) names.push(name);
  return names.sort();
}

/** Whether the error is a StoreError that names both, with a cause of that name. */
function storeErrorOf(operation: string, key: string, cause: string) {
  return (error: unknown) =>
    error instanceof StoreError && error.operation === operation && error.key === key &&
    (error.cause as Error).name === cause;
}

testIn("no temporary file is left by a put, won, lost, failed or aborted", async (directory) => {
  const store = new OpfsStore(directory);
  await store.put("a", BYTES);
  await store.put("a", BYTES);
  const temps = await directory.getDirectoryHandle(TEMP);
  assert.equal(await store.put("b/c", BYTES, { ifAbsent: true }), true);
  assert.equal(await store.put("b/c", BYTES, { ifAbsent: true }), false);
  await assert.rejects(store.put("a/b", BYTES), storeErrorOf("put", "a/b", "TypeMismatchError"));
  await assert.rejects(store.put("b", BYTES), storeErrorOf("put", "b", "TypeMismatchError"));
  const controller = new AbortController();
  const put = store.put("d", patternOf(20_000_000, 1), { signal: controller.signal });
  while ((await namesIn(temps)).length === 0);
  assert.deepEqual(await keysOf(store, ""), ["a", "b/c"]);
  controller.abort("enough");
  await put.catch((reason) => assert.equal(reason, "enough"));
  assert.deepEqual(await namesIn(temps), []);
  assert.deepEqual((await namesIn(directory)).filter((name) => name !== "d"), [TEMP, "a", "b"]);
});

testIn("temporary files are removed once they are an hour old", async (directory) => {
  const first = new OpfsStore(directory);
  await first.put("a", BYTES);
  const temps = await directory.getDirectoryHandle(TEMP);
  await temps.getFileHandle("left.tmp", { create: true });
  const open = await temps.getFileHandle("open.tmp", { create: true });
  const access = await (open as unknown as { createSyncAccessHandle(): Promise<SyncAccessHandle> })
    .createSyncAccessHandle();
  await new OpfsStore(directory).put("a", BYTES);
  assert.deepEqual(await namesIn(temps), ["left.tmp", "open.tmp"]);
  const { now } = Date;
  Date.now = () => now() + 3_700_000;
  try {
    await first.put("a", BYTES);
  } finally {
    Date.now = now;
  }
  access.close();
  assert.deepEqual(await namesIn(temps), ["open.tmp"]);
  assert.deepEqual(await keysOf(first, ""), ["a"]);
});

testIn("a key in the directory for temporary files is refused", async (directory) => {
  const store = new OpfsStore(directory);
  for (const key of [TEMP, `${TEMP}/a`, `a/${TEMP}/b`]) {
    for (const run of Object.values(everyVerb(store, key))) {
      await assert.rejects(run, /StoreError: .*"\.sluice-tmp" is reserved/);
    }
  }
});

testIn("delete removes the directories it leaves empty, and only those", async (directory) => {
  const store = new OpfsStore(directory);
  await store.put("a/b/c/d", BYTES);
  await store.put("a/e", BYTES);
  await store.delete("a/b/c/d");
  assert.deepEqual(await namesIn(await directory.getDirectoryHandle("a")), ["e"]);
  await store.delete("a/e");
  assert.deepEqual(await namesIn(directory), [TEMP]);
  await store.put("a", BYTES);
  await store.delete("a");
  assert.deepEqual(await namesIn(directory), [TEMP]);
});

testIn("a value that another program has open is not replaced", async (directory) => {
  const store = new OpfsStore(directory);
  await store.put("a", BYTES);
  const file = await directory.getFileHandle("a");
  const access = await (file as unknown as { createSyncAccessHandle(): Promise<SyncAccessHandle> })
    .createSyncAccessHandle();
  const put = store.put("a", patternOf(20, 2));
  await assert.rejects(put, storeErrorOf("put", "a", "NoModificationAllowedError"));
  assert.deepEqual(await store.get("a"), BYTES);
  access.close();
  await store.put("a", patternOf(20, 2));
  assert.deepEqual(await store.get("a"), patternOf(20, 2));
});

testIn("a store whose directory was removed says so", async (directory) => {
  const root = await directory.getDirectoryHandle("store", { create: true });
  const store = new OpfsStore(root);
  await directory.removeEntry("store");
  await assert.rejects(store.put("a", BYTES), StoreError);
  assert.equal(await store.get("a"), undefined);
  assert.deepEqual(await keysOf(store, ""), []);
});
