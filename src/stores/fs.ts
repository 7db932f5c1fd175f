import { lstat, readdir, rename, rmdir, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  codeOf,
  isAbsent,
  isDirectory,
  linkIfAbsent,
  makeDirectory,
  readRange,
  sizeOf,
  syncDirectory,
  writeSynced,
} from "./fs_files.ts";
import { storeFailure, storeOperation } from "./operation.ts";
import {
  assertStorePrefix,
  assertStoreRange,
  type Store,
  type StoreEntry,
  type StoreOptions,
  type StorePutOptions,
  type StoreRange,
} from "./store.ts";

/** Where values are written before they are published. No key may have such a segment. */
const TEMP_DIRECTORY = ".sluice-tmp";
/** What is left in there by a process that died is removed when this old; looked for as often. */
const TEMP_MAX_AGE_MS = 3_600_000;
/** How often a `put` starts over because a directory was removed under it. */
const PUT_ATTEMPTS = 10;
/** So many directories are remembered, which need not be made again. */
const MAX_KNOWN_DIRECTORIES = 1000;

/**
 * A {@linkcode Store} in a directory, in Node, Deno and Bun: a key is the path of a file.
 *
 * A value is written to a temporary file under `.sluice-tmp`, synced, and only then renamed to its
 * key (for `ifAbsent`: linked, which fails if the name is taken), after which the directory is
 * synced. So no reader of the directory ever finds half a file under a name that is a key, several
 * processes may write at once, and a `put` that resolved survives a power cut. Temporary files of
 * processes that died are removed by later ones, an hour on.
 *
 * What a file system cannot do: `a` and `a/b` cannot both have a value, and a segment of a key has
 * at most 255 bytes; both reject with a {@linkcode StoreError}. Nor may a segment be `.sluice-tmp`.
 * `ifAbsent` needs hard links (every common file system but FAT has them). Everything below the
 * directory must be on one file system. Symbolic links are not listed. `delete` also removes the
 * directories it leaves empty, and is not synced: after a power cut the value may be back.
 *
 * In Deno it needs `--allow-read` and `--allow-write` for its directory.
 *
 * @example
 * ```ts
 * import { FsStore } from "sluice/stores/fs";
 *
 * const store = new FsStore("parquet_demo_out"); // or new URL("./out/", import.meta.url)
 * await store.put("year=2024/a.parquet", new Uint8Array(8));
 * ```
 */
export class FsStore implements Store {
  readonly #root: string;
  readonly #temp: string;
  #nextSweepMs = 0;
  #lastMade: Promise<void> = Promise.resolve();
  /** Directories that were there when they were last needed. */
  readonly #known: Set<string> = new Set();

  /**
   * @param directory Made by the first `put` if it does not exist. A relative path counts from the
   * current directory of now.
   * @throws {TypeError} If the directory is empty or a URL that is no `file:` URL.
   */
  constructor(directory: string | URL) {
    if (directory === "") {
      throw new TypeError(`Cannot keep a store in a directory without a name: current value is ""`);
    }
    this.#root = resolve(directory instanceof URL ? fileURLToPath(directory) : directory);
    this.#temp = join(this.#root, TEMP_DIRECTORY);
  }

  put(key: string, bytes: Uint8Array, options: StorePutOptions = {}): Promise<boolean> {
    return storeOperation("put", key, options, async () => {
      const path = this.#pathOf(key);
      for (let attempt = 1;; attempt++) {
        try {
          await this.#makeDirectory(dirname(path));
          await this.#sweep();
          return await this.#publish(path, bytes, options);
        } catch (error) {
          // A `delete` elsewhere has just removed the empty directory, or someone cleaned up.
          if (codeOf(error) !== "ENOENT" || attempt === PUT_ATTEMPTS) throw error;
          this.#nextSweepMs = 0;
          this.#known.clear();
        }
      }
    });
  }

