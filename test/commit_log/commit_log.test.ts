import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommitRequest } from "../../src/commit_log/commit_request.ts";
import {
  CommitConflictError,
  TableMismatchError,
  UnsupportedTableError,
} from "../../src/commit_log/errors.ts";
import { serialiseActions } from "../../src/commit_log/action_json.ts";
import { readSnapshot } from "../../src/commit_log/snapshot.ts";
import type { TableHead } from "../../src/commit_log/table_state.ts";
import { StoreError } from "../../src/errors.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { FaultyStore, type StoreFault } from "../../src/testing/faulty_store.ts";
import { COLUMNS, commitKey, file, keysOf, linesOf, openLog, write } from "./log_helpers.ts";

const remove = (path: string) => ({ path, dataChange: true, deletionTimestamp: 1 });

test("the first commit creates the table", async () => {
  const store = new MemoryStore();
  let uuids = 0;
  const log = await openLog(store, {
    engineInfo: "sluice/0",
    now: () => 1234,
    randomUUID: () => `uuid-${++uuids}`,
  });
  assert.equal(log.head, undefined);
  const result = await log.commit({
    ...write("a.parquet"),
    txns: [{ appId: "main", version: 1 }],
    info: { sluice: { readThrough: 7 }, operation: "not this" },
  });
  assert.deepEqual(result, { status: "committed", version: 0 });

  const [commitInfo, protocol, metaData, txn, add, ...rest] = await linesOf(store, commitKey(0));
  assert.deepEqual(commitInfo, {
    commitInfo: {
      sluice: { readThrough: 7 },
      operation: "WRITE",
      timestamp: 1234,
      engineInfo: "sluice/0",
      txnId: "uuid-1",
      isBlindAppend: true,
    },
  });
  assert.deepEqual(protocol, { protocol: { minReaderVersion: 1, minWriterVersion: 2 } });
  const { schemaString, ...fixed } = metaData?.["metaData"] as { schemaString: string };
  assert.deepEqual(fixed, {
    id: "uuid-2",
    format: { provider: "parquet", options: {} },
    partitionColumns: ["day"],
    configuration: {},
    createdTime: 1234,
  });
  assert.match(schemaString, /"name":"id","type":"long".*"name":"day","type":"string"/);
  assert.deepEqual(txn, { txn: { appId: "main", version: 1, lastUpdated: 1234 } });
  assert.deepEqual(add, { add: file("a.parquet") });
  assert.deepEqual(rest, []);
  assert.deepEqual(await keysOf(store, ""), [commitKey(0)]);

  assert.deepEqual((await openLog(store)).head, log.head);
  await log.commit(write("b"));
  assert.equal((await linesOf(store, commitKey(1))).length, 2, "nothing is said twice");
});

test("each of many commits at once lands once", async () => {
  const store = new MemoryStore();
  const versions: number[] = [];
  await Promise.all(Array.from({ length: 12 }, async (_, writer) => {
    const log = await openLog(store);
    for (let number = 1; number <= 8; number++) {
      const { status, version } = await log.commit({
        ...write(`${writer}-${number}`),
        txns: [{ appId: String(writer), version: number }],
      });
      assert.equal(status, "committed");
      versions.push(version!);
    }
  }));
  assert.deepEqual(versions.sort((a, b) => a - b), [...Array(96).keys()]);
  const snapshot = await readSnapshot(store);
  assert.equal(snapshot?.version, 95);
  assert.equal(snapshot.files.size, 96);
  assert.equal(snapshot.txns.size, 12);
});

test("commits at once on one object land once each, too", async () => {
  const store = new MemoryStore();
  const log = await openLog(store);
  await Promise.all(Array.from({ length: 10 }, (_, number) => log.commit(write(String(number)))));
  const snapshot = await readSnapshot(store);
  assert.equal(snapshot?.files.size, 10);
  assert.equal(log.head?.version, 9);
});

test("a txn the table has is not committed again", async () => {
  const store = new MemoryStore();
  const log = await openLog(store);
  const numbered = (version: number, path: string) => ({
    ...write(path),
    txns: [{ appId: "main", version }],
  });
  await log.commit(numbered(4, "a"));
  await log.commit({ ...numbered(9, "b"), txns: [{ appId: "other", version: 9 }] });
  for (const version of [3, 4]) {
    const again = await log.commit(numbered(version, "twice"));
    assert.deepEqual(again, { status: "already-committed", version: 0 });
  }
  // One that has not seen the other's commit finds out when it loses the race.
  const stale = await openLog(store);
  await log.commit(numbered(5, "c"));
  assert.deepEqual(await stale.commit(numbered(5, "twice")), {
    status: "already-committed",
    version: 2,
  });
  assert.equal((await readSnapshot(store))?.version, 2);

  const results = await Promise.all(
    Array.from({ length: 5 }, async () => (await openLog(store)).commit(numbered(6, "d"))),
  );
  assert.equal(results.filter(({ status }) => status === "committed").length, 1);
  assert.ok(results.every(({ version }) => version === 3));
});

