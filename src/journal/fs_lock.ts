import { readdir, readFile, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { codeOf, isAbsent } from "../stores/fs_files.ts";
import { JournalFencedError, JournalLockedError } from "./errors.ts";

/** How far two ways to tell the time may be apart: the system says when it booted in seconds. */
const CLOCK_SLACK_MS = 2_000;
/** The unit of times in `/proc`, on every Linux. */
const TICKS_PER_SECOND = 100;

/** Names of the locks this process holds. */
const held = new Set<string>();

interface LockName {
  readonly name: string;
  readonly pid: number;
  /** When it was made, in epoch milliseconds. */
  readonly time: number;
}

/**
 * Keeps a directory for one writer, without the system's file locks, which JavaScript does not
 * reach in Node and Bun.
 *
 * A writer makes an empty file `lock-PID-TIME-RANDOM` of its own, and then looks for those of
 * others. One whose process certainly runs is respected: the newcomer takes its own away and gives
 * up. Any other is removed, and should its writer be there after all, `check` tells it so before it
 * acknowledges anything more. So safety does not depend on whether a process can be seen to run,
 * which from another container it cannot. Of two newcomers at the same moment at least one sees the
 * other: both may give up, but never both go on unfenced.
 */
export class FsLock {
  readonly #directory: string;
  readonly #name: string;

  private constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#name = name;
  }

  /** @throws {JournalLockedError} If a process that runs holds it. */
  static async take(directory: string): Promise<FsLock> {
    const name = `lock-${process.pid}-${Date.now()}-${crypto.randomUUID().slice(0, 8)}`;
    await writeFile(join(directory, name), "", { flag: "wx" });
    held.add(name);
    const lock = new FsLock(directory, name);
    for (const other of (await readdir(directory)).map(parseLockName)) {
      if (other === undefined || other.name === name) continue;
      const file = join(directory, other.name);
      if (await isRunning(other)) {
        await lock.release();
        throw new JournalLockedError(directory, { file, pid: other.pid });
      }
      await removeIfThere(file);
    }
    return lock;
  }

  /** @throws {JournalFencedError} If another writer has taken it since. */
  async check(): Promise<void> {
    try {
      await stat(join(this.#directory, this.#name));
    } catch (error) {
      if (isAbsent(error)) throw new JournalFencedError("append", this.#directory);
      throw error;
    }
  }

  /** Gives it free. */
  async release(): Promise<void> {
    held.delete(this.#name);
    await removeIfThere(join(this.#directory, this.#name));
  }
}

/** Whether a file in the directory is a lock. */
export function isLockName(name: string): boolean {
  return parseLockName(name) !== undefined;
}

function parseLockName(name: string): LockName | undefined {
  const match = /^lock-(\d+)-(\d+)-[0-9a-f]{8}$/.exec(name);
  return match === null ? undefined : { name, pid: Number(match[1]), time: Number(match[2]) };
}

/** Whether the process that made a lock certainly runs, and not another that was given its id. */
async function isRunning(lock: LockName): Promise<boolean> {
  const { name, pid, time } = lock;
  if (held.has(name)) return true;
  const started = await startOf(pid);
  if (started !== undefined) return started <= time + CLOCK_SLACK_MS;
  // Where there is no /proc, an id is all there is to go by, and one's own says nothing.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM"; // It is another user's.
  }
}

/**
 * When a process started, in epoch milliseconds: `Infinity` if it is only waiting to be buried,
 * `undefined` if there is no such process or nobody to ask.
 */
async function startOf(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    const boot = /^btime (\d+)$/m.exec(await readFile("/proc/stat", "utf8"))?.[1];
    // See proc(5): the second field is a name in brackets, which may hold spaces and brackets; the
    // third is the state, and the 22nd the start in ticks since the system booted.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return Infinity;
    const started = (Number(boot) + Number(fields[19]) / TICKS_PER_SECOND) * 1000;
    return Number.isNaN(started) ? undefined : started;
  } catch {
    return undefined;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
