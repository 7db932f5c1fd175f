import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { StoreError } from "../../src/errors.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { prefixedStore } from "../../src/stores/prefixed.ts";
import type { Store } from "../../src/stores/store.ts";
import { storeConformance } from "../../src/testing/mod.ts";
import { everyVerb, keysOf, patternOf } from "../../src/testing/store_helpers.ts";

const TEMP = ".sluice-tmp";
const BYTES = patternOf(10, 1);

for (
  const [name, wrap] of [
    ["FsStore", (store: Store) => store],
    ["FsStore, prefixed", (store: Store) => prefixedStore(store, "a=%2F/b")],
    ["FsStore, prefixed twice", (store: Store) => prefixedStore(prefixedStore(store, "a"), "a")],
  ] as const
) {
  storeConformance({
    test,
    name,
    create: () => {
      const directory = mkdtempSync(join(tmpdir(), "sluice-fs-"));
      return Promise.resolve({
        store: wrap(new FsStore(join(directory, "made", "by put"))),
        dispose: () => Promise.resolve(rmSync(directory, { recursive: true })),
      });
    },
    capabilities: {
      nestedValues: false,
      exactKeys: process.platform === "linux",
      reservedNames: process.platform !== "win32",
      listPage: 100,
    },
  });
}

/** A test over a directory that exists, is empty and is removed after it. */
function testIn(name: string, run: (directory: string) => Promise<void>): void {
  test(name, async () => {
    const directory = mkdtempSync(join(tmpdir(), "sluice-fs-"));
    try {
      await run(directory);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}

/** Whether the error is a StoreError that names both and has a cause with the code. */
function storeErrorOf(operation: string, key: string, code: string) {
  return (error: unknown) => {
    assert(error instanceof StoreError);
    assert.equal(error.operation, operation);
    assert.equal(error.key, key);
    assert.equal((error.cause as { code?: string }).code, code);
    assert.match(error.message, new RegExp(`^Cannot ${operation} .*${code}`));
    return true;
  };
}

testIn("no temporary file is left by a put, won, lost, failed or aborted", async (directory) => {
  const store = new FsStore(directory);
  const temps = () => readdirSync(join(directory, TEMP));
  await store.put("a", BYTES);
  await store.put("a", BYTES);
  assert.deepEqual(temps(), []);
  assert.equal(await store.put("b", BYTES, { ifAbsent: true }), true);
  assert.equal(await store.put("b", BYTES, { ifAbsent: true }), false);
  assert.deepEqual(temps(), []);
  await assert.rejects(store.put("a/b", BYTES), StoreError);
  await store.put("c/d", BYTES);
  await assert.rejects(store.put("c", BYTES), StoreError);
  await assert.rejects(store.put("c", BYTES, { ifAbsent: true }), StoreError);
  assert.deepEqual(temps(), []);
  const controller = new AbortController();
  const put = store.put("e", patternOf(20_000_000, 1), { signal: controller.signal });
  while (temps().length === 0) await new Promise((resolve) => setImmediate(resolve));
  // No pattern for data files may find it, hidden directory or not.
  for (const name of temps()) assert.match(name, /\.tmp$/);
  controller.abort("enough");
  await put.catch((reason) => assert.equal(reason, "enough"));
  assert.deepEqual(temps(), []);
  assert.deepEqual(readdirSync(directory).filter((name) => name !== "e").sort(), [
    TEMP,
    "a",
    "b",
    "c",
  ]);
});

testIn("a segment has 255 bytes and no more", async (directory) => {
  const store = new FsStore(directory);
  const longest = "a/" + "é".repeat(127) + "x";
  await store.put(longest, BYTES);
  assert.deepEqual(await store.get(longest), BYTES);
  assert.deepEqual(await keysOf(store, ""), [longest]);
  for (const tooLong of [longest + "x", longest + "x/b"]) {
    for (const [verb, run] of Object.entries(everyVerb(store, tooLong))) {
      const operation = verb === "put if absent" ? "put" : verb;
      await assert.rejects(run, storeErrorOf(operation, tooLong, "ENAMETOOLONG"));
    }
  }
  assert.deepEqual(await keysOf(store, ""), [longest]);
});

testIn("a key in the directory for temporary files is refused", async (directory) => {
  const store = new FsStore(directory);
  for (const key of [TEMP, `${TEMP}/a`, `a/${TEMP}/b`]) {
    for (const run of Object.values(everyVerb(store, key))) {
      await assert.rejects(run, { name: "StoreError", key, message: /"\.sluice-tmp" is reserved/ });
    }
  }
});

testIn("temporary files are removed once they are an hour old", async (directory) => {
  const old = join(directory, TEMP, "old.tmp");
  const fresh = join(directory, TEMP, "fresh.tmp");
  mkdirSync(join(directory, TEMP));
  for (const path of [old, fresh]) writeFileSync(path, BYTES);
  const nowSeconds = Date.now() / 1000;
  utimesSync(old, nowSeconds, nowSeconds - 3700);
  utimesSync(fresh, nowSeconds, nowSeconds - 3500);
  const store = new FsStore(directory);
  assert.deepEqual(await keysOf(store, ""), []);
  await store.put("a", BYTES);
  assert.equal(existsSync(old), false);
  assert.equal(existsSync(fresh), true);
  assert.deepEqual(await keysOf(store, ""), ["a"]);
});

testIn("a put whose temporary file is removed under it starts over", async (directory) => {
  const store = new FsStore(directory);
  await store.put("a", BYTES);
  for (const ifAbsent of [false, true]) {
    const bytes = patternOf(4_000_000, 2);
    let writing = true;
    const put = store.put(`b/${ifAbsent}`, bytes, { ifAbsent }).finally(() => writing = false);
    for (let removed = 0; removed < 3 && writing;) {
      for (const name of readdirSync(join(directory, TEMP))) {
        rmSync(join(directory, TEMP, name), { force: true });
        removed++;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(await put, true);
    assert.deepEqual(await store.get(`b/${ifAbsent}`), bytes);
  }
});

testIn("a put makes its directories again if all of them are removed", async (directory) => {
  const store = new FsStore(directory);
  await store.put("a/b", BYTES);
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
  await store.put("a/b", BYTES);
  assert.deepEqual(await keysOf(store, ""), ["a/b"]);
});

testIn(
  "a put makes a directory again that others have removed since it was made",
  async (directory) => {
    const [store, other] = [new FsStore(directory), new FsStore(directory)];
    for (const options of [{}, { ifAbsent: true }]) {
      assert.ok(await store.put("a/b/c", BYTES, options));
      await other.delete("a/b/c");
      assert.deepEqual(readdirSync(directory), [TEMP]);
      assert.ok(await store.put("a/b/c", BYTES, options));
      assert.deepEqual(await keysOf(other, ""), ["a/b/c"]);
      await store.delete("a/b/c");
    }
  },
);

testIn("delete removes the directories it leaves empty, and only those", async (directory) => {
  const store = new FsStore(directory);
  await store.put("a/b/c/d", BYTES);
  await store.put("a/e", BYTES);
  await store.delete("a/b/c/d");
  assert.deepEqual(readdirSync(join(directory, "a")), ["e"]);
  await store.delete("a/e");
  assert.deepEqual(readdirSync(directory), [TEMP]);
  await store.put("a", BYTES);
  await store.delete("a");
  assert.deepEqual(readdirSync(directory), [TEMP]);
});

testIn("one of two stores in one directory puts if absent", async (directory) => {
  const stores = [new FsStore(directory), new FsStore(pathToFileURL(directory))];
  for (let i = 0; i < 20; i++) {
    const won = await Promise.all(
      stores.map((store, s) => store.put(`a/${i}`, patternOf(50, s), { ifAbsent: true })),
    );
    assert.deepEqual([...won].sort(), [false, true]);
    assert.deepEqual(await stores[0]!.get(`a/${i}`), patternOf(50, won.indexOf(true)));
  }
});

testIn("what is no value is not listed: links, odd names, directories", async (directory) => {
  const store = new FsStore(join(directory, "store"));
  await store.put("a/b", BYTES);
  writeFileSync(join(directory, "outside"), BYTES);
  symlinkSync("..", join(directory, "store/a/loop"));
  symlinkSync(directory, join(directory, "store/up"));
  symlinkSync(join(directory, "outside"), join(directory, "store/outside"));
  symlinkSync("nowhere", join(directory, "store/dangling"));
  mkdirSync(join(directory, "store/empty"));
  if (process.platform !== "win32") writeFileSync(join(directory, "store/back\\slash"), BYTES);
  assert.deepEqual(await keysOf(store, ""), ["a/b"]);
  // In place of a link comes a file; what it pointed to is left alone.
  await store.put("outside", patternOf(20, 2));
  assert.deepEqual(new Uint8Array(readFileSync(join(directory, "outside"))), BYTES);
  assert.deepEqual(await keysOf(store, ""), ["a/b", "outside"]);
  await assert.rejects(store.put("dangling/a", BYTES), StoreError);
});

testIn("a store whose directory cannot be made says so", async (directory) => {
  writeFileSync(join(directory, "file"), BYTES);
  const store = new FsStore(join(directory, "file"));
  await assert.rejects(store.put("a", BYTES), storeErrorOf("put", "a", "ENOTDIR"));
  assert.equal(await store.get("a"), undefined);
  assert.deepEqual(readdirSync(directory), ["file"]);
});

test("a store needs the name of a directory", () => {
  assert.throws(() => new FsStore(""), TypeError);
  assert.throws(() => new FsStore(new URL("https://example.com/a")), TypeError);
});
