/** What the origin private file system does, with the care a store owes. */

/** A file handle, with what TypeScript does not know of it. */
export interface OpfsFileHandle extends FileSystemFileHandle {
  /** In dedicated workers only. Refused while the file is open elsewhere. */
  createSyncAccessHandle?(): Promise<SyncAccessHandle>;
  /** Renames the file; what has the name is replaced. */
  move(directory: FileSystemDirectoryHandle, name: string): Promise<void>;
}

/** A file open for reading and writing in place: see the File System standard, section 2.7. */
export interface SyncAccessHandle {
  read(bytes: Uint8Array, options: { readonly at: number }): number;
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  getSize(): number;
  /** Has the medium confirm what was written. */
  flush(): void;
  close(): void;
}

/** Writes a file that is empty, and has the medium confirm it where that can be asked for. */
export async function writeFile(
  directory: FileSystemDirectoryHandle,
  name: string,
  bytes: Uint8Array,
): Promise<OpfsFileHandle> {
  const file = await directory.getFileHandle(name, { create: true }) as OpfsFileHandle;
  if (file.createSyncAccessHandle === undefined) {
    const writable = await file.createWritable();
    await writable.write(bytes as Uint8Array<ArrayBuffer>); // closes it with an error, if it fails
    await writable.close();
  } else {
    const access = await file.createSyncAccessHandle();
    try {
      writeAt(access, bytes, 0);
      access.flush();
    } finally {
      access.close();
    }
  }
  return file;
}

/** Writes all of the bytes. */
export function writeAt(access: SyncAccessHandle, bytes: Uint8Array, at: number): void {
  let offset = 0;
  while (offset < bytes.length) {
    const written = access.write(bytes.subarray(offset), { at: at + offset });
    // What Firefox does instead of throwing this.
    if (written === 0) throw new DOMException("There is no room for it", "QuotaExceededError");
    offset += written;
  }
}

/** The file of that name; `undefined` if there is none, or a directory. */
export async function fileIn(
  directory: FileSystemDirectoryHandle,
  name: string,
): Promise<OpfsFileHandle | undefined> {
  return await unlessAbsent(directory.getFileHandle(name)) as OpfsFileHandle | undefined;
}

/** The directory of that name; `undefined` if there is none, or a file. */
export function directoryIn(
  directory: FileSystemDirectoryHandle,
  name: string,
): Promise<FileSystemDirectoryHandle | undefined> {
  return unlessAbsent(directory.getDirectoryHandle(name));
}

/**
 * Whether there is a file of that name. Fails if there is a directory, which in Firefox `move`
 * would replace, with all that is in it.
 */
export async function isTaken(
  directory: FileSystemDirectoryHandle,
  name: string,
): Promise<boolean> {
  try {
    await directory.getFileHandle(name);
    return true;
  } catch (error) {
    if (nameOf(error) === "NotFoundError") return false;
    throw error;
  }
}

/** What is in a directory; nothing if it has been removed. */
export async function entriesIn(
  directory: FileSystemDirectoryHandle,
): Promise<FileSystemHandle[]> {
  const entries: FileSystemHandle[] = [];
  try {
    for await (const entry of directory.values()) entries.push(entry);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return entries;
}

/** Bytes in a file; `undefined` if there is none any more. */
export async function sizeOf(
  file: FileSystemFileHandle | undefined,
): Promise<number | undefined> {
  return file && (await unlessAbsent(file.getFile()))?.size;
}

/** Whether the error says that there is nothing of that name and kind. */
export function isAbsent(error: unknown): boolean {
  return ["NotFoundError", "TypeMismatchError"].includes(nameOf(error));
}

/** Whether the error says that the file is open elsewhere. */
export function isInUse(error: unknown): boolean {
  return nameOf(error) === "NoModificationAllowedError";
}

/**
 * Whether the error may be that the file was replaced or removed between `getFile` and the reading
 * of it. Firefox says AbortError then.
 */
export function isOutdated(error: unknown): boolean {
  return ["NotReadableError", "NotFoundError", "AbortError"].includes(nameOf(error));
}

async function unlessAbsent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function nameOf(error: unknown): string {
  return String((error as { name?: unknown } | undefined)?.name);
}
