/** A table that is this tab's, or this worker's, to write. */
export interface TableLock extends AsyncDisposable {
  /** Lets the next one write. Does nothing the second time. */
  release(): Promise<void>;
}

/** What {@linkcode holdTableLock} takes. */
export interface TableLockOptions {
  /** Stops waiting, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called if another tab or worker writes the table at the moment, before waiting for it. */
  readonly onWaiting?: (() => void) | undefined;
  /** Keeps tabs and workers apart. Default `navigator.locks`. */
  readonly locks?: LockManager | undefined;
}

/**
 * Makes this tab, or worker, the only one of its site that writes a table. Resolves when no other
 * does: a second tab waits, may read the table meanwhile, and takes over when the first goes,
 * whether it lets go, is closed or crashes.
 *
 * @param name Of the table; any text all tabs agree on.
 *
 * @example
 * ```ts
 * import { holdTableLock } from "sluice/table-lock";
 *
 * await using lock = await holdTableLock("visits", {
 *   onWaiting: () => console.log("Another tab writes; this one follows."),
 * });
 * // TableWriter.open(…), and so on, until here
 * ```
 */
export async function holdTableLock(
  name: string,
  options: TableLockOptions = {},
): Promise<TableLock> {
  const { signal, onWaiting, locks = navigator.locks } = options;
  signal?.throwIfAborted();
  const lockName = `sluice-table:${name}`;
  const lock = await request(locks, lockName, { ifAvailable: true });
  if (lock !== undefined) return lock;
  onWaiting?.();
  return (await request(locks, lockName, signal === undefined ? {} : { signal }))!;
}

/** A lock once it is granted; `undefined` if it is not available and was not to be waited for. */
function request(
  locks: LockManager,
  name: string,
  options: LockOptions,
): Promise<TableLock | undefined> {
  return new Promise((resolve, reject) => {
    const released: Promise<unknown> = locks.request(name, options, (granted) => {
      if (granted === null) return resolve(undefined);
      // The lock is held until this is resolved.
      return new Promise<void>((letGo) => {
        const release = async () => {
          letGo();
          await released;
        };
        resolve({ release, [Symbol.asyncDispose]: release });
      });
    });
    released.catch(reject);
  });
}
