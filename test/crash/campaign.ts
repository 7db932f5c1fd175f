// Rounds of: write, be killed, write again, …, until a run gets through; then compare with the truth.
import { parquetMetadata } from "hyparquet";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { FsStore } from "../../src/stores/fs.ts";
import { deadLettersOfTable, rowsOfTable } from "../support/table_rows.ts";
import { APPEND_SIZE, eventOf } from "./events.ts";
import { randomOf } from "../support/random.ts";

/** What a campaign has done. */
export interface CampaignReport {
  rounds: number;
  kills: number;
  /** Kills by step; those at a random moment are `at random`. */
  readonly steps: Map<string, number>;
  /** Events compared with the truth. */
  events: number;
  /** How often a visible Parquet file was opened while writers ran and died. */
  filesOpened: number;
}

/** What {@linkcode runCampaign} takes. */
export interface CampaignOptions {
  readonly mode: "source" | "writer";
  readonly rounds: number;
  /** The bundled `child.ts`. */
  readonly child: string;
  readonly seed: number;
  readonly onRound?: (report: CampaignReport) => void;
}

const SOURCE_EVENTS = 600;
const BAD_LINES = 7;
const MOST_KILLS = 4;
const APPENDS_PER_RUN = 60;

/** Runs rounds; throws at the first that does not come out as it must, saying how to repeat it. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const { mode, rounds, seed, onRound } = options;
  const report: CampaignReport = {
    rounds: 0,
    kills: 0,
    steps: new Map(),
    events: 0,
    filesOpened: 0,
  };
  const whole = await measureRun(options);
  for (let round = 0; round < rounds; round++) {
    const directory = mkdtempSync(join(tmpdir(), "sluice-crash-"));
    const random = randomOf(seed + round);
    const watch = watchFiles(join(directory, "table"));
    try {
      if (mode === "source") await sourceRound(directory, { ...options, whole, random, report });
      else await writerRound(directory, { ...options, whole, random, report });
      report.filesOpened += await watch.stop();
    } catch (error) {
      await watch.stop().catch(() => {});
      throw new Error(
        `Round failed; to repeat it: npm run test:crash -- --mode ${mode} --rounds 1 --seed ${
          seed + round
        }`,
        { cause: error },
      );
    }
    rmSync(directory, { recursive: true });
    report.rounds++;
    onRound?.(report);
  }
  return report;
}

/** A run that is not killed: how many steps it has, and about how long it takes. */
interface WholeRun {
  readonly steps: number;
  readonly ms: number;
}

