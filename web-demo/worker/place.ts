import { promisifyRequest } from "idb-keyval";
import type { Journal, Store } from "sluice";
import { IdbJournal } from "sluice/journals/idb";
import { OpfsJournal } from "sluice/journals/opfs";
import { IdbStore } from "sluice/stores/idb";
import { OpfsStore } from "sluice/stores/opfs";
import type { StorageKind } from "../protocol.ts";

/** Names the directory, and begins the names of databases. */
const NAME = "sluice-demo";

/** Where the table is kept, and what was acknowledged but is not yet part of it. */
export interface Place {
  readonly store: Store;
  readonly journal: Journal;
}

/** The table's place in one of the browser's storages. */
export async function openPlace(kind: StorageKind): Promise<Place> {
  if (kind === "idb") {
    return { store: new IdbStore(`${NAME}-table`), journal: new IdbJournal(`${NAME}-journal`) };
  }
  const root = await navigator.storage.getDirectory();
  const directory = await root.getDirectoryHandle(NAME, { create: true });
  return {
    store: new OpfsStore(await directory.getDirectoryHandle("table", { create: true })),
    journal: new OpfsJournal(await directory.getDirectoryHandle("journal", { create: true })),
  };
}

/** Removes the table and its journal, whatever is left of them. */
export async function clearPlace(kind: StorageKind): Promise<void> {
  if (kind === "idb") {
    for (const part of ["table", "journal"]) {
      await promisifyRequest(indexedDB.deleteDatabase(`${NAME}-${part}`));
    }
    return;
  }
  const root = await navigator.storage.getDirectory();
  try {
    await root.removeEntry(NAME, { recursive: true });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
  }
}
