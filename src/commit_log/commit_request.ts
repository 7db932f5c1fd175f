import type { Field } from "../columns/schema.ts";
import { assertStoreKey } from "../stores/store.ts";
import type { Action, AddFile, CommitInfo, MetaData, RemoveFile } from "./actions.ts";
import { UnsupportedTableError } from "./errors.ts";
import { PROTOCOL } from "./protocol.ts";
import { assertAppendable, mergeSchema, parseSchema } from "./schema.ts";
import type { TableHead } from "./table_state.ts";

/** What a commit is to do, in one step that either happens whole or not at all. */
export interface CommitRequest {
  /** Why, for the table's history: `"WRITE"`, `"DELETE"`, … */
  readonly operation: string;
  /** Files that are in the store already. */
  readonly adds?: readonly AddFile[];
  /** Files that stop being part of the table; they stay in the store. */
  readonly removes?: readonly RemoveFile[];
  /**
   * The columns the added files and their partitions have. The table gets those it lacks; its
   * others stay. The commit that creates the table must name its partition columns at least.
   */
  readonly columns?: readonly Field[];
  /**
   * How far the writer, and what it reads from, have come with this commit. The commit is refused
   * if the table has the number of any of them already.
   */
  readonly txns?: readonly { readonly appId: string; readonly version: number }[];
  /** Further members of the commit's `commitInfo`: any JSON. */
  readonly info?: CommitInfo;
}

/** What the actions of a commit depend on besides its request. */
export interface CommitContext {
  /** The table to commit to; `undefined` creates it. */
  readonly head: TableHead | undefined;
  /** For a new table. */
  readonly partitionColumns: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Tells this commit from all others. */
  readonly token: string;
  readonly engineInfo: string;
  readonly randomUUID: () => string;
}

/**
 * The actions that carry out a request.
 *
 * @throws {TypeError} If the request contradicts itself or the table's partition columns.
 * @throws {TableMismatchError} If a column has another type in the table.
 * @throws {UnsupportedTableError} If the table asks for checks that are not done here.
 */
export function toActions(request: CommitRequest, context: CommitContext): Action[] {
  const { adds = [], removes = [], columns = [], txns = [] } = request;
  const { head, now } = context;
  assertDistinctKeys(request);

  const metaData = toMetaData(columns, context);
  for (const add of adds) {
    assertStoreKey(add.path);
    assertPartitionValues(add, metaData.partitionColumns);
  }
  if (adds.length > 0) assertAppendable(metaData.schemaString);
  const isAppendOnly = metaData.configuration["delta.appendOnly"]?.toLowerCase() === "true";
  const removed = removes.find((remove) => remove.dataChange);
  if (isAppendOnly && removed !== undefined) {
    throw new UnsupportedTableError(
      `Cannot remove ${JSON.stringify(removed.path)} from the table: ` +
        `its property delta.appendOnly is true`,
    );
  }

  const commitInfo: CommitInfo = {
    ...request.info,
    timestamp: now,
    operation: request.operation,
    engineInfo: context.engineInfo,
    txnId: context.token,
    isBlindAppend: removes.length === 0,
    ...(head !== undefined && { readVersion: head.version }),
  };
  return [
    { commitInfo },
    ...(head === undefined ? [{ protocol: PROTOCOL }] : []),
    ...(metaData === head?.metaData ? [] : [{ metaData }]),
    ...txns.map(({ appId, version }) => ({ txn: { appId, version, lastUpdated: now } })),
    ...removes.map((remove) => ({ remove })),
    ...adds.map((add) => ({ add })),
  ];
}

/** The table's own metaData if it has every column; otherwise a new one. */
function toMetaData(columns: readonly Field[], context: CommitContext): MetaData {
  const { head, partitionColumns } = context;
  if (head !== undefined) {
    const { schemaString } = head.metaData;
    const merged = mergeSchema(schemaString, columns);
    return merged === schemaString ? head.metaData : { ...head.metaData, schemaString: merged };
  }
  const schemaString = mergeSchema(undefined, columns);
  const kindByName = new Map(parseSchema(schemaString).map(({ name, type }) => [name, type.kind]));
  for (const name of partitionColumns) {
    const kind = kindByName.get(name);
    if (kind === undefined || kind === "list" || kind === "struct") {
      throw new TypeError(
        `Cannot create a table partitioned by ${JSON.stringify(name)}, which must be a column ` +
          `that is no list or struct: current value is ${kind}`,
      );
    }
  }
  return {
    id: context.randomUUID(),
    format: { provider: "parquet", options: {} },
    schemaString,
    partitionColumns,
    configuration: {},
    createdTime: context.now,
  };
}

/** "A single log entry MUST NOT include more than one action that reconciles with each other." */
function assertDistinctKeys({ adds = [], removes = [], txns = [] }: CommitRequest): void {
  const path = firstRepeated([...adds, ...removes].map((file) => file.path));
  if (path !== undefined) {
    throw new TypeError(
      `Cannot add or remove a file twice in one commit: current value is ${JSON.stringify(path)}`,
    );
  }
  const appId = firstRepeated(txns.map((txn) => txn.appId));
  if (appId !== undefined) {
    throw new TypeError(
      `Cannot set the txn of an application twice in one commit: current value is ${
        JSON.stringify(appId)
      }`,
    );
  }
}

function firstRepeated(values: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return values.find((value) => seen.size === seen.add(value).size);
}

function assertPartitionValues(add: AddFile, partitionColumns: readonly string[]): void {
  const names = Object.keys(add.partitionValues);
  const isComplete = names.length === partitionColumns.length &&
    partitionColumns.every((name) => Object.hasOwn(add.partitionValues, name));
  if (!isComplete) {
    throw new TypeError(
      `Cannot add ${JSON.stringify(add.path)} without a value for each of the partition columns ` +
        `${JSON.stringify(partitionColumns)}: current value is ${JSON.stringify(names)}`,
    );
  }
}
