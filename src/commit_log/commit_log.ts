import type { Store, StoreOptions } from "../stores/store.ts";
import { assertValidCommit, serialiseActions } from "./action_json.ts";
import { compactLog, FAN_OUT } from "./compaction.ts";
import { type CommitRequest, toActions } from "./commit_request.ts";
import type { RemoveFile } from "./actions.ts";
import { CommitConflictError, TableMismatchError } from "./errors.ts";
import { logKey } from "./log_files.ts";
import { type Commit, loadState, type LogEntry, readCommit, readTail } from "./log_reader.ts";
import { assertWritable } from "./protocol.ts";
import { publishCommit } from "./publish_commit.ts";
import { type TableHead, TableState } from "./table_state.ts";

/** What {@linkcode CommitLog.open} takes. */
export interface CommitLogOptions extends StoreOptions {
  /** What the table is partitioned by. Default: what it is already, or nothing if it is new. */
  readonly partitionColumns?: readonly string[] | undefined;
  /** Who commits, for the table's history. Default: `"sluice"`. */
  readonly engineInfo?: string | undefined;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Default: `crypto.randomUUID`. */
  readonly randomUUID?: (() => string) | undefined;
  /** Waits before another try. Default: a timer. */
  readonly wait?: ((milliseconds: number) => Promise<void>) | undefined;
}

/** What {@linkcode CommitLog.commit} takes besides the request. */
export interface CommitOptions extends StoreOptions {
  /** The version the request was made from. Default: that of {@linkcode CommitLog.head}. */
  readonly readVersion?: number | undefined;
  /**
   * Makes the request anew when somebody else has changed the table's columns or properties, or
   * created the table, since `readVersion`. Without it the request is committed as it is, if its
   * columns still fit.
   */
  readonly rebase?: ((head: TableHead) => CommitRequest | Promise<CommitRequest>) | undefined;
}

/** What became of a commit. */
export type CommitResult =
  | { readonly status: "committed"; readonly version: number }
  /** The table has one of the request's txns, or a later one: nothing was written. */
  | { readonly status: "already-committed"; readonly version: number | undefined };

/**
 * The log of a table, to commit to. It knows the table's head and, so that its memory does not grow
 * with the table, none of its files: {@linkcode readSnapshot} reads those.
 *
 * @example
 * ```ts
 * const log = await CommitLog.open(store, { partitionColumns: ["day"] });
 * const { status } = await log.commit({
 *   operation: "WRITE",
 *   columns: [{ name: "id", type: { kind: "int64" } }, { name: "day", type: { kind: "string" } }],
 *   adds: [{ path, partitionValues: { day: "1" }, size, modificationTime, dataChange: true }],
 *   txns: [{ appId: "main", version: 1 }],
 * });
 * ```
 */
export class CommitLog {
  readonly #store: Store;
  readonly #options: CommitLogOptions;
  readonly #wait: (milliseconds: number) => Promise<void>;
  #head: TableHead | undefined;
  #nextCompaction = -1;

