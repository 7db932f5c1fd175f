import assert from "node:assert/strict";
import { test } from "node:test";
import { streamToParquet } from "../../mod.ts";
import { CorruptLogError } from "../../src/commit_log/errors.ts";
import type { Action } from "../../src/commit_log/actions.ts";
import { parseActions, serialiseActions } from "../../src/commit_log/action_json.ts";
import { readSnapshot, updateSnapshot } from "../../src/commit_log/snapshot.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { commitKey, essence, file, openLog, putText, write } from "./log_helpers.ts";

/** A table of `count` commits that add `0`, `1`, `2`, …, but the first adds nothing. */
async function tableOf(count: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  const log = await openLog(store);
  await log.commit({ ...write(), operation: "CREATE TABLE" });
  for (let version = 1; version < count; version++) await log.commit(write(String(version)));
  return store;
}

const paths = (files: Iterable<{ path: string }>) => Array.from(files, ({ path }) => path);

test("a store without a log holds no table", async () => {
  const store = new MemoryStore();
  await putText(store, "day=1/a.parquet", "");
  await putText(store, "_delta_log/_commits/00000000000000000000.json", "{}");
  await putText(store, "_delta_log_old/00000000000000000000.json", "{}");
  assert.equal(await readSnapshot(store), undefined);
});

test("a table is read as of any of its versions", async () => {
  const store = await tableOf(4);
  const newest = await readSnapshot(store);
  assert.equal(newest?.version, 3);
  assert.deepEqual(paths(newest.files.values()), ["1", "2", "3"]);
  assert.deepEqual(newest.columns.map(({ name }) => name), ["id", "day"]);
  assert.deepEqual(newest.metaData.partitionColumns, ["day"]);

  for (let version = 0; version <= 3; version++) {
    const snapshot = await readSnapshot(store, { version });
    assert.equal(snapshot?.version, version);
    assert.equal(snapshot.files.size, version);
  }
  await assert.rejects(readSnapshot(store, { version: 4 }), {
    name: "RangeError",
    message: "Cannot read a version that is not one of 0 to 3: current value is 4",
  });
  await assert.rejects(readSnapshot(store, { version: -1 }), RangeError);
});

test("a file is where the last action for it left it", async () => {
  const store = new MemoryStore();
  const log = await openLog(store);
  const remove = (path: string) => ({ path, dataChange: true, deletionTimestamp: 5 });
  await log.commit(write("a", "b", "c"));
  await log.commit({ operation: "DELETE", removes: [remove("a"), remove("b")] });
  await log.commit({ operation: "WRITE", adds: [file("b", { size: 99 })] });
  const snapshot = await readSnapshot(store);
  assert.deepEqual(paths(snapshot!.files.values()), ["c", "b"]);
  assert.equal(snapshot!.files.get("b")?.size, 99);
  assert.deepEqual([...snapshot!.tombstones.values()], [remove("a")]);
});

test("an update reads what is new and leaves the old snapshot alone", async () => {
  const store = await tableOf(3);
  const before = (await readSnapshot(store))!;
  assert.equal(await updateSnapshot(store, before), before);

  const log = await openLog(store);
  await log.commit(write("new"));
  await log.commit({ operation: "DELETE", removes: [{ path: "1", dataChange: true }] });
  const after = await updateSnapshot(store, before);
  assert.deepEqual(essence(after), essence(await readSnapshot(store)));
  assert.equal(before.version, 2);
  assert.deepEqual(paths(before.files.values()), ["1", "2"]);
});

test("a missing version is named", async () => {
  for (const missing of [[0], [2], [1, 2, 3]]) {
    const store = await tableOf(6);
    for (const version of missing) await store.delete(commitKey(version));
    const [first] = missing as [number];
    const rejection = (error: unknown) => {
      assert.ok(error instanceof CorruptLogError);
      assert.equal(error.key, commitKey(first));
      assert.match(error.message, new RegExp(`no version ${first}, though the log goes on to 5`));
      return true;
    };
    await assert.rejects(readSnapshot(store), rejection);
    await assert.rejects(openLog(store), rejection);
  }
});

