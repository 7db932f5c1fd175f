import { IdbJournal } from "../journal/idb.ts";
import type { JournalSlots } from "./journal_slots.ts";

/** How many pages keep events at a time; more than browsers run. */
const SLOTS = 32;

/** Databases of a browser as slots: their names are a name and a number, as are those of locks. */
export function databaseSlots(name: string): JournalSlots {
  return {
    count: SLOTS,
    create: (slot) => new IdbJournal(`${name}-${slot}`),
    exists: async (slot) => {
      const found = await indexedDB.databases();
      return found.some((database) => database.name === `${name}-${slot}`);
    },
    claim: (slot) => claimLock(navigator.locks, `sluice-client:${name}-${slot}`),
  };
}

/** Takes a lock that pages of a site share, if it is free. */
function claimLock(locks: LockManager, name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    locks.request(name, { ifAvailable: true }, (granted) => {
      if (granted === null) return resolve(undefined);
      // It is held until this is resolved.
      return new Promise<void>((letGo) => resolve(letGo));
    }).catch(reject);
  });
}
