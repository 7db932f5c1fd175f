/** What becomes of a write there is no room for: for a worker, and for the page. */

import assert from "node:assert/strict";
import { StoreError } from "../../src/errors.ts";
import { JournalError } from "../../src/journal/errors.ts";
import { keysOf } from "../../src/testing/store_helpers.ts";
import { journalAt, KINDS, storeAt, testIn } from "./places.ts";

const PIECE_BYTES = 1_000_000;
/** More than there is room for. */
const MAX_PIECES = 200;

/** Noise, as some browsers compress what they keep. */
function noise(): Uint8Array {
  const bytes = new Uint8Array(PIECE_BYTES);
  for (let at = 0; at < bytes.length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}

function isQuotaError(error: unknown): boolean {
  return (error as Error | undefined)?.name === "QuotaExceededError";
}

/** Registers tests of stores. */
export function testFullStores(): void {
  for (const kind of KINDS) {
    testIn(kind, `${kind}Store: a put without room says so and leaves nothing`, async (place) => {
      const store = storeAt(place);
      const value = noise();
      const kept: string[] = [];
      let failure: unknown;
      for (let i = 0; i < MAX_PIECES && failure === undefined; i++) {
        const key = `a/${String(i).padStart(3, "0")}`;
        await store.put(key, value).then(() => kept.push(key), (error) => failure = error);
      }
      assert(failure instanceof StoreError, `expected a StoreError, got ${failure}`);
      assert.equal(failure.operation, "put");
      const missing = `a/${String(kept.length).padStart(3, "0")}`;
      assert.equal(failure.key, missing);
      assert(isQuotaError(failure.cause), `caused by ${failure.cause}`);
      assert(kept.length > 0, "there was no room at all");
      assert.equal(await store.get(missing), undefined);
      assert.deepEqual(await keysOf(store, ""), kept);
      for await (const { key, size } of store.list("")) assert.equal(size, PIECE_BYTES, key);
      assert.deepEqual(await store.get(kept.at(-1)!), value);
      if (typeof place !== "string") {
        const left: string[] = [];
        const temps = await place.getDirectoryHandle(".sluice-tmp");
        for await (const temp of temps.keys()) left.push(temp);
        assert.deepEqual(left, []);
      }
      // An overwrite without room leaves the old value.
      const big = new Uint8Array(20 * PIECE_BYTES).map((_, i) => value[i % PIECE_BYTES]! ^ i);
      await assert.rejects(store.put(kept[0]!, big), StoreError);
      assert.deepEqual(await store.get(kept[0]!), value);
    });
  }
}

/** Registers tests of journals. */
export function testFullJournals(kinds: typeof KINDS[number][]): void {
  for (const kind of kinds) {
    testIn(kind, `${kind}Journal: an append without room is refused`, async (place) => {
      const journal = journalAt(place);
      await journal.open();
      const payload = noise();
      let appended = 0;
      let failure: unknown;
      while (appended < MAX_PIECES && failure === undefined) {
        await journal.append([{ segment: "a", payload }])
          .then(() => appended++, (error) => failure = error);
      }
      assert(failure instanceof JournalError, `expected a JournalError, got ${failure}`);
      assert(isQuotaError(failure.cause), `caused by ${failure.cause}`);
      await assert.rejects(journal.append([{ segment: "b", payload }]), JournalError);
      await journal.close();
      const again = journalAt(place);
      const { segments } = await again.open();
      assert.deepEqual(segments, [{ segment: "a", number: undefined }]);
      let read = 0;
      for await (const bytes of again.read("a")) {
        assert.equal(bytes.length, PIECE_BYTES);
        read++;
      }
      assert.equal(read, appended);
      await again.close();
    });
  }
}
