import { test } from "node:test";
import { MemoryStore } from "../../src/stores/memory.ts";
import { prefixedStore } from "../../src/stores/prefixed.ts";
import { storeConformance } from "../../src/testing/mod.ts";

storeConformance({
  test,
  name: "MemoryStore",
  create: () => Promise.resolve({ store: new MemoryStore() }),
});

storeConformance({
  test,
  name: "MemoryStore, prefixed",
  create: () => Promise.resolve({ store: prefixedStore(new MemoryStore(), "a=%2F/b") }),
});

storeConformance({
  test,
  name: "MemoryStore, prefixed twice",
  create: () =>
    Promise.resolve({ store: prefixedStore(prefixedStore(new MemoryStore(), "a"), "a") }),
});
