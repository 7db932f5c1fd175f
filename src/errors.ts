/** Errors a caller may want to catch. Misuse of the API throws `TypeError` or `RangeError`. */

/** A store verb failed: names the operation and the key; the medium's own error is the `cause`. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /** Which verb failed. */
  readonly operation: "put" | "get" | "getRange" | "list" | "delete";
  /** The key or prefix it was given. */
  readonly key: string;

  constructor(
    operation: StoreError["operation"],
    key: string,
    options: { cause: unknown },
  ) {
    super(`Cannot ${operation} ${JSON.stringify(key)}: ${messageOf(options.cause)}`, options);
    this.operation = operation;
    this.key = key;
  }
}

/**
 * Another process writes the table under the same name: this one has to stop. Its last commit was
 * not made, and the files of that are no part of the table.
 */
export class WriterFencedError extends Error {
  override readonly name = "WriterFencedError";
  /** The writer's name. */
  readonly writer: string;
  /** Number of the commit that was not made. */
  readonly commitNumber: number;

  constructor(writer: string, commitNumber: number) {
    super(
      `Cannot make commit ${commitNumber} of writer ${JSON.stringify(writer)}: ` +
        `another process writes under the same name`,
    );
    this.writer = writer;
    this.commitNumber = commitNumber;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
