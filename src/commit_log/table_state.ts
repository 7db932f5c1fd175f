import type { Action, AddFile, MetaData, Protocol, RemoveFile, Txn } from "./actions.ts";
import { CorruptLogError } from "./errors.ts";
import { logKey, type VersionRange } from "./log_files.ts";
import { assertReadable } from "./protocol.ts";
import { parseSchema, type TableColumn } from "./schema.ts";

/** A table at one version, but for its files: what a writer has to know. It never changes. */
export interface TableHead {
  readonly version: number;
  readonly protocol: Protocol;
  readonly metaData: MetaData;
  /**
   * The version that last changed `protocol` or `metaData`; the end of the range when that was read
   * as part of one.
   */
  readonly metaDataVersion: number;
  /** The columns, partition columns among them. */
  readonly columns: readonly TableColumn[];
  /** The last txn of each application, by its id. */
  readonly txns: ReadonlyMap<string, Txn>;
}

/** A table at one version. It never changes. */
export interface Snapshot extends TableHead {
  /** The files that hold the table's rows, by path. */
  readonly files: ReadonlyMap<string, AddFile>;
  /** The files that once did, by path, expired or not. */
  readonly tombstones: ReadonlyMap<string, RemoveFile>;
}

/** Replays the log: "Action Reconciliation", where the last action for a key is the one that counts. */
export class TableState {
  #version = -1;
  #protocol: Protocol | undefined;
  #metaData: MetaData | undefined;
  #metaDataVersion = -1;
  #columns: readonly TableColumn[] = [];
  readonly #txns = new Map<string, Txn>();
  readonly #files = new Map<string, AddFile>();
  readonly #tombstones = new Map<string, RemoveFile>();

  /** A state that goes on from a snapshot, from a head without files, or from nothing. */
  static from(base: TableHead & Partial<Snapshot> | undefined): TableState {
    const state = new TableState();
    if (base === undefined) return state;
    state.#version = base.version;
    state.#protocol = base.protocol;
    state.#metaData = base.metaData;
    state.#metaDataVersion = base.metaDataVersion;
    state.#columns = base.columns;
    for (const [appId, txn] of base.txns) state.#txns.set(appId, txn);
    for (const [path, add] of base.files ?? []) state.#files.set(path, add);
    for (const [path, remove] of base.tombstones ?? []) state.#tombstones.set(path, remove);
    return state;
  }

  /** The last version applied; -1 before the first. */
  get version(): number {
    return this.#version;
  }

  /** @throws {UnsupportedTableError} If the actions raise the protocol past what can be read. */
  apply(range: VersionRange, actions: Iterable<Action>): void {
    for (const action of actions) {
      if ("add" in action) this.#add(action.add);
      else if ("remove" in action) this.#remove(action.remove);
      else if ("txn" in action) this.#setTxn(action.txn, range);
      else if ("metaData" in action) this.#setMetaData(action.metaData, range);
      else if ("protocol" in action) this.#setProtocol(action.protocol, range);
    }
    this.#version = range.end;
  }

  #add(add: AddFile): void {
    this.#tombstones.delete(add.path);
    this.#files.delete(add.path); // So that files are in the order they were last added.
    this.#files.set(add.path, add);
  }

  #remove(remove: RemoveFile): void {
    this.#files.delete(remove.path);
    this.#tombstones.set(remove.path, remove);
  }

  #setTxn(txn: Txn, { start, end }: VersionRange): void {
    this.#txns.set(txn.appId, start === end ? { ...txn, tableVersion: end } : txn);
  }

  #setMetaData(metaData: MetaData, range: VersionRange): void {
    this.#metaData = metaData;
    this.#metaDataVersion = range.end;
    try {
      this.#columns = parseSchema(metaData.schemaString);
    } catch (cause) {
      throw new CorruptLogError(logKey(range), "has a metaData without a valid schema", { cause });
    }
  }

  #setProtocol(protocol: Protocol, { end }: VersionRange): void {
    assertReadable(protocol);
    this.#protocol = protocol;
    this.#metaDataVersion = end;
  }

  /** The state without its files. */
  head(): TableHead {
    const protocol = this.#protocol;
    const metaData = this.#metaData;
    if (protocol === undefined || metaData === undefined) {
      const lacking = protocol === undefined ? "protocol" : "metaData";
      throw new CorruptLogError(
        logKey({ start: 0, end: 0 }),
        `has no ${lacking} action, nor have those after it`,
      );
    }
    return {
      version: this.#version,
      protocol,
      metaData,
      metaDataVersion: this.#metaDataVersion,
      columns: this.#columns,
      txns: new Map(this.#txns),
    };
  }

  /** The state. It shares its maps with this object, which is not to be used further. */
  snapshot(): Snapshot {
    return { ...this.head(), files: this.#files, tombstones: this.#tombstones };
  }
}
