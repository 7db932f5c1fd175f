import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Job, Report } from "./contenders/report.ts";

const OUTPUTS = ".build/bench/out";

/** Has V8 keep little that is not in use: see README.md. */
export const V8_HELD: readonly string[] = ["--max-semi-space-size=1", "--gc-global"];

/** The command for a contender bundled for Node, which may be given options. */
export function inNode(name: string, options: readonly string[] = []): readonly string[] {
  return [process.execPath, ...options, bundleOf(name)];
}

/** The command for a contender bundled, but run by Bun. */
export function inBun(name: string): readonly string[] {
  return ["node_modules/.bin/bun", bundleOf(name)];
}

/** Runs a contender in a process of its own, with an empty output directory of its name. */
export async function runChild(
  name: string,
  options: { readonly command: readonly string[]; readonly job: Omit<Job, "output"> },
): Promise<Report> {
  const { command, job } = options;
  const [program, ...args] = command;
  const output = outputOf(name);
  // Nothing is removed until the end: for minutes after it, ext4 without a journal searches longer for
  // each new file, which is not for those to pay who make many.
  if (existsSync(output)) renameSync(output, outputOf(`earlier-${Date.now()}`));
  mkdirSync(output, { recursive: true });
  // What others have written and not synced is not for this one to wait for.
  spawnSync("sync");
  const child = spawn(program!, [...args, JSON.stringify({ ...job, output })], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => printed += text);
  const status = await new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (code, signal) => resolve(signal ?? code));
  });
  if (status !== 0) throw new Error(`${name} failed with ${String(status)}`);
  return JSON.parse(printed.trim().split("\n").at(-1)!) as Report;
}

/** Where a contender writes. */
export function outputOf(name: string): string {
  return join(OUTPUTS, name);
}

/** Removes what contenders wrote. */
export function removeOutputs(): void {
  rmSync(OUTPUTS, { recursive: true, force: true });
}

function bundleOf(name: string): string {
  return `.build/bench/code/contenders/${name}.mjs`;
}
