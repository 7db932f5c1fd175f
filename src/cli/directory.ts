import { access, constants, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { codeOf, reasonOf } from "../stores/fs_files.ts";

/**
 * Checks that a directory can be written to, or made, so that it is said before anything is read.
 * Whatever else may be wrong with it shows when it is written to.
 */
export async function assertWritable(directory: string): Promise<void> {
  let path = resolve(directory);
  while (true) {
    try {
      const isDirectory = (await stat(path)).isDirectory();
      if (!isDirectory) throw new Error(`${path} is a file`);
      await access(path, constants.W_OK | constants.X_OK);
      return;
    } catch (cause) {
      if (codeOf(cause) === "ENOENT" && path !== dirname(path)) {
        path = dirname(path);
        continue;
      }
      throw new Error(`Cannot write to ${directory}: ${reasonOf(cause)}`, { cause });
    }
  }
}

/** Checks that a directory is there to be read. */
export async function assertDirectory(directory: string): Promise<void> {
  const status = await stat(directory).catch((cause) => {
    throw new Error(`Cannot read ${directory}: ${reasonOf(cause)}`, { cause });
  });
  if (!status.isDirectory()) throw new Error(`Cannot read ${directory}: it is a file`);
}
