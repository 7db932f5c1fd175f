// A Worker in a process of its own, with workerd below it, that can be killed at any moment.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { bundleForNode } from "../../scripts/bundle_for_node.mjs";
import { bundleWorker } from "./workerd.ts";

/** A Worker, and the process that runs it. */
export interface WorkerProgram {
  readonly child: string;
  readonly bundle: string;
}

/** A Worker that runs until it is killed. */
export interface WorkerProcess {
  /** Where it listens, once it does. */
  readonly url: Promise<string>;
  readonly ended: Promise<void>;
  isKilled(): boolean;
  /** By SIGKILL, with workerd. */
  kill(): void;
}

/** Bundles a Worker into a directory, and what runs it. */
export async function buildWorkerProgram(
  entry: Parameters<typeof bundleWorker>[0],
  directory: string,
): Promise<WorkerProgram> {
  const child = await bundleForNode("test/cloudflare/crash_child.ts");
  const { code, wasm } = await bundleWorker(entry);
  const files = Array.from(wasm, ([name, bytes]) => {
    const file = join(directory, name);
    writeFileSync(file, bytes);
    return [name, file];
  });
  const bundle = join(directory, "bundle.json");
  writeFileSync(bundle, JSON.stringify({ code, wasm: files }));
  return { child, bundle };
}

/**
 * Starts a Worker whose state is in a directory.
 *
 * @param options `port`; any that is free by default.
 */
export function startWorker(
  { child, bundle }: WorkerProgram,
  directory: string,
  { port = 0 }: { readonly port?: number } = {},
): WorkerProcess {
  // In a group of its own, to which workerd belongs too.
  const running = spawn(process.execPath, [child, bundle, directory, String(port)], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => running.on("close", () => resolve()));
  const url = (async () => {
    for await (const line of createInterface(running.stdout)) {
      if (line.startsWith("READY ")) return line.slice(6);
    }
    throw new Error("the Worker did not start");
  })();
  url.catch(() => {});
  let isKilled = false;
  const kill = (): void => {
    if (isKilled) return;
    isKilled = true;
    process.kill(-running.pid!, "SIGKILL");
  };
  return { url, ended, isKilled: () => isKilled, kill };
}
