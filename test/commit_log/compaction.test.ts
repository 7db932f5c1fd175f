import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { serialiseActions } from "../../src/commit_log/action_json.ts";
import type { Action } from "../../src/commit_log/actions.ts";
import { compactLog } from "../../src/commit_log/compaction.ts";
import { CorruptLogError } from "../../src/commit_log/errors.ts";
import { readSnapshot } from "../../src/commit_log/snapshot.ts";
import type { Store } from "../../src/stores/store.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { FaultyStore, type StoreCall } from "../../src/testing/faulty_store.ts";
import {
  COLUMNS,
  commitKey,
  essence,
  file,
  keysOf,
  linesOf,
  openLog,
  putText,
  write,
} from "./log_helpers.ts";

const name = (start: number, end: number) =>
  `_delta_log/${String(start).padStart(20, "0")}.${String(end).padStart(20, "0")}.compacted.json`;
const HINT = "_delta_log/_last_compaction";

/** A table of `count` commits that each add a file and carry a txn. */
async function tableOf(count: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  await append(store, count);
  return store;
}

async function append(store: MemoryStore, count: number): Promise<void> {
  const log = await openLog(store);
  const first = (log.head?.version ?? -1) + 1;
  for (let version = first; version < first + count; version++) {
    await log.commit({
      ...write(String(version)),
      txns: [{ appId: "main", version: version + 1 }],
    });
  }
}

/** Counts what reading a table asks of its store. */
async function callsTo(
  store: MemoryStore,
  read: (store: Store) => Promise<unknown>,
): Promise<Record<StoreCall["operation"], number>> {
  const calls = { get: 0, getRange: 0, list: 0, put: 0, delete: 0 };
  const counting = new FaultyStore(store, ({ operation }) => {
    calls[operation]++;
    return undefined;
  });
  await read(counting);
  return calls;
}

/** Compacts through the newest version. */
async function compact(store: Store): Promise<string[]> {
  const head = (await openLog(store)).head;
  assert.ok(head);
  return await compactLog(store, head);
}

/** The ranges that the last compaction wrote down. */
async function rangesOf(store: Store): Promise<unknown> {
  const [line] = await linesOf(store, HINT);
  return line?.["ranges"];
}

test("a compacted table reads as the table did, at every version", async () => {
  const paths = ["a", "b/%2F", "c d", "é"];
  const action = fc.record({
    path: fc.constantFrom(...paths),
    isAdd: fc.boolean(),
    size: fc.nat(9),
  });
  const commit = fc.record({
    files: fc.uniqueArray(action, { selector: ({ path }) => path, maxLength: 3 }),
    appId: fc.option(fc.constantFrom("x", "y")),
    addsColumn: fc.nat(9).map((n) => n === 0),
  });
  const commits = fc.array(commit, { minLength: 95, maxLength: 130, size: "max" });
  await fc.assert(
    fc.asyncProperty(commits, async (commits) => {
      const store = new MemoryStore();
      const log = await openLog(store);
      for (const [version, { files, appId, addsColumn }] of commits.entries()) {
        await log.commit({
          operation: "WRITE",
          columns: addsColumn || version === 0
            ? [...COLUMNS, { name: `c${version}`, type: { kind: "string" } }]
            : [],
          adds: files.filter(({ isAdd }) => isAdd).map(({ path, size }) => file(path, { size })),
          removes: files.filter(({ isAdd }) => !isAdd)
            .map(({ path }) => ({ path, dataChange: true, deletionTimestamp: version })),
          ...(appId !== null && { txns: [{ appId, version: version + 1 }] }),
        });
      }
      const versions = [undefined, 0, 8, 9, 10, 57, commits.length - 1];
      const read = () =>
        Promise.all(
          versions.map(async (version) => essence(await readSnapshot(store, { version }))),
        );
      const before = await read();
      const made = await compact(store);
      assert.ok(made.includes(name(80, 89)));
      assert.equal(made.includes(name(0, 99)), commits.length >= 100);
      assert.deepEqual(await read(), before);
      assert.deepEqual((await openLog(store)).head?.txns, log.head?.txns);
      // The listing finds the same files as the hint.
      await store.delete(HINT);
      assert.deepEqual(await read(), before);
      // And the commits in between are in fact not looked at.
      await store.delete(commitKey(3));
      assert.deepEqual(essence(await readSnapshot(store)), before[0]);
    }),
    { numRuns: 15 },
  );
});