test("a commit with several txns is refused for any of them", async () => {
  const store = new MemoryStore();
  const log = await openLog(store);
  const txns = (a: number, b: number) => [{ appId: "a", version: a }, { appId: "b", version: b }];
  await log.commit({ ...write(), txns: txns(1, 5) });
  assert.equal((await log.commit({ ...write(), txns: txns(2, 5) })).status, "already-committed");
  assert.equal((await log.commit({ ...write(), txns: txns(1, 6) })).status, "already-committed");
  assert.equal((await log.commit({ ...write(), txns: txns(2, 6) })).status, "committed");
  const twice = [...txns(3, 7), { appId: "a", version: 4 }];
  await assert.rejects(log.commit({ ...write(), txns: twice }), {
    name: "TypeError",
    message: 'Cannot set the txn of an application twice in one commit: current value is "a"',
  });
  const { txns: last } = (await readSnapshot(store))!;
  assert.deepEqual([last.get("a")?.version, last.get("b")?.version], [2, 6]);
});

test("a commit whose answer is late does not set the head back", async () => {
  const store = new MemoryStore();
  const put = store.put.bind(store);
  let answer = () => {};
  const isAnswered = new Promise<void>((resolve) => answer = resolve);
  store.put = async (key, bytes, options) => {
    const result = await put(key, bytes, options);
    if (key === commitKey(0) && result) await isAnswered;
    return result;
  };
  const log = await openLog(store);
  const late = log.commit(write("a"));
  assert.deepEqual(await log.commit(write("b")), { status: "committed", version: 1 });
  answer();
  assert.deepEqual(await late, { status: "committed", version: 0 });
  assert.equal(log.head?.version, 1);
});

/** A store whose `put`s of commits, counted from 1, fail as told. */
function failingPuts(store: MemoryStore, plan: (nthPut: number) => StoreFault | undefined) {
  let puts = 0;
  return new FaultyStore(store, ({ operation }) => operation === "put" ? plan(++puts) : undefined);
}

test("a commit whose answer is lost is recognised and not repeated", async () => {
  const store = new MemoryStore();
  const log = await openLog(failingPuts(store, () => ({ kind: "fail-after" })));
  assert.deepEqual(await log.commit(write("a")), { status: "committed", version: 0 });
  assert.deepEqual(await log.commit(write("b")), { status: "committed", version: 1 });
  assert.deepEqual(await keysOf(store, ""), [commitKey(0), commitKey(1)]);
});

test("a store that repeats a write and so finds its own is understood", async () => {
  const store = new MemoryStore();
  const put = store.put.bind(store);
  store.put = async (key, bytes, options) => {
    await put(key, bytes, options);
    return await put(key, bytes, options);
  };
  const log = await openLog(store);
  assert.deepEqual(await log.commit(write("a")), { status: "committed", version: 0 });
  assert.deepEqual(await keysOf(store, ""), [commitKey(0)]);
});

test("a commit that fails is tried again, and then reported", async () => {
  const store = new MemoryStore();
  const waits: number[] = [];
  const wait = (milliseconds: number) => {
    waits.push(milliseconds);
    return Promise.resolve();
  };
  const twice = failingPuts(store, (nth) => nth <= 2 ? { kind: "fail" } : undefined);
  const log = await openLog(twice, { wait });
  assert.deepEqual(await log.commit(write("a")), { status: "committed", version: 0 });
  assert.equal(waits.length, 2);

  const error = new Error("no space left on device");
  const full = await openLog(failingPuts(store, () => ({ kind: "fail", error })));
  await assert.rejects(full.commit(write("b")), (thrown: unknown) => {
    assert.ok(thrown instanceof StoreError);
    assert.equal(thrown.operation, "put");
    assert.equal(thrown.key, commitKey(1));
    assert.equal(thrown.cause, error);
    return true;
  });
  assert.equal(full.head?.version, 0);
});

test("a commit that fails while another takes its version goes on to the next", async () => {
  const store = new MemoryStore();
  const other = await openLog(store);
  await other.commit(write("a"));
  const log = await openLog(
    new FaultyStore(store, async ({ operation, key }) => {
      if (operation !== "put" || key !== commitKey(1)) return undefined;
      await other.commit(write("b"));
      return { kind: "fail" };
    }),
  );
  assert.deepEqual(await log.commit(write("c")), { status: "committed", version: 2 });
});

