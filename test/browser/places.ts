/** Places in a browser's storage: directories of their own, and databases. */

import { test } from "node:test";
import { IdbJournal } from "../../src/journal/idb.ts";
import { OpfsJournal } from "../../src/journal/opfs.ts";
import { IdbStore } from "../../src/stores/idb.ts";
import { OpfsStore } from "../../src/stores/opfs.ts";
import { newDatabase, newDirectory, removeDatabase, removeDirectory } from "./support.ts";

/** A directory, or the name of a database. */
export type Place = FileSystemDirectoryHandle | string;

/** What the names of stores and journals begin with. */
export const KINDS = ["Opfs", "Idb"] as const;

/** Registers a test in a place that is empty, and removed after it. */
export function testIn(
  kind: typeof KINDS[number],
  title: string,
  run: (place: Place) => Promise<void>,
): void {
  test(title, async () => {
    const place = kind === "Opfs" ? await newDirectory() : newDatabase();
    try {
      await run(place);
    } finally {
      await (typeof place === "string" ? removeDatabase(place) : removeDirectory(place));
    }
  });
}

/** A store in that place. */
export function storeAt(place: Place): OpfsStore | IdbStore {
  return typeof place === "string" ? new IdbStore(place) : new OpfsStore(place);
}

/** A journal in that place. */
export function journalAt(place: Place): OpfsJournal | IdbJournal {
  return typeof place === "string" ? new IdbJournal(place) : new OpfsJournal(place);
}
