// The command line as a process of its own, or in this one where that makes no difference.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { PassThrough } from "node:stream";
import { after } from "node:test";
import { build } from "esbuild";
import type { Summary } from "../../src/pipeline.ts";
import { sluice } from "../../src/cli/sluice.ts";

/** A directory for one test file, removed after it. */
export const scratch: string = mkdtempSync(join(tmpdir(), "sluice-cli-"));

const bundle = resolve(".build", `cli-${process.pid}-${Date.now()}`);

/** What still runs after a test that failed would keep the others from ever ending. */
const children = new Set<ChildProcessWithoutNullStreams>();

after(() => {
  for (const child of children) child.kill("SIGKILL");
  for (const directory of [scratch, bundle]) rmSync(directory, { recursive: true, force: true });
});

let building: Promise<string> | undefined;

/** The entry, bundled for Node, which does not run TypeScript. */
export function cliBundle(): Promise<string> {
  building ??= bundleCli();
  return building;
}

async function bundleCli(): Promise<string> {
  await mkdir(bundle, { recursive: true });
  await build({
    entryPoints: ["src/cli/main.ts"],
    outdir: bundle,
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    outExtension: { ".js": ".mjs" },
    logLevel: "warning",
  });
  return join(bundle, "main.mjs");
}

export type Runtime = "node" | "deno" | "bun";

/** How to start the command line. */
export async function cliCommand(runtime: Runtime = "node"): Promise<[string, ...string[]]> {
  switch (runtime) {
    case "node":
      return [process.execPath, await cliBundle()];
    case "deno":
      return [
        resolve("node_modules/.bin/deno"),
        "run",
        "-A",
        "--quiet",
        resolve("src/cli/main.ts"),
      ];
    case "bun":
      return [resolve("node_modules/.bin/bun"), resolve("src/cli/main.ts")];
  }
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that was started: what it printed so far, and how it ended. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Outcome>;
  /** Resolves once stderr holds a text. */
  seen(text: string): Promise<void>;
}

export interface RunOptions {
  readonly runtime?: Runtime;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function start(args: readonly string[], options: RunOptions = {}): Promise<Running> {
  const [command, ...first] = await cliCommand(options.runtime);
  const child = spawn(command, [...first, ...args], {
    cwd: options.cwd ?? scratch,
    env: { ...process.env, SLUICE_DEBUG: "", ...options.env },
  });
  children.add(child);
  child.on("close", () => children.delete(child));
  const output = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      for (const look of waiting) look();
    });
  }
  child.stdin.on("error", () => {}); // it may end before it has read everything
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
  });
  return {
    child,
    ended,
    seen: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (output.stderr.includes(text)) resolve();
        };
        waiting.add(look);
        look();
        void ended.then(() => reject(new Error(`ended without "${text}": ${output.stderr}`)));
      }),
  };
}

/** Runs it to its end. */
export async function run(
  args: readonly string[],
  options: RunOptions & { readonly input?: string | Uint8Array } = {},
): Promise<Outcome> {
  const running = await start(args, options);
  running.child.stdin.end(options.input ?? "");
  return await running.ended;
}

/** Runs it in this process, which takes a fraction of the time. */
export async function runHere(
  args: readonly string[],
  { input = "", env = {}, isTTY = false }: {
    readonly input?: string | Uint8Array;
    readonly env?: Readonly<Record<string, string>>;
    /** Whether stderr is a terminal. */
    readonly isTTY?: boolean;
  } = {},
): Promise<Outcome> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const texts = [stdout, stderr].map(async (output) => {
    let text = "";
    for await (const piece of output.setEncoding("utf8")) text += piece;
    return text;
  });
  stdin.end(input);
  Object.assign(stderr, { isTTY, columns: 100 });
  const code = await sluice(args, { stdin, stdout, stderr, env, signals: new EventEmitter() });
  for (const output of [stdout, stderr]) output.end();
  return { code, stdout: await texts[0]!, stderr: await texts[1]! };
}

/** The summary of `write --json`, which must succeed. */
export function summaryOf({ code, stdout, stderr }: Outcome): TestSummary {
  if (code !== 0 || stderr !== "") throw new Error(`exit code ${code}: ${stderr}`);
  return JSON.parse(stdout) as TestSummary;
}

export type TestSummary = Summary & { readonly stoppedEarly: boolean };

/** Runs `write --json` in this process, and gives the summary. */
export async function writeHere(
  args: readonly string[],
  input?: string | Uint8Array,
): Promise<TestSummary> {
  return summaryOf(
    await runHere(["write", "--json", ...args], input === undefined ? {} : { input }),
  );
}

/** An event as the tests write it. */
export interface TestEvent {
  readonly n: number;
  readonly ts: number;
  readonly page: string;
  readonly pad?: string;
}

/** 2022-06-01 00:00:00. */
export const START: number = Date.UTC(2022, 5, 1);

/** Events a minute apart, from `from` on, on two pages in turn. */
export function makeEvents(
  count: number,
  { from = 0, padding = 0 }: { readonly from?: number; readonly padding?: number } = {},
): TestEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    n: from + i,
    ts: START + (from + i) * 60_000,
    page: i % 2 === 0 ? "/home" : "/cart",
    ...(padding > 0 && { pad: String(from + i).padEnd(padding, "x") }),
  }));
}

export function toLines(events: readonly object[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

/** The numbers of all events in a table, in order, by `sluice cat`. */
export async function numbersIn(directory: string): Promise<number[]> {
  const { stdout, stderr } = await runHere(["cat", directory]);
  if (stderr !== "") throw new Error(stderr);
  const numbers = stdout.trimEnd().split("\n").map((line) => (JSON.parse(line) as TestEvent).n);
  return numbers.sort((a, b) => a - b);
}

/** 0 to `count` without. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** All files below a directory that are called Parquet. */
export function parquetFiles(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".parquet"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Whether a table has a commit, so that a run after this one goes on from there. */
export function hasCommit(directory: string): boolean {
  return existsSync(join(directory, "_delta_log", "00000000000000000000.json"));
}

/** Whether a file begins and ends as Parquet does, its footer within it. */
export function isWholeParquet(path: string): boolean {
  const bytes = readFileSync(path);
  return bytes.length > 12 && bytes.toString("latin1", 0, 4) === "PAR1" &&
    bytes.toString("latin1", bytes.length - 4) === "PAR1" &&
    bytes.readUInt32LE(bytes.length - 8) < bytes.length - 12;
}

/** Resolves once there is what is waited for; a minute is far more than it takes. */
export async function until(isThere: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!isThere()) {
    if (performance.now() > deadline) throw new Error(`Waited for ${isThere} in vain`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
