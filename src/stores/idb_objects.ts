import { promisifyRequest, type UseStore } from "idb-keyval";

/**
 * Transactions on the object store `objects` of a database in IndexedDB; both are made when they
 * are first used. What a transaction writes is synced when it is complete, which browsers see to
 * only where it is asked for. A transaction whose callback fails is aborted.
 *
 * The database is opened anew after the browser closed it or somebody deleted it.
 */
export function useObjects(database: string, objects: string): UseStore {
  let opened: Promise<IDBDatabase> | undefined;
  const forget = (): void => void (opened = undefined);

  async function open(): Promise<IDBDatabase> {
    const request = indexedDB.open(database);
    request.onupgradeneeded = () => request.result.createObjectStore(objects);
    const found = await promisifyRequest(request);
    found.onclose = forget;
    found.onversionchange = () => {
      found.close();
      forget();
    };
    return found;
  }

  return async (mode, run) => {
    for (let attempt = 1;; attempt++) {
      if (opened === undefined) {
        opened = open();
        opened.catch(forget); // what is in the way may pass
      }
      const connection = await opened;
      let transaction: IDBTransaction | undefined;
      try {
        transaction = connection.transaction(objects, mode, { durability: "strict" });
        return await run(transaction.objectStore(objects));
      } catch (error) {
        if (transaction === undefined) forget();
        else abort(transaction);
        // The connection was being closed; or, in Firefox, there was no room for the write before
        // this one, after which it refuses the next whatever it is.
        const mayPass = (error as Error | undefined)?.name === "InvalidStateError";
        if (!mayPass || attempt > 1) throw error;
      }
    }
  };
}

/** Resolves when everything that a transaction wrote is synced. */
export function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    // Not `onerror`: at that moment the transaction does not know its error yet.
    transaction.onabort = () => reject(transaction.error);
  });
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It is at its end already.
  }
}
