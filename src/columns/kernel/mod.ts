// The part of the Parquet kernel that holds rows until they are encoded.
//
// Of a batch: `input` of the Parquet kernel says where its arrays and a description of its columns are
// to be put, and `hold` copies some of its rows. Of a file: `newRunsOf`, then `fieldRuns` and
// `itemRuns` for what is below, and `gather` for each column; `clearGathered` at the end.
import { clear, gatherRuns, newRuns, Runs, runsOfField, runsOfItems } from "./gather.ts";
import { Held, lookAtKinds, releaseRows, takeRows } from "./held.ts";
import { extendPool, newPool, Pool, releasePool } from "./pool.ts";

/** A pool of strings, which have equal codes if they are equal; gives its place. */
export function addPool(): usize {
  return changetype<usize>(newPool());
}

/** Adds as many strings, of as many bytes: see {@link Pool}. */
export function growPool(pool: usize, byteLength: u32, strings: u32): void {
  extendPool(changetype<Pool>(pool), byteLength, strings);
}

/** How many columns are held that have strings of a pool. */
export function poolUses(pool: usize): u32 {
  return changetype<Pool>(pool).uses;
}

export function dropPool(pool: usize): void {
  releasePool(changetype<Pool>(pool));
}

/** Finds out what is in the columns of a batch, given as the {@link Held} of its events. */
export function look(batch: usize): void {
  lookAtKinds(changetype<Held>(batch));
}

/** Copies some rows of a batch, or of rows that are held; gives the place of the copy. */
export function hold(from: usize, rows: usize, count: u32): usize {
  return changetype<usize>(takeRows(changetype<Held>(from), rows, count));
}

/** Gives held rows free. */
export function drop(held: usize): void {
  releaseRows(changetype<Held>(held));
}

/** Begins to gather as many runs of held events: gives the place of {@link Runs}. */
export function addRuns(count: u32, rows: u32): usize {
  return changetype<usize>(newRuns(count, rows));
}

export function fieldRuns(structs: usize, field: u32): usize {
  return changetype<usize>(runsOfField(changetype<Runs>(structs), field));
}

export function itemRuns(lists: usize): usize {
  return changetype<usize>(runsOfItems(changetype<Runs>(lists)));
}

/** Gives the place of a vector of values of one kind, or 0 where that cannot be made. */
export function gather(runs: usize, kind: u32): usize {
  return changetype<usize>(gatherRuns(changetype<Runs>(runs), kind));
}

/** Forgets all runs and vectors. */
export function clearGathered(): void {
  clear();
}
