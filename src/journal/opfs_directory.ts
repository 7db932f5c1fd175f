import {
  entriesIn,
  isAbsent,
  isInUse,
  isTaken,
  type OpfsFileHandle,
  type SyncAccessHandle,
  writeAt,
  writeFile,
} from "../stores/opfs_files.ts";
import { JournalFencedError, JournalLockedError } from "./errors.ts";
import type { LogAppender, LogDirectory } from "./log_directory.ts";

/** A file that the writer keeps open: the browser lets nobody else open it. */
const LOCK = "lock";
/**
 * How long a file may be in use by a tab that is gone: Chromium gives a worker that is busy two
 * seconds to end.
 */
const PATIENCE_MS = 3000;
const RETRY_MS = 20;

/** A {@linkcode LogDirectory} of the origin private file system, for dedicated workers. */
export class OpfsLogDirectory implements LogDirectory {
  readonly path: string;
  readonly #directory: FileSystemDirectoryHandle;
  #lock: SyncAccessHandle | undefined;
  /** Files that are open for appending. */
  readonly #open: Map<string, SyncAccessHandle> = new Map();

  constructor(directory: FileSystemDirectoryHandle) {
    this.path = `in the directory ${JSON.stringify(directory.name)}`;
    this.#directory = directory;
  }

  async claim(): Promise<void> {
    const file = await this.#directory.getFileHandle(LOCK, { create: true });
    try {
      this.#lock = await access(file);
    } catch (error) {
      throw isInUse(error) ? new JournalLockedError(this.path) : error;
    }
    for (const { name } of await entriesIn(this.#directory)) {
      if (isTempName(name)) await this.remove(name);
    }
  }

  release(): Promise<void> {
    this.#lock?.close();
    this.#lock = undefined;
    return Promise.resolve();
  }

  async list(): Promise<string[]> {
    const names = (await entriesIn(this.#directory)).map(({ name }) => name);
    return names.filter((name) => name !== LOCK && !isTempName(name)).sort();
  }

  async read(name: string, maxBytes: number = Infinity): Promise<Uint8Array> {
    const open = this.#open.get(name);
    if (open !== undefined) {
      const bytes = new Uint8Array(Math.min(open.getSize(), maxBytes));
      return bytes.subarray(0, open.read(bytes, { at: 0 }));
    }
    const file = await (await this.#directory.getFileHandle(name)).getFile();
    return new Uint8Array(await file.slice(0, Math.min(file.size, maxBytes)).arrayBuffer());
  }

  async publish(name: string, bytes: Uint8Array): Promise<void> {
    const temp = `${crypto.randomUUID()}.tmp`;
    try {
      const file = await writeFile(this.#directory, temp, bytes);
      if (await isTaken(this.#directory, name)) throw new JournalFencedError("append", this.path);
      await file.move(this.#directory, name);
    } finally {
      await this.remove(temp).catch(() => {});
    }
  }

  async appendTo(name: string): Promise<LogAppender> {
    const file = await access(await this.#directory.getFileHandle(name));
    this.#open.set(name, file);
    let size = file.getSize();
    return {
      // deno-lint-ignore require-await -- what it throws is to be a rejection
      append: async (bytes) => {
        writeAt(file, bytes, size);
        file.flush();
        size += bytes.length;
      },
      close: () => {
        this.#open.delete(name);
        file.close();
        return Promise.resolve();
      },
    };
  }

  async sync(name: string): Promise<void> {
    const file = await access(await this.#directory.getFileHandle(name));
    file.flush();
    file.close();
  }

  async remove(name: string): Promise<void> {
    try {
      await this.#directory.removeEntry(name);
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }
}

/** Opens a file in place, and waits a little if it is in use. */
async function access(handle: FileSystemFileHandle): Promise<SyncAccessHandle> {
  const file = handle as OpfsFileHandle;
  if (file.createSyncAccessHandle === undefined) {
    throw new Error("only a dedicated worker can sync files here");
  }
  for (const giveUp = performance.now() + PATIENCE_MS;;) {
    try {
      return await file.createSyncAccessHandle();
    } catch (error) {
      if (!isInUse(error) || performance.now() > giveUp) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function isTempName(name: string): boolean {
  return /^[0-9a-f-]{36}\.tmp$/.test(name);
}
