import { StoreError } from "../errors.ts";
import type { Store, StoreOptions } from "../stores/store.ts";

/** How often a write is tried whose outcome is neither success nor somebody else's commit. */
const MAX_TRIES = 4;

/** What {@linkcode publishCommit} takes. */
export interface PublishCommitOptions extends StoreOptions {
  /** Waits between tries. */
  readonly wait: (milliseconds: number) => Promise<void>;
}

/**
 * Writes a commit if its version is still free: the atomic step of the log.
 *
 * A write that fails may have happened all the same (the answer was lost on its way), and a store
 * that repeats it for us then finds the key taken, by ourselves. So the value that is there is
 * compared with `bytes`, which must be unlike those of any other commit.
 *
 * @returns `false` if the version is somebody else's.
 * @throws {StoreError} If the write kept failing. It may still come through later; a txn in the
 * commit makes it safe to try again.
 */
export async function publishCommit(
  store: Store,
  commit: { readonly key: string; readonly bytes: Uint8Array },
  options: PublishCommitOptions,
): Promise<boolean> {
  const { key, bytes } = commit;
  const { signal, wait } = options;
  for (let tries = 1;; tries++) {
    let failure: unknown = new Error("the key was taken, then absent");
    try {
      if (await store.put(key, bytes, { ifAbsent: true, signal })) return true;
    } catch (thrown) {
      signal?.throwIfAborted();
      failure = thrown;
    }
    try {
      const present = await store.get(key, { signal });
      if (present !== undefined) return isEqual(present, bytes);
    } catch {
      // The write's own failure says more; and if there was none, it is tried again.
      signal?.throwIfAborted();
    }
    if (tries === MAX_TRIES) {
      throw failure instanceof StoreError
        ? failure
        : new StoreError("put", key, { cause: failure });
    }
    await wait(50 * 2 ** tries * (0.5 + Math.random() / 2));
    signal?.throwIfAborted();
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
