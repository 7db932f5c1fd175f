import { makeZip } from "client-zip";
import { DEAD_LETTER_DIRECTORY } from "../decode/dead_letter_file.ts";
import { readSnapshot } from "../commit_log/snapshot.ts";
import { StoreError } from "../errors.ts";
import { LOG_DIRECTORY } from "../commit_log/log_files.ts";
import { assertStoreKey, assertStorePrefix, isUnderPrefix, type Store } from "../stores/store.ts";

/** What {@linkcode zipTable} takes. */
export interface ZipTableOptions {
  /** Only what lies below this prefix, such as one partition; it is no Delta table by itself. */
  readonly prefix?: string;
  /** Fails the stream with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * A table as a zip archive, streamed: one value of the store is in memory at a time. Unpacked it is
 * the same Delta table, as it stood when this was called, also while a writer goes on. Values are
 * stored as they are, since Parquet is compressed already; archives beyond 4 GiB are Zip64.
 *
 * A store without a commit log is archived whole. Keys have no `..` and do not begin with `/`, so no
 * entry can escape the directory it is unpacked in. A file of the table that is gone fails the
 * stream with a `StoreError`.
 *
 * @example
 * ```ts
 * import { MemoryStore, streamToParquet, zipTable } from "sluice";
 *
 * const store = new MemoryStore();
 * await streamToParquet([{ page: "/home" }], { store, partitionBy: ["page"] });
 * const zip = new Response(zipTable(store), { headers: { "content-type": "application/zip" } });
 * console.log((await zip.arrayBuffer()).byteLength > 0); // true
 * ```
 */
export function zipTable(store: Store, options: ZipTableOptions = {}): ReadableStream<Uint8Array> {
  const { prefix = "" } = options;
  assertStorePrefix(prefix);
  const entries = entriesOf(store, options);
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream({
    async pull(controller) {
      // Cancelling an archive throws into its iterator if it can be thrown into; this one cannot.
      // It also reads ahead, so it is begun no earlier than it is read.
      reader ??= makeZip({ [Symbol.asyncIterator]: () => ({ next: () => entries.next() }) })
        .getReader();
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader?.cancel(reason),
  }, { highWaterMark: 0 });
}

async function* entriesOf(
  store: Store,
  { prefix = "", signal }: ZipTableOptions,
): AsyncGenerator<{ name: string; input: Uint8Array; lastModified: Date }> {
  for await (const { key, modified, isData } of keysOf(store, prefix, signal)) {
    signal?.throwIfAborted();
    assertStoreKey(key);
    const input = await store.get(key, { signal });
    if (input === undefined) {
      if (!isData) continue; // it was deleted since it was listed
      throw new StoreError("get", key, { cause: new Error("a file of the table is gone") });
    }
    yield { name: key, input, lastModified: new Date(modified) };
  }
}

/** Zip has no date before 1980. */
const NO_DATE = Date.UTC(1980, 0, 1);

async function* keysOf(
  store: Store,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ key: string; modified: number; isData: boolean }> {
  const snapshot = await readSnapshot(store, { signal });
  for await (const { key } of store.list(prefix, { signal })) {
    if (snapshot === undefined || isPartOf(key, snapshot.version)) {
      yield { key, modified: NO_DATE, isData: false };
    }
  }
  for (const { path, modificationTime } of snapshot?.files.values() ?? []) {
    if (isUnderPrefix(path, prefix)) {
      yield { key: path, modified: modificationTime, isData: true };
    }
  }
}

/** Whether a key belongs to the table at a version, data files apart: its log, and dead letters. */
function isPartOf(key: string, version: number): boolean {
  if (isUnderPrefix(key, DEAD_LETTER_DIRECTORY)) return true;
  const commit = new RegExp(`^${LOG_DIRECTORY}/(\\d{20})(?:\\.(\\d{20})\\.compacted)?\\.json$`)
    .exec(key);
  return commit !== null && Number(commit[2] ?? commit[1]) <= version;
}
