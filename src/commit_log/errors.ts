/**
 * The commit log is not what it must be: a version is missing, or a file does not hold what the
 * protocol says. Nothing is read past such a place.
 */
export class CorruptLogError extends Error {
  override readonly name = "CorruptLogError";
  /** The log file that is missing or broken. */
  readonly key: string;
  /** The broken line, counted from 1; `undefined` when it is the whole file. */
  readonly line: number | undefined;

  constructor(key: string, problem: string, options?: { line?: number; cause?: unknown }) {
    const line = options?.line;
    const where = line === undefined ? JSON.stringify(key) : `${JSON.stringify(key)} line ${line}`;
    super(`Cannot read the commit log: ${where} ${problem}`, { cause: options?.cause });
    this.key = key;
    this.line = line;
  }
}

/** The table needs something of its readers or writers that is not done here. */
export class UnsupportedTableError extends Error {
  override readonly name = "UnsupportedTableError";
}

/** The table is laid out otherwise than the caller has it: other partition columns or types. */
export class TableMismatchError extends Error {
  override readonly name = "TableMismatchError";
  /** What the table has. */
  readonly expected: string;
  /** What the caller came with. */
  readonly actual: string;

  constructor(message: string, options: { expected: string; actual: string }) {
    super(`${message}: the table has ${options.expected}, current value is ${options.actual}`);
    this.expected = options.expected;
    this.actual = options.actual;
  }
}

/** Another commit touched a file that this one would remove. */
export class CommitConflictError extends Error {
  override readonly name = "CommitConflictError";
  /** The file both wanted. */
  readonly path: string;
  /** The version that came first. */
  readonly version: number;

  constructor(path: string, version: number) {
    super(
      `Cannot commit the removal of ${JSON.stringify(path)}: version ${version} ` +
        `has already removed or replaced it`,
    );
    this.path = path;
    this.version = version;
  }
}