test("committing gives up with the signal's reason", async () => {
  const reason = new Error("enough");
  const abort = new AbortController();
  const log = await openLog(failingPuts(new MemoryStore(), () => ({ kind: "fail" })), {
    wait: () => {
      abort.abort(reason);
      return Promise.resolve();
    },
  });
  await assert.rejects(log.commit(write("a"), { signal: abort.signal }), reason);
});

test("two that create one table agree on it", async () => {
  const store = new MemoryStore();
  const logs = await Promise.all([openLog(store), openLog(store), openLog(store)]);
  await Promise.all(logs.map((log, index) => log.commit(write(String(index)))));
  const snapshot = await readSnapshot(store);
  assert.equal(snapshot?.version, 2);
  assert.equal(snapshot.files.size, 3);
  assert.ok(logs.every(({ head }) => head?.metaData.id === snapshot.metaData.id));
});

test("a table partitioned otherwise is refused, with both named", async () => {
  const store = new MemoryStore();
  const late = await openLog(store, { partitionColumns: ["day", "page"] });
  await (await openLog(store)).commit(write("a"));

  const refusal = (error: unknown) => {
    assert.ok(error instanceof TableMismatchError);
    assert.equal(error.expected, '["day"]');
    assert.equal(error.actual, '["day","page"]');
    assert.match(error.message, /the table has \["day"\], current value is \["day","page"\]/);
    return true;
  };
  await assert.rejects(openLog(store, { partitionColumns: ["day", "page"] }), refusal);
  const columns = [...COLUMNS, { name: "page", type: { kind: "string" } as const }];
  await assert.rejects(late.commit({ operation: "WRITE", columns }), refusal);
  const anyLayout = await openLog(store, { partitionColumns: undefined });
  assert.deepEqual(anyLayout.head?.metaData.partitionColumns, ["day"]);
});

test("columns are added, by whoever commits first, and keep what else the table has", async () => {
  const store = new MemoryStore();
  const first = await openLog(store);
  const second = await openLog(store);
  const withColumn = (name: string, kind: "string" | "int64"): CommitRequest => ({
    operation: "WRITE",
    columns: [...COLUMNS, { name, type: { kind } }],
    adds: [file(name + kind)],
  });
  await first.commit(withColumn("a", "int64"));
  await second.commit(withColumn("b", "int64"));
  const { head } = second;
  assert.deepEqual(head?.columns.map(({ name }) => name), ["id", "day", "a", "b"]);
  assert.equal(head.metaData.id, first.head?.metaData.id);

  await assert.rejects(second.commit(withColumn("a", "string")), TableMismatchError);
  await assert.rejects(first.commit(withColumn("b", "string")), TableMismatchError);
  assert.equal((await readSnapshot(store))?.version, 1);
  // The table's own columns need not be repeated.
  await first.commit({ operation: "WRITE", adds: [file("x")] });
  assert.equal(first.head?.columns.length, 4);
});

test("a request is made anew when the table's columns have changed", async () => {
  const store = new MemoryStore();
  const first = await openLog(store);
  const second = await openLog(store);
  const seen: number[] = [];
  const rebase = (head: TableHead): CommitRequest => {
    seen.push(head.version);
    return write(`made for ${head.version}`);
  };
  await first.commit(write("a"));
  await second.commit(write("b"), { rebase });
  await first.commit(write("c"), { rebase });
  assert.deepEqual(seen, [0], "creating is a change; appending is none");

  const more = [...COLUMNS, { name: "more", type: { kind: "bool" } as const }];
  await first.commit({ operation: "WRITE", columns: more });
  await second.commit(write("d"), { rebase });
  await second.commit(write("e"), { rebase, readVersion: 1 });
  assert.deepEqual(seen, [0, 3, 4]);

  // Losing to one that only appends is no reason to make it anew once more.
  await first.commit({
    operation: "WRITE",
    columns: [...more, { name: "yet more", type: { kind: "bool" } as const }],
  });
  await second.commit(write("f"), {
    rebase: async (head) => {
      if (seen.length < 5) await first.commit(write("g"));
      return rebase(head);
    },
  });
  assert.deepEqual(seen, [0, 3, 4, 6]);
  const { files } = (await readSnapshot(store))!;
  assert.deepEqual([...files.keys()], [
    "a",
    "made for 0",
    "c",
    "made for 3",
    "made for 4",
    "g",
    "made for 6",
  ]);
});

