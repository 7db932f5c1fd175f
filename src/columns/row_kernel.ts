/** What of the Parquet kernel holds rows and gathers them: see kernel/mod.ts. */
export interface RowKernel {
  readonly memory: WebAssembly.Memory;
  input(bytes: number): number;
  addPool(): number;
  growPool(pool: number, byteLength: number, strings: number): void;
  poolUses(pool: number): number;
  dropPool(pool: number): void;
  unnumbered(): number;
  batch(): number;
  batchBytes(batch: number): number;
  sharedBytes(batch: number): number;
  look(batch: number): void;
  group(rows: number): number;
  groupByLimits(earliest: number, latest: number): void;
  groupByTime(lengthMs: number, offsetMs: number): void;
  groupByField(batch: number, field: number): void;
  groups(): number;
  groupStarts(): number;
  groupMaxTimes(): number;
  placesOfGroups(): number;
  sortByPlace(placeCount: number): number;
  placeEnds(): number;
  rowNumbers(count: number): number;
  hold(from: number, rows: number, count: number): number;
  kinds(held: number): number;
  kindsLength(): number;
  drop(held: number): void;
  addRuns(count: number, rows: number): number;
  fieldRuns(structs: number, field: number): number;
  itemRuns(lists: number): number;
  gather(runs: number, kind: number): number;
  clearGathered(): void;
  pack(runs: number): number;
  packedAt(): number;
  packedBytes(): number;
  unpack(at: number, names: number): number;
}

// Words of `Held` in kernel/held.ts.
export const FIELD = 0;
export const ROWS = 1;
export const SEEN = 2;
export const KINDS = 3;
export const NUMBERS = 4;
export const CODES = 5;
export const POOL = 6;
export const BYTES = 7;
export const OFFSETS = 8;
export const STARTS = 9;
export const ENDS = 10;
export const FIELDS = 11;
export const FIELD_COUNT = 12;
export const ITEMS = 13;
export const HELD_WORDS = 14;

// Words of `Pool` in kernel/pool.ts.
export const POOL_BYTES = 0;
export const POOL_BYTE_LENGTH = 2;
export const POOL_OFFSETS = 3;
export const POOL_LENGTH = 5;
export const POOL_SERIAL = 10;
