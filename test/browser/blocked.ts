/** A frame that has no origin, and so no storage: tells its parent what a store says there. */

import { StoreError } from "../../src/errors.ts";
import { IdbStore } from "../../src/stores/idb.ts";

const store = new IdbStore("blocked");
const answer: Record<string, unknown> = {};
for (const attempt of ["first", "second"]) {
  try {
    await store.put("a", new Uint8Array(1));
  } catch (error) {
    const { operation, key, cause } = error as StoreError;
    const isStoreError = error instanceof StoreError;
    answer[attempt] = { isStoreError, operation, key, cause: (cause as Error).name };
  }
}
parent.postMessage(answer, "*");
