import { storeFailure, storeOperation } from "./operation.ts";
import {
  directoryIn,
  entriesIn,
  fileIn,
  isOutdated,
  isTaken,
  type OpfsFileHandle,
  sizeOf,
  writeFile,
} from "./opfs_files.ts";
import {
  assertStorePrefix,
  assertStoreRange,
  resolveStoreRange,
  type Store,
  type StoreEntry,
  type StoreOptions,
  type StorePutOptions,
  type StoreRange,
} from "./store.ts";

/** Where values are written before they are published. No key may have such a segment. */
const TEMP_DIRECTORY = ".sluice-tmp";
/** What a tab that died left in there is removed when this old; looked for as often. */
const TEMP_MAX_AGE_MS = 3_600_000;
/**
 * Name of the Web Lock that is held to change names, by all stores of the origin: a store cannot
 * tell whether another has its directory, or one above or below it.
 */
const NAMES_LOCK = "sluice-opfs-names";
/** How often a value that is replaced while it is read is looked up again. */
const READ_ATTEMPTS = 20;

/** What an {@linkcode OpfsStore} takes. */
export interface OpfsStoreOptions {
  /** Keeps tabs and workers apart. Default `navigator.locks`. */
  readonly locks?: LockManager | undefined;
}

/**
 * A {@linkcode Store} in the origin private file system of a browser: a key is the path of a file.
 *
 * A value is written to a temporary file under `.sluice-tmp` and then renamed to its key. So no
 * reader ever finds half a file under a name that is a key, and several tabs may write at once.
 *
 * In a dedicated worker a value has been synced before it gets its name. Elsewhere nothing can be
 * synced; there a browser that is killed loses nothing that was put, but a power cut may take what
 * was put last. Browsers do not say when a name itself is on the disk (Chromium does not sync
 * them), so after a power cut a value that was put last may be missing even so. `IdbStore` has
 * neither gap.
 *
 * What a file system cannot do: `a` and `a/b` cannot both have a value, and no segment may be
 * `.sluice-tmp`; both reject with a {@linkcode StoreError}. So does a `put` for which there is no
 * room (its `cause` is the browser's `QuotaExceededError`), and nothing of it is left. `delete`
 * also removes the directories it leaves empty.
 *
 * @example
 * ```ts
 * import { OpfsStore } from "sluice/stores/opfs";
 *
 * const root = await navigator.storage.getDirectory();
 * const store = new OpfsStore(await root.getDirectoryHandle("visits", { create: true }));
 * await store.put("year=2024/a.parquet", new Uint8Array(8));
 * ```
 */
export class OpfsStore implements Store {
  readonly #root: FileSystemDirectoryHandle;
  readonly #locks: LockManager;
  #nextSweepMs = 0;

  /**
   * Keeps values in a directory.
   *
   * @param directory The root of the file system, or a directory in it.
   */
  constructor(directory: FileSystemDirectoryHandle, options: OpfsStoreOptions = {}) {
    this.#root = directory;
    this.#locks = options.locks ?? navigator.locks;
  }

