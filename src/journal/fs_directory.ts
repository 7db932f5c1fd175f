import { type FileHandle, open, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import {
  isAbsent,
  linkIfAbsent,
  makeDirectory,
  syncDirectory,
  writeSynced,
} from "../stores/fs_files.ts";
import { JournalFencedError } from "./errors.ts";
import { FsLock, isLockName } from "./fs_lock.ts";
import type { LogAppender, LogDirectory } from "./log_directory.ts";

/** A {@linkcode LogDirectory} of the file system. */
export class FsLogDirectory implements LogDirectory {
  readonly path: string;
  #lock: FsLock | undefined;

  constructor(path: string) {
    this.path = path;
  }

  async claim(): Promise<void> {
    await makeDirectory(this.path);
    this.#lock = await FsLock.take(this.path);
    for (const name of await readdir(this.path)) {
      if (isTempName(name)) await unlink(join(this.path, name));
    }
  }

  async release(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }

  async list(): Promise<string[]> {
    const names = await readdir(this.path);
    return names.filter((name) => !isLockName(name) && !isTempName(name)).sort();
  }

  read(name: string, maxBytes?: number): Promise<Uint8Array> {
    return withFile(join(this.path, name), "r", async (file) => {
      const { size } = await file.stat();
      const bytes = new Uint8Array(Math.min(size, maxBytes ?? size));
      let offset = 0;
      while (offset < bytes.length) {
        const { bytesRead } = await file.read(bytes, offset, bytes.length - offset, offset);
        if (bytesRead === 0) break;
        offset += bytesRead;
      }
      return bytes.subarray(0, offset);
    });
  }

  async publish(name: string, bytes: Uint8Array): Promise<void> {
    const temp = join(this.path, `${crypto.randomUUID()}.tmp`);
    try {
      await writeSynced(temp, bytes, undefined);
      if (!await linkIfAbsent(temp, join(this.path, name))) {
        throw new JournalFencedError("append", this.path);
      }
    } finally {
      await unlink(temp).catch(() => {});
    }
    await syncDirectory(this.path);
  }

  async appendTo(name: string): Promise<LogAppender> {
    const lock = this.#lock;
    if (lock === undefined) throw new JournalFencedError("append", this.path);
    const file = await open(join(this.path, name), "r+");
    return new FsLogAppender(file, { lock, bytes: (await file.stat()).size });
  }

  sync(name: string): Promise<void> {
    // Windows flushes no file that is open for reading only.
    return withFile(join(this.path, name), "r+", (file) => file.sync());
  }

  async remove(name: string): Promise<void> {
    try {
      await unlink(join(this.path, name));
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
    await syncDirectory(this.path);
  }
}

class FsLogAppender implements LogAppender {
  readonly #file: FileHandle;
  readonly #lock: FsLock;
  #bytes: number;

  constructor(file: FileHandle, options: { lock: FsLock; bytes: number }) {
    this.#file = file;
    this.#lock = options.lock;
    this.#bytes = options.bytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    let offset = 0;
    while (offset < bytes.length) {
      const length = bytes.length - offset;
      offset += (await this.#file.write(bytes, offset, length, this.#bytes + offset)).bytesWritten;
    }
    this.#bytes += bytes.length;
    // Another writer removes the lock before it reads. So if the lock is there once this is
    // written, the other reads it.
    await Promise.all([this.#file.datasync(), this.#lock.check()]);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function isTempName(name: string): boolean {
  return /^[0-9a-f-]{36}\.tmp$/.test(name);
}

async function withFile<T>(
  path: string,
  flags: string,
  use: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
