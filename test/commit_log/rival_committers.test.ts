// Runs of one writer's name over one table at once, in the orders their steps may be taken in.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readSnapshot } from "../../src/commit_log/snapshot.ts";
import { TableCommitter } from "../../src/commit_log/table_committer.ts";
import { WriterFencedError } from "../../src/errors.ts";
import type { PartFile } from "../../src/parquet/parquet_file_stream.ts";
import { partKey } from "../../src/partition/part_key.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import type { Store } from "../../src/stores/store.ts";
import { INITIAL_POSITION } from "../../src/window/windowed_partitions.ts";
import { Turns } from "../support/turns.ts";

const COMMITS = 2;
const LENGTH = 60_000;

/** What the runs have put, and what they were told is committed. */
class Record {
  readonly contents = new Map<string, string>();
  readonly committed = new Set<string>();
}

/**
 * A run: commits twice, two files each, one of which is put early. The names of both runs' files are
 * the same if they use the same numbers.
 */
async function run(name: string, store: Store, record: Record): Promise<void> {
  const table = await TableCommitter.open(store, { writer: "main", partitionBy: [] });
  await table.recover();
  const first = table.state.commitNumber;
  for (let i = 0; i < COMMITS; i++) {
    const commitNumber = first + i;
    const keys = [
      await put(table, { name, window: i + 1, commitNumber }, record),
      await put(table, { name, window: i, commitNumber }, record),
    ];
    await table.commit({
      type: "commit",
      number: commitNumber,
      deadLetters: [],
      late: 0,
      windows: 1,
      state: {
        ...INITIAL_POSITION,
        schema: [{ name: "id", type: { kind: "int64" } }],
        commitNumber: commitNumber + 1,
        closedThrough: (i + 1) * LENGTH + (i === COMMITS - 1 ? LENGTH : 0),
      },
    });
    record.committed.add(keys[1]!);
    if (i > 0) record.committed.add(keys[0]!);
  }
  await table.close();
}

async function put(
  table: TableCommitter,
  { name, window: index, commitNumber }: { name: string; window: number; commitNumber: number },
  { contents }: Record,
): Promise<string> {
  const window = { start: index * LENGTH, end: (index + 1) * LENGTH };
  const key = partKey({ window, path: "", writer: "main", commitNumber, part: 0 });
  const text = `${name} ${key}`;
  contents.set(text, key);
  const file: PartFile = {
    type: "file",
    key,
    bytes: new TextEncoder().encode(text),
    rows: 1,
    rescued: 0,
    window,
    partition: { values: [], path: "" },
    isEarly: index > 0,
    stats: {},
  };
  await table.put(file);
  return key;
}

/** What the log has is there, and is what its run has put. */
async function check(store: Store, records: readonly Record[]): Promise<void> {
  const files = (await readSnapshot(store))?.files ?? new Map();
  for (const key of files.keys()) {
    const text = new TextDecoder().decode(await store.get(key));
    assert(text !== "", `${key} is in the log and not in the store`);
    assert(records.some(({ contents }) => contents.get(text) === key), `${key} is "${text}"`);
  }
  for (const { committed, contents } of records) {
    for (const key of committed) {
      assert(files.has(key), `${key} was committed`);
      const text = new TextDecoder().decode(await store.get(key));
      assert(contents.has(text), `${key} was overwritten: "${text}"`);
    }
  }
}

interface Outcome {
  readonly steps: number;
  readonly fenced: number;
}

/** Runs some at once, and then one more, which has to put everything in order. */
async function trial(
  choose: (processes: readonly number[], step: number) => number | undefined,
  options: { readonly runs?: number; readonly isMarked: boolean },
): Promise<Outcome> {
  const { runs: count = 2, isMarked } = options;
  const store = new MemoryStore();
  const records = Array.from({ length: count }, () => new Record());
  if (isMarked) { // a run was stopped right at its beginning
    const turns = new Turns(store);
    void turns.start(0, (own) => run("earlier", own, new Record()));
    await turns.take(() => turns.steps < 4 ? 0 : undefined);
  }
  const turns = new Turns(store);
  let fenced = 0;
  const runs = records.map((record, process) =>
    turns.start(process, (own) => run(`run ${process}`, own, record)).catch((error) => {
      assert(error instanceof WriterFencedError, error);
      fenced++;
    })
  );
  let wasStopped = false;
  await turns.take((processes) => {
    const choice = choose(processes, turns.steps);
    wasStopped ||= choice === undefined;
    return choice;
  });
  if (!wasStopped) await Promise.all(runs);
  await check(store, records);
  records.push(new Record());
  await run("last", store, records.at(-1)!);
  await check(store, records);
  // What a run puts after it was replaced is known to the one after the next only if it lives to
  // find that out; otherwise a vacuum deletes it.
  const mayLeave = wasStopped && count > 1;
  const files: string[] = [];
  for await (const { key } of store.list("")) {
    if (key.endsWith(".parquet")) files.push(key);
    assert(!key.startsWith("_sluice"), `${key} is left`);
  }
  const logged = [...(await readSnapshot(store))!.files.keys()].sort();
  if (!mayLeave) assert.deepEqual(files, logged, "left behind");
  return { steps: turns.steps, fenced };
}

/** One process after the other, but for switching between them at some steps. */
function switching(
  first: number,
  switches: readonly number[],
): (processes: readonly number[], step: number) => number {
  let current = first;
  return (processes, step) => {
    if (switches.includes(step)) current = 1 - current;
    return Math.max(0, processes.indexOf(current));
  };
}

for (const isMarked of [false, true]) {
  const name = isMarked ? "after one that was stopped" : "in a new table";
  test(`two runs of one name, ${name}, harm nothing wherever they take turns`, async () => {
    let fenced = 0;
    for (const first of [0, 1]) {
      const { steps } = await trial(switching(first, []), { isMarked });
      for (let a = 0; a < steps; a++) {
        // Much is decided at the beginning.
        for (let b = a + 1; b <= steps; b += a < 8 && b < 20 ? 1 : 15) {
          fenced += (await trial(switching(first, [a, b]), { isMarked })).fenced;
        }
      }
    }
    assert(fenced > 20, `${fenced} were fenced`);
  });
}

test("runs of one name harm nothing, in any order of their steps", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ runs: fc.integer({ min: 1, max: 4 }), isMarked: fc.boolean() }),
      fc.infiniteStream(fc.record({ process: fc.nat(3), steps: fc.integer({ min: 1, max: 20 }) })),
      fc.integer({ min: 1, max: 300 }),
      async (options, turns, stopsAt) => {
        let turn = turns.next().value!;
        let left = turn.steps;
        const choose = (processes: readonly number[], step: number): number | undefined => {
          if (step === stopsAt) return undefined;
          if (left-- === 0 || !processes.includes(turn.process)) {
            turn = turns.next().value!;
            left = turn.steps;
          }
          return Math.max(0, processes.indexOf(turn.process));
        };
        await trial(choose, options);
      },
    ),
    { numRuns: 150, seed: 1 },
  );
});
