/**
 * For authors of stores, the suite a store must pass; for tests of what is built on stores, one
 * that fails when told to.
 *
 * @module
 */

export { FaultyStore, type StoreCall, type StoreFault } from "./faulty_store.ts";
export {
  type StoreCapabilities,
  storeConformance,
  type StoreConformanceOptions,
} from "./store_suite.ts";
export { journalConformance, type JournalConformanceOptions } from "./journal_suite.ts";