test("a torn commit is named with its line", async () => {
  const store = await tableOf(3);
  const bytes = (await store.get(commitKey(2)))!;
  await store.put(commitKey(2), bytes.slice(0, -20));
  const rejection = (error: unknown) => {
    assert.ok(error instanceof CorruptLogError);
    assert.equal(error.key, commitKey(2));
    assert.equal(error.line, 2);
    return true;
  };
  await assert.rejects(readSnapshot(store), rejection);
  await assert.rejects(openLog(store), rejection);
  await store.put(commitKey(2), new Uint8Array());
  await assert.rejects(readSnapshot(store), /0{19}2\.json" is empty/);
});

test("a log without protocol or metaData is no table", async () => {
  const store = new MemoryStore();
  await putText(store, commitKey(0), '{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}\n');
  await assert.rejects(readSnapshot(store), /has no metaData/);
  await putText(
    store,
    commitKey(0),
    '{"metaData":{"id":"","schemaString":"{","partitionColumns":[]}}',
  );
  await assert.rejects(readSnapshot(store), /without a valid schema/);
});

test("a protocol past what is done here is refused, with what it asks for", async () => {
  const store = await tableOf(1);
  const protocol = (protocol: object) =>
    store.put(commitKey(1), serialiseActions([{ protocol } as Action]));

  await protocol({
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ["deletionVectors", "v2Checkpoint"],
    writerFeatures: ["deletionVectors", "v2Checkpoint"],
  });
  const refusal = {
    name: "UnsupportedTableError",
    message: "Cannot read the table: it asks for Delta reader version 3 with the features " +
      "deletionVectors, v2Checkpoint, and sluice reads up to version 1",
  };
  await assert.rejects(readSnapshot(store), refusal);
  await assert.rejects(openLog(store), refusal);

  await protocol({ minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ["changeDataFeed"] });
  assert.equal((await readSnapshot(store))?.version, 1);
  await assert.rejects(openLog(store), /writer version 7 with the features changeDataFeed/);
});

test("a checkpoint stands in for the commits another engine has cleaned up", async () => {
  const key = "_delta_log/00000000000000000003.checkpoint";
  for (
    const parts of [
      [".parquet"],
      [".0000000001.0000000002.parquet", ".0000000002.0000000002.parquet"],
    ]
  ) {
    const store = await tableOf(6);
    const expected = essence(await readSnapshot(store));
    const state: Action[] = [];
    for (let version = 0; version <= 3; version++) {
      const bytes = (await store.get(commitKey(version)))!;
      state.push(...parseActions(bytes, { key: commitKey(version) }));
    }
    // A multi-part checkpoint that is not whole, and an older one: both are passed over.
    await putText(
      store,
      "_delta_log/00000000000000000004.checkpoint.0000000001.0000000002.parquet",
      "x",
    );
    await putText(store, "_delta_log/00000000000000000002.checkpoint.parquet", "x");
    const half = Math.ceil(state.length / parts.length);
    for (const [index, part] of parts.entries()) {
      await store.put(
        key + part,
        await checkpointOf(state.slice(index * half, (index + 1) * half)),
      );
    }
    for (let version = 0; version < 3; version++) await store.delete(commitKey(version));

    assert.deepEqual(essence(await readSnapshot(store)), expected);
    assert.equal((await openLog(store)).head?.version, 5);
    await assert.rejects(readSnapshot(store, { version: 1 }), /version 0/);

    await putText(store, key + parts[0], "no Parquet");
    await assert.rejects(readSnapshot(store), (error: unknown) => {
      assert.ok(error instanceof CorruptLogError);
      assert.equal(error.key, key + parts[0]);
      return true;
    });
  }
});

test("a checkpoint is not looked at while the log goes back to version 0", async () => {
  const store = await tableOf(3);
  await putText(store, "_delta_log/00000000000000000001.checkpoint.parquet", "no Parquet");
  assert.equal((await readSnapshot(store))?.version, 2);
});

/** Actions as Parquet, with maps as the lists of entries that they are there. */
async function checkpointOf(actions: readonly Action[]): Promise<Uint8Array> {
  const withEntries = (name: string, value: unknown) =>
    ["partitionValues", "tags", "options", "configuration"].includes(name)
      ? Object.entries(value as object).map(([key, value]) => ({ key, value }))
      : value;
  const lines = actions
    .filter((action) => !("commitInfo" in action))
    .map((action) => JSON.stringify(action, withEntries));
  const store = new MemoryStore();
  await streamToParquet(lines.join("\n"), { store });
  for await (const { key } of store.list("")) {
    if (key.endsWith(".parquet")) return (await store.get(key))!;
  }
  throw new Error("Cannot make a checkpoint of no actions");
}

test("a v2 checkpoint is refused when there is no way round it", async () => {
  const store = await tableOf(3);
  const key =
    "_delta_log/00000000000000000001.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json";
  await putText(store, key, "{}");
  assert.equal((await readSnapshot(store))?.version, 2);
  await store.delete(commitKey(0));
  await assert.rejects(readSnapshot(store), /80a083e8.* only, which is of the v2 kind/);
});

test("reading gives up with the signal's reason", async () => {
  const store = await tableOf(2);
  const reason = new Error("enough");
  await assert.rejects(readSnapshot(store, { signal: AbortSignal.abort(reason) }), reason);
  await assert.rejects(openLog(store, { signal: AbortSignal.abort(reason) }), reason);
});
