/** What tests of browsers' storage need: places of their own, and a clean end. */

import type { Store } from "../../src/stores/store.ts";
import { directoryIn, isInUse, isOutdated, writeFile } from "../../src/stores/opfs_files.ts";
import { prefixedStore } from "../../src/stores/prefixed.ts";

/** A store as it is, and in a prefix, and in another. */
export const WRAPPINGS: readonly (readonly [string, (store: Store) => Store])[] = [
  ["", (store) => store],
  [", prefixed", (store) => prefixedStore(store, "a=%2F/b")],
  [", prefixed twice", (store) => prefixedStore(prefixedStore(store, "a"), "a")],
];

/** A directory that does not exist yet. */
export async function newDirectory(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return await root.getDirectoryHandle(`test-${crypto.randomUUID()}`, { create: true });
}

/**
 * Removes a directory that {@linkcode newDirectory} made, with all that is in it; once workers that
 * were ended have let go of it. What they had asked for is still done after they are gone, in the
 * middle of the removal too.
 */
export async function removeDirectory({ name }: FileSystemDirectoryHandle): Promise<void> {
  const root = await navigator.storage.getDirectory();
  while (await directoryIn(root, name) !== undefined) {
    try {
      await root.removeEntry(name, { recursive: true });
    } catch (error) {
      if (!isInUse(error) && !isChanged(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Whether the error says that entries came or went while a directory was being removed. */
function isChanged(error: unknown): boolean {
  return error instanceof DOMException &&
    ["InvalidModificationError", "NotFoundError"].includes(error.name);
}

/** The name of a database that does not exist yet. */
export function newDatabase(): string {
  return `test-${crypto.randomUUID()}`;
}

/** Removes a database, whose connections close for it. */
export function removeDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}

/**
 * Copies a directory's files into a new one: as they are at a moment, if only the last of them is
 * written to. Begins again when one is removed meanwhile.
 */
export async function copyDirectory(
  from: FileSystemDirectoryHandle,
  into: FileSystemDirectoryHandle,
): Promise<FileSystemDirectoryHandle> {
  for (;;) {
    const copy = await into.getDirectoryHandle(`copy-${crypto.randomUUID()}`, { create: true });
    const names: string[] = [];
    for await (const name of from.keys()) names.push(name);
    try {
      for (const name of names.sort()) {
        const file = await (await from.getFileHandle(name)).getFile();
        await writeFile(copy, name, new Uint8Array(await file.arrayBuffer()));
      }
      return copy;
    } catch (error) {
      if (!isOutdated(error)) throw error;
    }
  }
}