test("compacted files hold the lines that still count, as they were", async () => {
  const store = new MemoryStore();
  const log = await openLog(store);
  const txn = { appId: "main", version: 3 };
  const stats = '{"numRecords":1,"maxValues":{"id":9007199254740993}}';
  await log.commit(write("gone", "stays"));
  await log.commit({ operation: "DELETE", removes: [{ path: "gone", dataChange: true }] });
  await putText(
    store,
    commitKey(2),
    `{"add":{"path":"x","partitionValues":{"day":""},"size":1,"modificationTime":2,` +
      `"dataChange":true,"stats":${JSON.stringify(stats)},"unknown":12345678901234567890}}`,
  );
  await log.update();
  await log.commit({ ...write(), txns: [{ ...txn, version: 2 }] });
  await log.commit({ ...write(), txns: [txn] });
  for (let version = 5; version < 10; version++) await log.commit(write());
  assert.deepEqual(await compact(store), [name(0, 9)]);

  const text = new TextDecoder().decode(await store.get(name(0, 9)));
  assert.ok(text.endsWith("}\n"));
  assert.match(text, /"unknown":12345678901234567890/);
  const kinds = (await linesOf(store, name(0, 9))).map((line) => Object.keys(line).join());
  assert.deepEqual(kinds, ["protocol", "metaData", "txn", "add", "remove", "add"]);
  const { txns, files } = (await readSnapshot(store))!;
  assert.equal(txns.get("main")?.tableVersion, 4);
  assert.equal(files.get("x")?.stats, stats);

  const reopened = await openLog(store);
  assert.equal((await reopened.lastCommitBy("main"))?.version, 4);
});

test("a file for every ten commits, and for every ten of those", async () => {
  const store = await tableOf(125);
  const log = await openLog(store);
  await log.compact();
  const compacted = (await keysOf(store, "_delta_log")).filter((key) => key.includes("compacted"));
  assert.equal(compacted.length, 13);
  assert.ok(compacted.includes(name(0, 99)) && compacted.includes(name(110, 119)));
  assert.ok((await keysOf(store, "")).every((key) => !key.endsWith(".parquet")));
  assert.deepEqual(await rangesOf(store), [[0, 99], [100, 109], [110, 119]]);

  const toRead = await callsTo(store, readSnapshot);
  assert.equal(toRead.list, 0);
  assert.equal(toRead.get, 1 + 3 + 5 + 1, "what was noted, its files, the commits since, the next");
  const toOpen = await callsTo(store, openLog);
  assert.equal(toOpen.list, 0);
  assert.equal(toOpen.get, 1 + 1, "what was noted, the next commit");

  // One writer that goes on does the same step by step, and asks for nothing in between.
  const stepwise = await tableOf(1);
  const writer = await openLog(stepwise);
  for (let version = 1; version < 125; version++) {
    await writer.commit({
      ...write(String(version)),
      txns: [{ appId: "main", version: version + 1 }],
    });
    await writer.compact();
  }
  assert.deepEqual(await keysOf(stepwise, ""), await keysOf(store, ""));
  assert.deepEqual(await rangesOf(stepwise), await rangesOf(store));
});

test("many may compact at once, while others commit", async () => {
  const store = new MemoryStore();
  await Promise.all(Array.from({ length: 6 }, async (_, writer) => {
    const log = await openLog(store);
    for (let number = 1; number <= 40; number++) {
      await log.commit({
        ...write(`${writer}-${number}`),
        txns: [{ appId: String(writer), version: number }],
      });
      await log.compact();
      const opened = await openLog(store);
      assert.ok(opened.head!.txns.get(String(writer))!.version === number);
    }
  }));
  const before = await readSnapshot(store);
  assert.equal(before?.version, 239);
  assert.equal(before.files.size, 240);
  for (const key of await keysOf(store, "_delta_log")) {
    if (key === HINT || key.includes("compacted")) await store.delete(key);
  }
  assert.deepEqual(essence(await readSnapshot(store)), essence(before));
});

test("a compaction that failed half-way is made up for by the next", async () => {
  const store = await tableOf(240);
  let puts = 0;
  const failing = new FaultyStore(
    store,
    ({ operation }) => operation === "put" && ++puts > 7 ? { kind: "fail" } : undefined,
  );
  const log = await openLog(failing);
  await assert.rejects(log.compact(), { name: "StoreError" });
  assert.equal((await openLog(store)).head?.version, 239);

  await (await openLog(store)).compact();
  assert.deepEqual(await rangesOf(store), [
    [0, 99],
    [100, 199],
    [200, 209],
    [210, 219],
    [220, 229],
    [230, 239],
  ]);
});

test("a backlog is worked off in pieces", async () => {
  const store = await tableOf(1015);
  await compact(store);
  assert.deepEqual(await rangesOf(store), [[0, 999]]);
  await compact(store);
  assert.deepEqual(await rangesOf(store), [[0, 999], [1000, 1009]]);
});

test("a version missing after the last compaction is noticed without a listing", async () => {
  const store = await tableOf(25);
  await compact(store);
  await append(store, 8);
  for (const version of [28, 29, 30]) await store.delete(commitKey(version));
  for (const read of [readSnapshot, openLog]) {
    await assert.rejects(read(store), (error: unknown) => {
      assert.ok(error instanceof CorruptLogError);
      assert.equal(error.key, commitKey(28));
      return true;
    });
  }
  await store.delete(commitKey(22));
  await assert.rejects(readSnapshot(store), { key: commitKey(22) });
});