  put(key: string, bytes: Uint8Array, options: StorePutOptions = {}): Promise<boolean> {
    return storeOperation("put", key, options, async () => {
      const path = pathOf(key);
      const temps = await this.#root.getDirectoryHandle(TEMP_DIRECTORY, { create: true });
      await this.#sweep(temps);
      const temp = `${crypto.randomUUID()}.tmp`;
      let isPublished = false;
      try {
        const file = await writeFile(temps, temp, bytes);
        return isPublished = await this.#locks.request(
          NAMES_LOCK,
          () => this.#publish(file, path, options),
        );
      } finally {
        // If it cannot be removed, a sweep will, and the caller needs to know what happened before.
        if (!isPublished) await temps.removeEntry(temp).catch(() => {});
      }
    });
  }

  get(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    return storeOperation("get", key, options, () => this.#read(key, { start: 0 }));
  }

  async getRange(
    key: string,
    range: StoreRange,
    options?: StoreOptions,
  ): Promise<Uint8Array | undefined> {
    assertStoreRange(range);
    return await storeOperation("getRange", key, options, () => this.#read(key, range));
  }

  async *list(prefix: string, options?: StoreOptions): AsyncGenerator<StoreEntry, void, void> {
    assertStorePrefix(prefix);
    options?.signal?.throwIfAborted();
    try {
      const path = prefix === "" ? [] : pathOf(prefix);
      const size = prefix === "" ? undefined : await sizeOf(await this.#file(path));
      if (size !== undefined) yield { key: prefix, size };
      else yield* walk(await this.#directory(path), prefix, options?.signal);
    } catch (error) {
      throw storeFailure("list", prefix, options, error);
    }
  }

  delete(key: string, options?: StoreOptions): Promise<void> {
    return storeOperation("delete", key, options, async () => {
      const path = pathOf(key);
      await this.#locks.request(NAMES_LOCK, async () => {
        if (await this.#file(path) === undefined) return;
        await this.#remove(path);
        try {
          for (path.pop(); path.length > 0; path.pop()) await this.#remove(path);
        } catch {
          // Not empty, then.
        }
      });
    });
  }

  async #publish(
    file: OpfsFileHandle,
    path: readonly string[],
    options: StorePutOptions,
  ): Promise<boolean> {
    options.signal?.throwIfAborted();
    let directory = this.#root;
    for (const segment of path.slice(0, -1)) {
      directory = await directory.getDirectoryHandle(segment, { create: true });
    }
    const name = path.at(-1)!;
    if (await isTaken(directory, name) && options.ifAbsent) return false;
    await file.move(directory, name);
    return true;
  }

  async #read(key: string, range: StoreRange): Promise<Uint8Array | undefined> {
    const path = pathOf(key);
    for (let attempt = 1;; attempt++) {
      const handle = await this.#file(path);
      if (handle === undefined) return undefined;
      try {
        const file = await handle.getFile();
        const { start, end } = resolveStoreRange(range, file.size);
        return new Uint8Array(await file.slice(start, end).arrayBuffer());
      } catch (error) {
        if (!isOutdated(error) || attempt === READ_ATTEMPTS) throw error;
      }
    }
  }

  async #file(path: readonly string[]): Promise<OpfsFileHandle | undefined> {
    const directory = await this.#directory(path.slice(0, -1));
    return directory && await fileIn(directory, path.at(-1)!);
  }

  async #directory(path: readonly string[]): Promise<FileSystemDirectoryHandle | undefined> {
    let directory: FileSystemDirectoryHandle | undefined = this.#root;
    for (const segment of path) directory = directory && await directoryIn(directory, segment);
    return directory;
  }

  async #remove(path: readonly string[]): Promise<void> {
    const directory = await this.#directory(path.slice(0, -1));
    await directory?.removeEntry(path.at(-1)!);
  }

  /** Removes temporary files that are too old to be of a `put` that is under way. */
  async #sweep(temps: FileSystemDirectoryHandle): Promise<void> {
    const nowMs = Date.now();
    if (nowMs < this.#nextSweepMs) return;
    this.#nextSweepMs = nowMs + TEMP_MAX_AGE_MS;
    for (const { name } of await entriesIn(temps)) {
      try {
        const file = await (await temps.getFileHandle(name)).getFile();
        if (file.lastModified < nowMs - TEMP_MAX_AGE_MS) await temps.removeEntry(name);
      } catch {
        // Another tab has removed it, or still writes to it.
      }
    }
  }
}

function pathOf(key: string): string[] {
  const path = key.split("/");
  if (path.includes(TEMP_DIRECTORY)) {
    throw new Error(`a segment "${TEMP_DIRECTORY}" is reserved for temporary files`);
  }
  return path;
}

async function* walk(
  directory: FileSystemDirectoryHandle | undefined,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<StoreEntry, void, void> {
  if (directory === undefined) return;
  const names: string[] = [];
  for (const { name, kind } of await entriesIn(directory)) {
    // With its slash, a directory sorts among the files as the keys in it do: `a-b`, `a/b`, `a0`.
    if (name !== TEMP_DIRECTORY) names.push(kind === "directory" ? name + "/" : name);
  }
  for (const name of names.sort()) {
    signal?.throwIfAborted();
    const key = prefix === "" ? name : `${prefix}/${name}`;
    if (name.endsWith("/")) {
      const path = name.slice(0, -1);
      yield* walk(await directoryIn(directory, path), key.slice(0, -1), signal);
    } else {
      // None if it has just been deleted.
      const size = await sizeOf(await fileIn(directory, name));
      if (size !== undefined) yield { key, size };
    }
  }
}
