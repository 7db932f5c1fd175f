// The suite is only as good as what it catches: stores with one fault each, and the test that must
// fail for it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore } from "../../src/stores/memory.ts";
import type {
  Store,
  StoreEntry,
  StoreOptions,
  StorePutOptions,
  StoreRange,
} from "../../src/stores/store.ts";
import { storeConformance } from "../../src/testing/mod.ts";

/** The tests of the suite over a store, by title. */
function suiteOver(create: () => Store, nestedValues = true): Map<string, () => Promise<void>> {
  const tests = new Map<string, () => Promise<void>>();
  storeConformance({
    test: (title, run) => tests.set(title.slice("store: ".length), run),
    name: "store",
    create: () => Promise.resolve({ store: create() }),
    capabilities: { nestedValues, listPage: 20 },
  });
  return tests;
}

const tick = () => new Promise((resolve) => setTimeout(resolve, 0));

async function entriesOf(entries: AsyncIterable<StoreEntry>): Promise<StoreEntry[]> {
  const array = [];
  for await (const entry of entries) array.push(entry);
  return array;
}

/** What is wrong with a store, the test that finds it, and what that says. */
const FAULTS: readonly [fault: string, title: string, message: RegExp, create: () => Store][] = [
  [
    "keeps the array it was given",
    "keeps no array it was given, and gives none it keeps",
    /after the array that was put changed, byte 0: expected 1, got 255/,
    () => {
      const given = new Map<string, Uint8Array>();
      return new class extends MemoryStore {
        override put(key: string, bytes: Uint8Array, options?: StorePutOptions) {
          given.set(key, bytes);
          return super.put(key, bytes, options);
        }
        override get(key: string) {
          return Promise.resolve(given.get(key)?.slice());
        }
      }();
    },
  ],
  [
    "gives out the array it keeps",
    "keeps no array it was given, and gives none it keeps",
    /after the arrays it returned changed, byte 0: expected 1, got 255/,
    () => {
      const kept = new Map<string, Uint8Array>();
      return new class extends MemoryStore {
        override async get(key: string) {
          const bytes = kept.get(key) ?? await super.get(key);
          if (bytes !== undefined) kept.set(key, bytes);
          return bytes;
        }
      }();
    },
  ],
  [
    "keeps the whole buffer of a view",
    "keeps of a view what the view shows",
    /length: expected 5, got 100/,
    () =>
      new class extends MemoryStore {
        override put(key: string, bytes: Uint8Array, options?: StorePutOptions) {
          return super.put(key, new Uint8Array(bytes.buffer), options);
        }
      }(),
  ],
  [
    "has an empty value where there is none",
    "has nothing at an absent key",
    /getRange a: expected undefined, got 0 bytes/,
    () =>
      new class extends MemoryStore {
        override async getRange(key: string, range: StoreRange, options?: StoreOptions) {
          return await super.getRange(key, range, options) ?? new Uint8Array(0);
        }
      }(),
  ],
  [
    "looks before it puts, with a gap between",
    "lets one of 16 win who put if absent at once",
    /winners: expected 1, got 16/,
    () =>
      new class extends MemoryStore {
        override async put(key: string, bytes: Uint8Array, options?: StorePutOptions) {
          if (options?.ifAbsent && await this.get(key) !== undefined) return false;
          return await super.put(key, bytes);
        }
      }(),
  ],
  [
    "takes an empty value for none",
    "puts only once if absent",
    /second: expected false, got true/,
    () =>
      new class extends MemoryStore {
        override async put(key: string, bytes: Uint8Array, options?: StorePutOptions) {
          const empty = (await this.get(key))?.length === 0;
          return await super.put(key, bytes, empty ? {} : options);
        }
      }(),
  ],
  [
    "writes in two halves",
    "shows no part of a value that is being put",
    /length: expected 300001, got 150000/,
    () =>
      new class extends MemoryStore {
        override async put(key: string, bytes: Uint8Array) {
          await super.put(key, bytes.subarray(0, bytes.length / 2));
          await tick();
          return await super.put(key, bytes);
        }
      }(),
  ],
  [
    "writes in place",
    "shows no part of a value that is being put",
    /length: expected 600002, got 900003/,
    () =>
      new class extends MemoryStore {
        override async put(key: string, bytes: Uint8Array) {
          const before = await this.get(key);
          if (before !== undefined && before.length < bytes.length) {
            await super.put(key, Uint8Array.from([...before, ...bytes.subarray(before.length)]));
            await tick();
          }
          return await super.put(key, bytes);
        }
      }(),
  ],
  [
    "lists what is not there yet",
    "shows no part of a value that is being put",
    /expected a whole value's, got 0/,
    () => {
      const putting = new Set<string>();
      return new class extends MemoryStore {
        override async put(key: string, bytes: Uint8Array) {
          putting.add(key);
          await tick();
          await super.put(key, bytes);
          putting.delete(key);
          return true;
        }
        override async *list(prefix: string) {
          for await (const entry of super.list(prefix)) yield entry;
          for (const key of putting) yield { key, size: 0 };
        }
      }();
    },
  ],
  [
    "matches prefixes by character",
    "lists below a prefix by whole segments",
    /item 0 .* expected "a\/b\/c", got "a\/b-c"/,
    () =>
      new class extends MemoryStore {
        override async *list(prefix: string, options?: StoreOptions) {
          for await (const entry of super.list("", options)) {
            if (entry.key.startsWith(prefix)) yield entry;
          }
        }
      }(),
  ],
  [
    "walks by segments",
    "lists in the order of whole keys",
    /expected "a-", got "a\/a\/z"/,
    () =>
      new class extends MemoryStore {
        override async *list(prefix: string, options?: StoreOptions) {
          const bySegments = (a: StoreEntry, b: StoreEntry) =>
            a.key.replaceAll("/", "\0") < b.key.replaceAll("/", "\0") ? -1 : 1;
          yield* (await entriesOf(super.list(prefix, options))).sort(bySegments);
        }
      }(),
  ],
  [
    "sorts by UTF-8",
    "lists in the order of utf-16",
    /item 2 of 4.*: expected "😀", got "～"/,
    () =>
      new class extends MemoryStore {
        override async *list(prefix: string, options?: StoreOptions) {
          const utf8 = ({ key }: StoreEntry) => new TextEncoder().encode(key).join();
          yield* (await entriesOf(super.list(prefix, options)))
            .sort((a, b) => utf8(a) < utf8(b) ? -1 : 1);
        }
      }(),
  ],
  [
    "lists one page",
    "lists more keys than one page has",
    /item 20 of 20, where 120 are expected/,
    () =>
      new class extends MemoryStore {
        override async *list(prefix: string, options?: StoreOptions) {
          yield* (await entriesOf(super.list(prefix, options))).slice(0, 20);
        }
      }(),
  ],
  [
    "starts a page again when something was written",
    "lists each key once while others are written and deleted",
    /in order, each once, item 1 of 25.* got "a\/0\/k0"/,
    () => {
      let puts = 0;
      return new class extends MemoryStore {
        override put(key: string, bytes: Uint8Array, options?: StorePutOptions) {
          puts++;
          return super.put(key, bytes, options);
        }
        override async *list(prefix: string, options?: StoreOptions) {
          const putsBefore = puts;
          for (const entry of await entriesOf(super.list(prefix, options))) {
            yield entry;
            if (puts === putsBefore + 1) yield entry;
          }
        }
      }();
    },
  ],
  [
    "hides names that begin with a dot",
    "keeps odd keys as they are",
    /item 0 of 0.* expected "\.tmp\/a", got undefined/,
    () =>
      new class extends MemoryStore {
        override async *list(prefix: string, options?: StoreOptions) {
          for await (const entry of super.list(prefix, options)) {
            if (!/(^|\/)\./.test(entry.key)) yield entry;
          }
        }
      }(),
  ],
  [
    "decodes keys",
    "keeps odd keys as they are",
    /list year=.* expected "year=.*%2Fhome\/.* got "year=.*=\/home\//,
    () =>
      new class extends MemoryStore {
        override async *list(prefix: string, options?: StoreOptions) {
          for await (const { key, size } of super.list(prefix, options)) {
            yield { key: decodeURIComponent(key.replace(/%$/, "%25")), size };
          }
        }
      }(),
  ],
  [
    "folds case",
    "tells keys apart by code unit",
    /put Case: expected true, got false/,
    () =>
      new class extends MemoryStore {
        override put(key: string, bytes: Uint8Array, options?: StorePutOptions) {
          return super.put(key.toLowerCase(), bytes, options);
        }
      }(),
  ],
  [
    "normalises",
    "tells keys apart by code unit",
    /put caf.+: expected true, got false/,
    () =>
      new class extends MemoryStore {
        override put(key: string, bytes: Uint8Array, options?: StorePutOptions) {
          return super.put(key.normalize(), bytes, options);
        }
      }(),
  ],
  [
    "takes any key to list",
    "refuses bad keys",
    /list "\/": expected a rejection/,
    () =>
      new class extends MemoryStore {
        override async *list(prefix: string, options?: StoreOptions) {
          for await (const entry of super.list("", options)) {
            if (entry.key.startsWith(prefix + "/")) yield entry;
          }
        }
      }(),
  ],
  [
    "deletes all below a prefix",
    "has no value at a mere prefix",
    /list a, .*expected "a\/b\/c", got undefined/,
    () =>
      new class extends MemoryStore {
        override async delete(key: string) {
          for await (const entry of super.list(key)) await super.delete(entry.key);
        }
      }(),
  ],
  [
    "does not delete twice",
    "deletes, and deletes again",
    /no such key/,
    () =>
      new class extends MemoryStore {
        override async delete(key: string) {
          if (await this.get(key) === undefined) throw new Error("no such key");
          await super.delete(key);
        }
      }(),
  ],
  [
    "looks at no signal",
    "rejects with the reason of a signal aborted before",
    /delete: expected a rejection/,
    () =>
      new class extends MemoryStore {
        override delete(key: string) {
          return super.delete(key);
        }
      }(),
  ],
  [
    "rejects with an error of its own when aborted",
    "rejects with the reason of a signal aborted before",
    /reason given to get: expected Error: enough, got AbortError/,
    () =>
      new class extends MemoryStore {
        override async get(key: string, options?: StoreOptions) {
          if (options?.signal?.aborted) throw new DOMException("aborted", "AbortError");
          return await super.get(key);
        }
      }(),
  ],
  [
    "looks at the signal only before it lists",
    "stops listing with the reason of an aborted signal",
    /list: expected a rejection/,
    () =>
      new class extends MemoryStore {
        override async *list(prefix: string, options?: StoreOptions) {
          yield* await entriesOf(super.list(prefix, options));
        }
      }(),
  ],
  [
    "reads past the end",
    "reads ranges as slice does",
    /getRange 0 to 4 of empty, length: expected 0, got 4/,
    () =>
      new class extends MemoryStore {
        override async getRange(key: string, range: StoreRange, options?: StoreOptions) {
          const bytes = await super.getRange(key, range, options);
          const { start, end = 0 } = range;
          return start >= 0 && end > start
            ? Uint8Array.from({ ...bytes, length: end - start })
            : bytes;
        }
      }(),
  ],
  [
    "takes any number for a range",
    "refuses ranges that are not whole numbers",
    /getRange NaN to undefined: expected a rejection/,
    () =>
      new class extends MemoryStore {
        override async getRange(key: string, { start, end }: StoreRange, options?: StoreOptions) {
          return (await super.get(key, options))?.slice(start, end);
        }
      }(),
  ],
];

for (const [fault, title, message, create] of FAULTS) {
  test(`the suite finds a store that ${fault}`, async () => {
    const run = suiteOver(create).get(title);
    assert(run !== undefined, `no test is called "${title}"`);
    await assert.rejects(run, { message });
  });
}

test("the suite finds a store that cannot keep values at a prefix to have said so", async () => {
  const run = suiteOver(() => new MemoryStore(), false).get(
    "refuses a value at a prefix or below a value",
  );
  await assert.rejects(run!, /expected a rejection/);
});

test("the suite disposes of each store it made, also after a failure", async () => {
  let disposed = 0;
  const runs: (() => Promise<void>)[] = [];
  storeConformance({
    test: (_, run) => runs.push(run),
    name: "store",
    create: () =>
      Promise.resolve({
        store: new MemoryStore(),
        dispose: () => Promise.resolve(void disposed++),
      }),
    capabilities: { nestedValues: false },
  });
  const outcomes = await Promise.allSettled(runs.map((run) => run()));
  assert.equal(disposed, runs.length);
  assert.equal(outcomes.filter(({ status }) => status === "rejected").length, 1);
});