async function measureRun(options: CampaignOptions): Promise<WholeRun> {
  const { mode, child } = options;
  const directory = mkdtempSync(join(tmpdir(), "sluice-crash-"));
  try {
    writeEvents(directory);
    const ids = mode === "writer" ? ["0", `${APPENDS_PER_RUN * APPEND_SIZE - 1}`] : [];
    const began = performance.now();
    const output = await runToEnd([mode, directory, ...ids], { child });
    const [, steps] = /^STEPS (\d+)$/m.exec(output) ?? [];
    return { steps: Number(steps), ms: performance.now() - began };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Round extends CampaignOptions {
  readonly whole: WholeRun;
  readonly random: (below: number) => number;
  readonly report: CampaignReport;
}

function writeEvents(directory: string): void {
  const lines = Array.from({ length: SOURCE_EVENTS }, (_, id) => JSON.stringify(eventOf(id)));
  for (let i = 1; i <= BAD_LINES; i++) lines.splice(i * 70, 0, `no event ${i}`);
  writeFileSync(join(directory, "events.ndjson"), `${lines.join("\n")}\n`);
}

async function sourceRound(directory: string, round: Round): Promise<void> {
  writeEvents(directory);
  const kills = 1 + round.random(MOST_KILLS);
  for (let kill = 0; kill < kills; kill++) await runKilled(["source", directory], round);
  await runToEnd(["source", directory], round);
  const store = new FsStore(join(directory, "table"));
  const ids = (await rowsOfTable(store)).map((row) => Number(row["id"])).sort((a, b) => a - b);
  assert.deepEqual(ids, [...Array(SOURCE_EVENTS).keys()]);
  const refused = (await deadLettersOfTable(store)).map(({ raw }) => raw).sort();
  assert.deepEqual(refused, Array.from({ length: BAD_LINES }, (_, i) => `no event ${i + 1}`));
  round.report.events += SOURCE_EVENTS;
}

async function writerRound(directory: string, round: Round): Promise<void> {
  const tried: number[] = [];
  const acknowledged = new Set<number>();
  const note = (output: string): void => {
    for (const [, what, id] of output.matchAll(/^(TRIED|ACKNOWLEDGED) (\d+)$/gm)) {
      if (what === "TRIED") tried.push(Number(id));
      else acknowledged.add(Number(id));
    }
  };
  const nextArgs = (appends: number): string[] => {
    const first = (tried.at(-1) ?? -APPEND_SIZE) + APPEND_SIZE;
    return ["writer", directory, `${first}`, `${first + appends * APPEND_SIZE - 1}`];
  };
  const kills = 1 + round.random(MOST_KILLS);
  for (let kill = 0; kill < kills; kill++) {
    note(await runKilled(nextArgs(APPENDS_PER_RUN), round));
  }
  note(await runToEnd(nextArgs(3), round));
  const counts = new Map<number, number>();
  for (const row of await rowsOfTable(new FsStore(join(directory, "table")))) {
    const id = Number(row["id"]);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  for (const first of tried) {
    const found = Array.from({ length: APPEND_SIZE }, (_, i) => counts.get(first + i) ?? 0);
    // What was not acknowledged may be absent, but never half there.
    const expected = acknowledged.has(first) ? 1 : found[0]! > 0 ? 1 : 0;
    assert.deepEqual(found, Array(APPEND_SIZE).fill(expected), `events from ${first} on`);
  }
  assert.equal([...counts.keys()].every((id) => id <= tried.at(-1)! + APPEND_SIZE - 1), true);
  round.report.events += tried.length * APPEND_SIZE;
}

/** Runs a child that is killed, at a step of its own or at any moment; it may be done before. */
async function runKilled(args: readonly string[], round: Round): Promise<string> {
  const { random, report, whole } = round;
  const atStep = random(3) > 0 ? 1 + random(whole.steps) : 0;
  const { output, signal } = await run(args, {
    child: round.child,
    killAt: atStep,
    killAfterMs: atStep > 0 ? undefined : random(Math.ceil(whole.ms)),
  });
  if (signal === "SIGKILL") {
    const step = /^KILLED (.+)$/m.exec(output)?.[1] ?? "at random";
    report.kills++;
    report.steps.set(step, (report.steps.get(step) ?? 0) + 1);
  }
  return output;
}

async function runToEnd(
  args: readonly string[],
  { child }: Pick<CampaignOptions, "child">,
): Promise<string> {
  const { output, errors, code } = await run(args, { child, killAt: 0, killAfterMs: undefined });
  assert.equal(code, 0, errors);
  return output;
}

interface Ended {
  readonly output: string;
  readonly errors: string;
  readonly code: number | null;
  readonly signal: string | null;
}

function run(
  [mode, directory, ...rest]: readonly string[],
  options: {
    readonly child: string;
    readonly killAt: number;
    readonly killAfterMs: number | undefined;
  },
): Promise<Ended> {
  const { child, killAt, killAfterMs } = options;
  const args = [child, mode!, directory!, `${killAt}`, ...rest];
  const running = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const timer = killAfterMs === undefined
    ? undefined
    : setTimeout(() => running.kill("SIGKILL"), killAfterMs);
  let output = "";
  let errors = "";
  running.stdout.on("data", (chunk) => output += chunk);
  running.stderr.on("data", (chunk) => errors += chunk);
  return new Promise((resolve) => {
    running.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ output, errors, code, signal });
    });
  });
}

/** Keeps listing and opening the Parquet files of a directory: each must be whole whenever it is seen. */
function watchFiles(directory: string): { stop(): Promise<number> } {
  const store = new FsStore(directory);
  let isStopped = false;
  let opened = 0;
  const watching = (async () => {
    while (!isStopped) {
      for await (const { key } of store.list("")) {
        if (!key.endsWith(".parquet")) continue;
        const bytes = await store.get(key);
        if (bytes === undefined) continue; // an abandoned one, cleared away since
        const { num_rows } = parquetMetadata(bytes.slice().buffer);
        assert.ok(num_rows > 0n, `${key} is whole`);
        opened++;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return opened;
  })();
  watching.catch(() => {}); // it shows when it is stopped
  return {
    stop() {
      isStopped = true;
      return watching;
    },
  };
}
