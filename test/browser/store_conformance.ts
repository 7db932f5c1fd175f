/** The conformance suite over every store there is here: in a worker or in the page. */

import { test } from "node:test";
import { IdbStore } from "../../src/stores/idb.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { OpfsStore } from "../../src/stores/opfs.ts";
import type { Store } from "../../src/stores/store.ts";
import { storeConformance } from "../../src/testing/mod.ts";
import {
  newDatabase,
  newDirectory,
  removeDatabase,
  removeDirectory,
  type WRAPPINGS,
} from "./support.ts";

/** Registers the tests of all stores, as they are and wrapped. */
export function testStores(wrappings: typeof WRAPPINGS): void {
  for (const [wrapping, wrap] of wrappings) {
    storeConformance({
      test,
      name: `OpfsStore${wrapping}`,
      create: async () => {
        const directory = await newDirectory();
        return {
          store: wrap(new OpfsStore(directory)),
          dispose: () => removeDirectory(directory),
        };
      },
      capabilities: { nestedValues: false, listPage: 20 },
    });
    storeConformance({
      test,
      name: `IdbStore${wrapping}`,
      create: () => {
        const database = newDatabase();
        const store: Store = wrap(new IdbStore(database));
        return Promise.resolve({ store, dispose: () => removeDatabase(database) });
      },
    });
    storeConformance({
      test,
      name: `MemoryStore${wrapping}`,
      create: () => Promise.resolve({ store: wrap(new MemoryStore()) }),
    });
  }
}
