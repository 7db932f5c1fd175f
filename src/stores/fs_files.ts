/** The system calls of the file store, each with the care a store owes. */

import { link, lstat, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "../errors.ts";
import { resolveStoreRange, type StoreRange } from "./store.ts";

/** Bytes to a system call: between two of them an aborted signal is noticed. */
const PIECE_BYTES = 8 * 1024 * 1024;

const CANNOT_SYNC = ["ENOENT", "EACCES", "EPERM", "EISDIR", "EINVAL", "ENOTSUP", "NotCapable"];

/** Writes a file that does not exist yet, and has the medium confirm it. */
export async function writeSynced(
  path: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = await open(path, "wx");
  try {
    let offset = 0;
    while (offset < bytes.length) {
      signal?.throwIfAborted();
      const length = Math.min(bytes.length - offset, PIECE_BYTES);
      offset += (await file.write(bytes, offset, length)).bytesWritten;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives the file its second name, and says whether that was free. */
export async function linkIfAbsent(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    // A directory in the way is no value.
    if (codeOf(error) === "EEXIST" && !await isDirectory(to)) return false;
    throw error;
  }
}

/** Makes a directory and those above it, each synced into the one that holds it. */
export async function makeDirectory(directory: string): Promise<void> {
  const parent = dirname(directory);
  try {
    await mkdir(directory).catch(async (error) => {
      if (codeOf(error) !== "ENOENT" || parent === directory) throw error;
      await makeDirectory(parent);
      await mkdir(directory);
    });
  } catch (error) {
    // If that is a file, what is done in the directory will say so.
    if (codeOf(error) === "EEXIST") return;
    throw error;
  }
  await syncDirectory(parent);
}

/**
 * Makes the names in a directory durable, where that can be done: not on Windows, nor in Deno for a
 * directory it was given no permission to read, nor once the directory was removed.
 */
export async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch (error) {
    if (!CANNOT_SYNC.includes(codeOf(error))) throw error;
  }
}

/** Bytes of a file; `undefined` if there is none of that name. */
export async function readRange(
  path: string,
  range: StoreRange,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  let file;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  try {
    // A value is never written to once it has its name, so this is the size to the end.
    const status = await file.stat();
    if (!status.isFile()) return undefined;
    const { start, end } = resolveStoreRange(range, status.size);
    const bytes = new Uint8Array(end - start);
    let offset = 0;
    while (offset < bytes.length) {
      signal?.throwIfAborted();
      const length = Math.min(bytes.length - offset, PIECE_BYTES);
      const { bytesRead } = await file.read(bytes, offset, length, start + offset);
      if (bytesRead === 0) throw new Error("the file was cut while it was read");
      offset += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/** Bytes in a file; `undefined` if there is none of that name. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const status = await lstat(path);
    return status.isFile() ? status.size : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Whether there is a directory of that name. */
export async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** Whether the error says that there is nothing of that name: also where `a` of `a/b` is a file. */
export function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(codeOf(error));
}

/** The system's name of an error, or Deno's where it has its own. */
export function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return String(code ?? name);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or directory",
  ENOTDIR: "a part of the path is a file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a directory",
};

/** What a system error says, without the system call and the path. */
export function reasonOf(error: unknown): string {
  // Connections that were tried at several addresses fail with a code and no message.
  return REASONS[codeOf(error)] ?? (messageOf(error) || codeOf(error));
}