test("commits that come while the end is looked for are read, without a listing", async () => {
  for (const read of [readSnapshot, openLog]) {
    const store = await tableOf(25);
    await compact(store);
    const get = store.get.bind(store);
    let hasRaced = false;
    store.get = async (key, options) => {
      const value = await get(key, options);
      if (value === undefined && !hasRaced) {
        hasRaced = true;
        await append(store, 3);
      }
      return value;
    };
    // The first commit that comes was just found to be absent, the next two are seen beyond it.
    let version: number | undefined;
    const calls = await callsTo(store, async (counting) => {
      const table = await read(counting);
      version = table && "head" in table ? table.head?.version : table?.version;
    });
    assert.equal(version, 27);
    assert.equal(calls.list, 0);
  }
});

test("what was noted wrongly misleads nobody", async () => {
  const store = await tableOf(25);
  await compact(store);
  const expected = essence(await readSnapshot(store));
  const head = (await openLog(store)).head;
  const [noted = {}] = await linesOf(store, HINT);
  const wrong: unknown[] = [
    {},
    [],
    null,
    { ...noted, version: 99 },
    { ...noted, version: 18 },
    { ...noted, version: "24" },
    { ...noted, actions: [{ txn: {} }] },
    { ...noted, actions: undefined },
    { ...noted, actions: [] },
    { ...noted, ranges: [], version: -1 },
    { ...noted, ranges: [[0, 9], [20, 24]] },
    { ...noted, ranges: [[1, 9]] },
    { ...noted, ranges: [[0, -1]] },
    { ...noted, ranges: [["0", "9"]] },
    { ...noted, ranges: [[0, 9], [10, 24]] },
    { ...noted, ranges: [[0, 9]] },
    { ...noted, ranges: [] },
  ];
  for (const text of ["", "{", "\u0000", ...wrong.map((value) => JSON.stringify(value))]) {
    await putText(store, HINT, text);
    assert.deepEqual(essence(await readSnapshot(store)), expected, text);
    assert.deepEqual((await openLog(store)).head?.txns, head?.txns, text);
  }
});

test("what was noted of a table that was deleted since is not believed", async () => {
  const store = await tableOf(25);
  await compact(store);
  for (const key of await keysOf(store, "")) if (key !== HINT) await store.delete(key);
  assert.equal(await readSnapshot(store), undefined);
  const log = await openLog(store);
  assert.equal(log.head, undefined);
  await log.commit(write("new"));
  assert.equal((await openLog(store)).head?.version, 0);
});

test("a long tail after the last compaction is checked by a listing", async () => {
  const store = await tableOf(10);
  await compact(store);
  await append(store, 70);
  for (const read of [readSnapshot, openLog]) assert.equal((await callsTo(store, read)).list, 1);
  assert.equal((await readSnapshot(store))?.files.size, 80);
  await store.delete(commitKey(77));
  for (const read of [readSnapshot, openLog]) {
    await assert.rejects(read(store), { key: commitKey(77) });
  }
});

test("commits with actions that are not known here are left alone", async () => {
  const add =
    '{"add":{"path":"x","partitionValues":{},"size":1,"modificationTime":2,"dataChange":true';
  for (
    const line of [
      '{"domainMetadata":{"domain":"d","configuration":"","removed":false}}',
      `${add},"deletionVector":{"storageType":"u","pathOrInlineDv":"x","sizeInBytes":1,"cardinality":1}}}`,
    ]
  ) {
    const store = await tableOf(25);
    await putText(store, commitKey(15), line);
    const expected = essence(await readSnapshot(store));
    assert.deepEqual(await compact(store), [name(0, 9)]);
    assert.deepEqual(essence(await readSnapshot(store)), expected);
    await append(store, 100);
    assert.ok(!(await compact(store)).includes(name(0, 99)));
    assert.equal((await readSnapshot(store))?.version, 124);
  }
});

test("a log whose beginning was cleaned up is not compacted, but opens quickly all the same", async () => {
  const store = await tableOf(25);
  const { head } = await openLog(store);
  for (let version = 0; version < 12; version++) await store.delete(commitKey(version));
  assert.deepEqual(await compactLog(store, head!), []);
  assert.deepEqual(await rangesOf(store), []);
  const opened = await openLog(store);
  assert.deepEqual(opened.head, { ...head, metaDataVersion: 24 });
});

test("one that has fallen behind takes nothing back", async () => {
  const store = await tableOf(12);
  const { head } = await openLog(store);
  await append(store, 20);
  await compact(store);
  const noted = await linesOf(store, HINT);
  assert.deepEqual(await compactLog(store, head!), []);
  assert.deepEqual(await linesOf(store, HINT), noted);
});

test("compacted files of other engines are read, whatever their ranges", async () => {
  const store = await tableOf(12);
  const expected = await readSnapshot(store);
  const actions: Action[] = [{ add: file("3") }, { add: file("4") }, { add: file("5") }];
  await store.put(name(3, 5), serialiseActions(actions));
  await store.put(name(3, 4), serialiseActions(actions.slice(0, 2)));
  await store.put(name(5, 20), serialiseActions([{ add: file("not yet") }]));
  for (const version of [3, 4, 5]) await store.delete(commitKey(version));
  const snapshot = await readSnapshot(store, { version: 11 });
  assert.deepEqual([...snapshot!.files.keys()], [...expected!.files.keys()]);
});