  private constructor(store: Store, options: CommitLogOptions) {
    this.#store = store;
    this.#options = options;
    this.#wait = options.wait ??
      ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));
  }

  /**
   * Reads the head of a table's log. That there is no table yet is fine: the first commit creates
   * it.
   *
   * @throws {TableMismatchError} If the table is partitioned by other columns.
   * @throws {CorruptLogError} If a version is missing or a file is not what it must be.
   * @throws {UnsupportedTableError} If the table asks for more than is done here.
   */
  static async open(store: Store, options: CommitLogOptions = {}): Promise<CommitLog> {
    const { signal } = options;
    const log = new CommitLog(store, options);
    const state = await loadState(store, { signal, withoutFiles: true });
    if (state !== undefined) log.#moveTo(state.head());
    return log;
  }

  /** The newest version seen; `undefined` before the table is there. */
  get head(): TableHead | undefined {
    return this.#head;
  }

  get #version(): number {
    return this.#head?.version ?? -1;
  }

  /** Reads the commits others have made since: one lookup when there are none. */
  async update(options: StoreOptions = {}): Promise<TableHead | undefined> {
    const { signal } = options;
    for await (
      const entry of readTail(this.#store, this.#version, { signal, withoutFiles: true })
    ) {
      this.#advance(entry);
    }
    return this.#head;
  }

  /**
   * Commits, as the next version that is free. Adding files never conflicts with what others do.
   *
   * Safe to repeat with the same txn after any failure: it is committed once.
   *
   * @throws {CommitConflictError} If a file to remove was removed or added anew since `readVersion`.
   * @throws {TableMismatchError} If a column has another type in the table by now.
   * @throws {UnsupportedTableError} If somebody raised the table's protocol, or its columns ask for
   * checks that are not done here.
   * @throws {StoreError} If the store keeps failing; whether the commit happened is not known then.
   */
  async commit(request: CommitRequest, options: CommitOptions = {}): Promise<CommitResult> {
    const { signal, rebase } = options;
    const { now = Date.now, engineInfo = "sluice", partitionColumns = [] } = this.#options;
    const randomUUID = this.#options.randomUUID ?? (() => crypto.randomUUID());
    const token = randomUUID();
    let readVersion = options.readVersion ?? this.#version;

    for (let losses = 0;; losses++) {
      signal?.throwIfAborted();
      const head = this.#head;
      for (const { appId, version } of request.txns ?? []) {
        const last = head?.txns.get(appId);
        if (last !== undefined && last.version >= version) {
          return { status: "already-committed", version: last.tableVersion };
        }
      }
      if (head && rebase && head.metaDataVersion > readVersion) {
        request = await rebase(head);
        readVersion = head.version;
      }
      await this.#assertRemovable(request.removes ?? [], { readVersion, head, signal });

      const version = (head?.version ?? -1) + 1;
      const range = { start: version, end: version };
      const actions = toActions(request, {
        head,
        partitionColumns,
        now: now(),
        token,
        engineInfo,
        randomUUID,
      });
      const commit = { key: logKey(range), bytes: serialiseActions(actions) };
      assertValidCommit(commit.bytes, commit.key);
      if (await publishCommit(this.#store, commit, { signal, wait: this.#wait })) {
        this.#advance({ range, actions });
        return { status: "committed", version };
      }
      await this.update({ signal });
      if (losses >= 3) await this.#wait(Math.random() * Math.min(10 * 2 ** (losses - 3), 1000));
    }
  }

  /** The commit that carried an application's last txn: where it wrote down how far it had come. */
  async lastCommitBy(appId: string, options: StoreOptions = {}): Promise<Commit | undefined> {
    const txn = this.#head?.txns.get(appId);
    if (txn === undefined) return undefined;
    for (let version = txn.tableVersion ?? this.#version; version >= 0; version--) {
      const commit = await readCommit(this.#store, version, options);
      const carriesIt = commit?.actions.some((action) =>
        "txn" in action && action.txn.appId === appId
      );
      if (commit === undefined || carriesIt) return commit;
    }
    return undefined;
  }

  /**
   * Writes the compacted files that are due: see {@linkcode compactLog}. To be called after each
   * commit; nine times in ten it returns at once. That it fails takes nothing from the commits.
   */
  async compact(options: StoreOptions = {}): Promise<void> {
    const head = this.#head;
    if (head === undefined || head.version < this.#nextCompaction) return;
    await compactLog(this.#store, head, options);
    this.#nextCompaction = (Math.floor((head.version + 1) / FAN_OUT) + 1) * FAN_OUT - 1;
  }

  async #assertRemovable(
    removes: readonly RemoveFile[],
    { readVersion, head, signal }: {
      readVersion: number;
      head: TableHead | undefined;
      signal: AbortSignal | undefined;
    },
  ): Promise<void> {
    if (removes.length === 0 || head === undefined) return;
    const paths = new Set(removes.map(({ path }) => path));
    for (let version = readVersion + 1; version <= head.version; version++) {
      const commit = await readCommit(this.#store, version, { signal });
      for (const action of commit?.actions ?? []) {
        const path = "add" in action
          ? action.add.path
          : "remove" in action
          ? action.remove.path
          : undefined;
        if (path !== undefined && paths.has(path)) throw new CommitConflictError(path, version);
      }
    }
  }

  /** Takes in a commit, unless another call on this object has done so meanwhile. */
  #advance({ range, actions }: LogEntry): void {
    if (range.end <= this.#version) return;
    const state = TableState.from(this.#head);
    state.apply(range, actions);
    this.#moveTo(state.head());
  }

  #moveTo(head: TableHead): void {
    assertWritable(head.protocol);
    const { partitionColumns } = this.#options;
    const expected = JSON.stringify(head.metaData.partitionColumns);
    const actual = JSON.stringify(partitionColumns ?? head.metaData.partitionColumns);
    if (actual !== expected) {
      throw new TableMismatchError("Cannot partition the table by other columns", {
        expected,
        actual,
      });
    }
    this.#head = head;
  }
}
