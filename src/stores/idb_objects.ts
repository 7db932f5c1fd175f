import { promisifyRequest, type UseStore } from "idb-keyval";

/**
 * Transactions on the object store `objects` of a database in IndexedDB; both are made when they
 * are first used. What a transaction writes is synced when it is complete, which browsers see to
 * only where it is asked for.
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
    if (opened === undefined) {
      opened = open();
      opened.catch(forget); // what is in the way may pass
    }
    const transaction = (await opened).transaction(objects, mode, { durability: "strict" });
    return await run(transaction.objectStore(objects));
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
