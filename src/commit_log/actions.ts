/**
 * One line of the log, in the shape it has on the wire ("Actions" in the Delta protocol), but for
 * paths, which are percent-encoded there and plain here.
 *
 * Actions of other kinds (`cdc`, `domainMetadata`, …) are left out when a log is read, as the
 * protocol asks of readers that do not know them.
 *
 * @example
 * ```ts
 * const action: Action = { txn: { appId: "main", version: 7, lastUpdated: 1654041600000 } };
 * ```
 */
export type Action =
  | { readonly protocol: Protocol }
  | { readonly metaData: MetaData }
  | { readonly add: AddFile }
  | { readonly remove: RemoveFile }
  | { readonly txn: Txn }
  | { readonly commitInfo: CommitInfo };

/** What a client must be able to do to read and write the table ("Protocol Evolution"). */
export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  /** Only with reader version 3. */
  readonly readerFeatures?: readonly string[];
  /** Only with writer version 7. */
  readonly writerFeatures?: readonly string[];
}

/** Schema, partition columns and properties of the table ("Change Metadata"). */
export interface MetaData {
  /** A UUID that never changes. */
  readonly id: string;
  readonly format: {
    readonly provider: string;
    readonly options: Readonly<Record<string, string>>;
  };
  /** The columns, partition columns among them, as Spark's schema JSON. */
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  /** Table properties such as `delta.appendOnly`. */
  readonly configuration: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly createdTime?: number;
}

/**
 * The value of each partition column as a string ("Partition Value Serialization"): null is `null`,
 * numbers are decimal, strings are as they are.
 *
 * The protocol has no way to say "empty string": readers are told to take `""` for null. It is
 * written as `""` nevertheless, which sluice, and the Delta kernels for string columns, read back
 * as the empty string it was.
 */
export type PartitionValues = Readonly<Record<string, string | null>>;

/** A data file that belongs to the table from some version on ("Add File and Remove File"). */
export interface AddFile {
  /**
   * Store key, relative to the table's root and not encoded. In a table made by another engine it
   * may be a whole URI.
   */
  readonly path: string;
  readonly partitionValues: PartitionValues;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modificationTime: number;
  /** `false` when the file only rearranges rows the table already had. */
  readonly dataChange: boolean;
  /** JSON text ({@linkcode formatStats} makes it); left as text so that its integers stay exact. */
  readonly stats?: string;
  readonly tags?: Readonly<Record<string, string | null>>;
}

/** A data file that is no longer part of the table: a tombstone until it is vacuumed. */
export interface RemoveFile {
  /** As in {@linkcode AddFile}. */
  readonly path: string;
  readonly dataChange: boolean;
  /** Milliseconds since the epoch. */
  readonly deletionTimestamp?: number;
  readonly partitionValues?: PartitionValues;
  /** Bytes. */
  readonly size?: number;
}

/** How far an application has come ("Transaction Identifiers"). */
export interface Txn {
  /** Who: a writer's id. */
  readonly appId: string;
  /** The application's own number, which grows with each of its commits. */
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly lastUpdated?: number;
  /**
   * The table version that carried it. Filled in when a commit is read, and kept in the compacted
   * files sluice writes; absent when the txn comes from another engine's checkpoint.
   */
  readonly tableVersion?: number;
}

/** Who made a commit and why ("Commit Provenance Information"): any JSON. */
export type CommitInfo = Readonly<Record<string, unknown>>;
