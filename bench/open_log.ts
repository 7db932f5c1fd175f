// How long it takes to open a table of many commits, in files: to write to it, and to read its state.
// `deno run -A bench/open_log.ts [COMMITS [FILES_PER_COMMIT]]`, `bun bench/open_log.ts`; for Node
// through esbuild.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import type { AddFile } from "../src/commit_log/actions.ts";
import { CommitLog } from "../src/commit_log/commit_log.ts";
import { readSnapshot } from "../src/commit_log/snapshot.ts";
import { formatStats } from "../src/commit_log/stats.ts";
import { partKey } from "../src/partition/part_key.ts";
import { FsStore } from "../src/stores/fs.ts";
import { MemoryStore } from "../src/stores/memory.ts";
import { median, significant } from "./table.ts";

/** By default, a year of windows of fifteen minutes. */
const [commits = 35_040, filesPerCommit = 1] = process.argv.slice(2).map(Number);
const WINDOW_MS = 900_000;
const ROUNDS = 7;
const COLUMNS = 29;

const directory = mkdtempSync(join(tmpdir(), "bench-open-log-"));
try {
  const logBytes = await makeTable(directory);
  console.log(
    `${commits} commits of ${filesPerCommit} file(s), ${(logBytes / 1e6).toFixed(0)} MB of log`,
  );
  for (
    const [what, open] of [
      ["to write (CommitLog.open)", () => CommitLog.open(new FsStore(directory))],
      ["to read (readSnapshot)", () => readSnapshot(new FsStore(directory))],
    ] as const
  ) {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const started = performance.now();
      await open();
      times.push((performance.now() - started) / 1000);
    }
    const [first] = times;
    console.log(`${what}: ${significant(median(times))} s, at first ${significant(first!)} s`);
  }
} finally {
  rmSync(directory, { recursive: true });
}

/** Makes the log as writers do, but without waiting for the disk. */
async function makeTable(root: string): Promise<number> {
  const store = new MemoryStore();
  const columns = Array.from({ length: COLUMNS }, (_, i) => ({
    name: `column_${i}`,
    type: { kind: "string" },
  } as const));
  const page = { name: "page", type: { kind: "string" } } as const;
  const log = await CommitLog.open(store, { partitionColumns: ["page"] });
  for (let number = 0; number < commits; number++) {
    await log.commit({
      operation: "STREAMING UPDATE",
      columns: [...columns, page],
      adds: Array.from({ length: filesPerCommit }, (_, i) => addFile(number, i)),
      txns: [{ appId: "sluice/main", version: number }],
    });
    await log.compact();
  }
  let bytes = 0;
  for await (const { key, size } of store.list("")) {
    mkdirSync(dirname(join(root, key)), { recursive: true });
    writeFileSync(join(root, key), (await store.get(key))!);
    bytes += size;
  }
  return bytes;
}

function addFile(number: number, page: number): AddFile {
  const start = Date.UTC(2022, 0, 1) + number * WINDOW_MS;
  const window = { start, end: start + WINDOW_MS };
  const path = `page=%2Fpage-${page}`;
  const ofColumns = <T>(valueOf: (i: number) => T): Record<string, T> =>
    Object.fromEntries(Array.from({ length: COLUMNS }, (_, i) => [`column_${i}`, valueOf(i)]));
  return {
    path: partKey({ window, path, writer: "main", commitNumber: number, part: 0 }),
    partitionValues: { page: `/page-${page}` },
    size: 100_000 + number,
    modificationTime: window.end,
    dataChange: true,
    stats: formatStats({
      numRecords: 1000,
      minValues: ofColumns((i) => `the least value ${i}`),
      maxValues: ofColumns((i) => `the greatest value ${i}`),
      nullCount: ofColumns((i) => i),
    }),
  };
}