  get(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    return storeOperation(
      "get",
      key,
      options,
      () => readRange(this.#pathOf(key), { start: 0 }, options?.signal),
    );
  }

  async getRange(
    key: string,
    range: StoreRange,
    options?: StoreOptions,
  ): Promise<Uint8Array | undefined> {
    assertStoreRange(range);
    return await storeOperation(
      "getRange",
      key,
      options,
      () => readRange(this.#pathOf(key), range, options?.signal),
    );
  }

  async *list(prefix: string, options?: StoreOptions): AsyncGenerator<StoreEntry, void, void> {
    assertStorePrefix(prefix);
    options?.signal?.throwIfAborted();
    try {
      const size = prefix === "" ? undefined : await sizeOf(this.#pathOf(prefix));
      if (size !== undefined) yield { key: prefix, size };
      else yield* this.#walk(prefix, options?.signal);
    } catch (error) {
      throw storeFailure("list", prefix, options, error);
    }
  }

  delete(key: string, options?: StoreOptions): Promise<void> {
    return storeOperation("delete", key, options, async () => {
      const path = this.#pathOf(key);
      try {
        await unlink(path);
      } catch (error) {
        if (isAbsent(error) || await isDirectory(path)) return;
        throw error;
      }
      await this.#prune(key);
    });
  }

  #pathOf(key: string): string {
    const segments = key.split("/");
    if (segments.includes(TEMP_DIRECTORY)) {
      throw new Error(`a segment "${TEMP_DIRECTORY}" is reserved for temporary files`);
    }
    return join(this.#root, ...segments);
  }

  async #publish(path: string, bytes: Uint8Array, options: StorePutOptions): Promise<boolean> {
    // Not derived from the key, whose last segment may have all the bytes a file name can have.
    const temp = join(this.#temp, `${crypto.randomUUID()}.tmp`);
    let isLeft = true;
    try {
      await writeSynced(temp, bytes, options.signal);
      options.signal?.throwIfAborted();
      if (!options.ifAbsent) {
        await rename(temp, path);
        isLeft = false;
      } else if (!await linkIfAbsent(temp, path)) {
        return false;
      }
    } finally {
      // If it cannot be removed, a sweep will, and the caller needs to know what happened before.
      if (isLeft) await unlink(temp).catch(() => {});
    }
    await syncDirectory(dirname(path));
    return true;
  }

  /**
   * One at a time: a `put` that finds its directory made by another must not resolve before that
   * one has synced it.
   */
  async #makeDirectory(directory: string): Promise<void> {
    if (this.#known.has(directory)) return;
    const made = this.#lastMade.then(() => makeDirectory(directory));
    this.#lastMade = made.catch(() => {});
    await made;
    if (this.#known.size === MAX_KNOWN_DIRECTORIES) this.#known.clear();
    this.#known.add(directory);
  }

  /**
   * Makes the directory for temporary files and removes old ones. Should one of them belong to a
   * writer that is merely slow, its `put` finds it gone and starts over.
   */
  async #sweep(): Promise<void> {
    const nowMs = Date.now();
    if (nowMs < this.#nextSweepMs) return;
    await this.#makeDirectory(this.#temp);
    this.#nextSweepMs = nowMs + TEMP_MAX_AGE_MS;
    for (const name of await readdir(this.#temp)) {
      const temp = join(this.#temp, name);
      const { mtimeMs } = await lstat(temp).catch(() => ({ mtimeMs: Infinity }));
      if (mtimeMs < nowMs - TEMP_MAX_AGE_MS) await unlink(temp).catch(() => {});
    }
  }

  async #prune(key: string): Promise<void> {
    const segments = key.split("/").slice(0, -1);
    try {
      for (; segments.length > 0; segments.pop()) {
        const directory = join(this.#root, ...segments);
        await rmdir(directory);
        this.#known.delete(directory);
      }
    } catch {
      // Not empty, then.
    }
  }

  async *#walk(
    prefix: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<StoreEntry, void, void> {
    let entries;
    try {
      entries = await readdir(join(this.#root, prefix), { withFileTypes: true });
    } catch (error) {
      if (isAbsent(error)) return;
      throw error;
    }
    const names: string[] = [];
    for (const entry of entries) {
      if (entry.name === TEMP_DIRECTORY || entry.name.includes("\\")) continue;
      // With its slash, a directory sorts among the files as the keys in it do: `a-b`, `a/b`, `a0`.
      names.push(entry.isDirectory() ? entry.name + "/" : entry.name);
    }
    for (const name of names.sort()) {
      signal?.throwIfAborted();
      const key = prefix === "" ? name : `${prefix}/${name}`;
      if (key.endsWith("/")) {
        yield* this.#walk(key.slice(0, -1), signal);
      } else {
        // None if it has just been deleted, or is no file but a link.
        const size = await sizeOf(join(this.#root, key));
        if (size !== undefined) yield { key, size };
      }
    }
  }
}