test("a file is removed by one only", async () => {
  const store = new MemoryStore();
  const first = await openLog(store);
  await first.commit(write("a", "b", "c"));
  const second = await openLog(store);
  const third = await openLog(store);
  const rewrite = (path: string, to: string) => ({
    operation: "OPTIMIZE",
    removes: [remove(path)],
    adds: [file(to)],
  });
  await first.commit(rewrite("a", "a2"));
  await second.commit(rewrite("b", "b2"));
  await assert.rejects(third.commit(rewrite("a", "a3")), (error: unknown) => {
    assert.ok(error instanceof CommitConflictError);
    assert.equal(error.path, "a");
    assert.equal(error.version, 1);
    return true;
  });
  await assert.rejects(
    third.commit(rewrite("b", "b3"), { readVersion: 0 }),
    CommitConflictError,
    "also when the head is newer than what the request was made from",
  );
  await third.commit(rewrite("c", "c2"), { readVersion: 0 });
  const snapshot = await readSnapshot(store);
  assert.deepEqual([...snapshot!.files.keys()], ["a2", "b2", "c2"]);
});

test("a request that contradicts itself or the table is refused before anything is written", async () => {
  const store = new MemoryStore();
  const log = await openLog(store);
  const day = { name: "day", type: { kind: "list", item: { kind: "string" } } } as const;
  await assert.rejects(log.commit({ operation: "WRITE" }), /partitioned by "day".* is undefined/);
  await assert.rejects(log.commit({ operation: "WRITE", columns: [day] }), /no list or struct/);
  await log.commit(write());
  await assert.rejects(log.commit(write("a", "a")), /twice in one commit: current value is "a"/);
  await assert.rejects(log.commit({ ...write("a"), removes: [remove("a")] }), TypeError);
  for (const partitionValues of [{}, { day: "1", page: "" }, { page: "" }]) {
    const adds = [file("a", { partitionValues })];
    await assert.rejects(log.commit({ operation: "WRITE", adds }), {
      name: "TypeError",
      message: /for each of the partition columns \["day"\]/,
    });
  }
  const invalid = [
    file("a", { size: Number.NaN }),
    file("a", { size: 1.5 }),
    file("a", { modificationTime: Infinity }),
    file("a", { partitionValues: { day: 1 as unknown as string } }),
    file("/a"),
    file("a\ud800"),
  ];
  for (const add of invalid) {
    await assert.rejects(log.commit({ operation: "WRITE", adds: [add] }), { name: "TypeError" });
  }
  const txns = [{ appId: "a", version: Number.NaN }];
  await assert.rejects(
    log.commit({ operation: "WRITE", txns }),
    /line 2 holds no valid action \(version is null\)/,
  );
  assert.deepEqual(await keysOf(store, ""), [commitKey(0)]);
});

test("what a table's properties and protocol ask of a writer is respected", async () => {
  const store = new MemoryStore();
  const log = await openLog(store);
  await log.commit(write("a"));
  const { metaData } = log.head!;
  const appendOnly = { ...metaData, configuration: { "delta.appendOnly": "true" } };
  await store.put(commitKey(1), serialiseActions([{ metaData: appendOnly }]));
  await log.update();
  await assert.rejects(log.commit({ operation: "DELETE", removes: [remove("a")] }), {
    name: "UnsupportedTableError",
    message: 'Cannot remove "a" from the table: its property delta.appendOnly is true',
  });
  const rearranged = { ...remove("a"), dataChange: false };
  await log.commit({ operation: "OPTIMIZE", removes: [rearranged] });

  const schemaString = metaData.schemaString.replaceAll('"nullable":true', '"nullable":false');
  await store.put(commitKey(3), serialiseActions([{ metaData: { ...metaData, schemaString } }]));
  await assert.rejects(log.commit(write("b")), /"id" is NOT NULL/);

  const protocol = { minReaderVersion: 1, minWriterVersion: 4 };
  await store.put(commitKey(4), serialiseActions([{ protocol }]));
  await assert.rejects(log.commit({ operation: "NOTHING" }), UnsupportedTableError);
});

test("what a writer wrote down with its last commit is found again", async () => {
  const store = new MemoryStore();
  const log = await openLog(store);
  for (let version = 1; version <= 3; version++) {
    for (const appId of ["a", "b"]) {
      await log.commit({ ...write(), txns: [{ appId, version }], info: { at: appId + version } });
    }
  }
  const reopened = await openLog(store);
  assert.equal(await reopened.lastCommitBy("nobody"), undefined);
  for (const [appId, version] of [["a", 4], ["b", 5]] as const) {
    const commit = await reopened.lastCommitBy(appId);
    assert.equal(commit?.version, version);
    const [first] = commit.actions;
    assert.equal(first && "commitInfo" in first && first.commitInfo["at"], appId + 3);
  }
});
