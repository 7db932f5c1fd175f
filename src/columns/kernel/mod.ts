// The part of the Parquet kernel that holds rows until they are encoded.
//
// Of a batch: `input` of the Parquet kernel says where its arrays and a description of its columns are
// to be put; `group` and what goes with it sorts its rows, and `hold` copies some of them. Of a file:
// `addRuns`, then `fieldRuns` and `itemRuns` for what is below, and `gather` for each column;
// `clearGathered` at the end. Or `pack` for rows that go to another kernel, which has them unpacked.
import { clear, gatherRuns, newRuns, Runs, runsOfField, runsOfItems } from "./gather.ts";
import { newBuffer, roomFor } from "../../kernel/buffer.ts";
import {
  arrayBytes,
  Held,
  lookAtKinds,
  poolBytes,
  putKinds,
  releaseRows,
  takeRows,
} from "./held.ts";
import {
  beginGroups,
  countGroups,
  findMaxTimes,
  firstRowsStart,
  groupPlaces,
  partByField,
  partByLimits,
  partByTime,
  sortedEndsStart,
  sortRows,
} from "./groups.ts";
import { packedLength, packedStart, packRuns, unpackRows } from "./packed.ts";
import { extendPool, newPool, Pool, releasePool } from "./pool.ts";

const kindsOfColumns = newBuffer();
const numbersOfRows = newBuffer();

/** A pool of strings, which have equal codes if they are equal; gives its place. */
export function addPool(): usize {
  return changetype<usize>(newPool(true));
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

/** About what the columns of a batch take, but for pools that others share. */
export function batchBytes(batch: usize): u32 {
  const events = changetype<Held>(batch);
  return arrayBytes(events) - events.rows; // these have no kinds
}

/** What those pools take. */
export function sharedBytes(batch: usize): u32 {
  return poolBytes(changetype<Held>(batch));
}

/** Finds out what is in the columns of a batch, given as the {@link Held} of its events. */
export function look(batch: usize): void {
  lookAtKinds(changetype<Held>(batch));
}

/** Begins to group the rows of a batch: see groups.ts. */
export function group(rows: u32): usize {
  return beginGroups(rows);
}

export function groupByLimits(earliest: f64, latest: f64): void {
  partByLimits(earliest, latest);
}

export function groupByTime(lengthMs: f64, offsetMs: f64): void {
  partByTime(lengthMs, offsetMs);
}

export function groupByField(batch: usize, field: u32): void {
  partByField(changetype<Held>(batch), field);
}

export function groups(): u32 {
  return countGroups();
}

export function groupStarts(): usize {
  return firstRowsStart();
}

export function groupMaxTimes(): usize {
  return findMaxTimes();
}

export function placesOfGroups(): usize {
  return groupPlaces();
}

export function sortByPlace(placeCount: u32): usize {
  return sortRows(placeCount);
}

export function placeEnds(): usize {
  return sortedEndsStart();
}

/** Says where as many numbers of rows are to be put. */
export function rowNumbers(count: u32): usize {
  numbersOfRows.length = 0;
  return roomFor(numbersOfRows, count << 2);
}

/** Copies some rows of a batch, or of rows that are held; gives the place of the copy. */
export function hold(from: usize, rows: usize, count: u32): usize {
  return changetype<usize>(takeRows(changetype<Held>(from), rows, count));
}

/**
 * Says which kinds of values are held: gives the place of words, four for each column, which is
 * followed by those of its fields and of its items: the number of its name, the set of kinds, how many
 * fields there are, and whether there are items. How many words there are is at {@link kindsLength}.
 */
export function kinds(held: usize): usize {
  kindsOfColumns.length = 0;
  putKinds(kindsOfColumns, changetype<Held>(held));
  return kindsOfColumns.start;
}

export function kindsLength(): u32 {
  return kindsOfColumns.length >> 2;
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

/** Packs the rows of runs, for another kernel; says whether that could be done. */
export function pack(runs: usize): bool {
  return packRuns(changetype<Runs>(runs));
}

/** Where the bytes are that {@link pack} has made. */
export function packedAt(): usize {
  return packedStart();
}

export function packedBytes(): u32 {
  return packedLength();
}

/**
 * Holds rows that another kernel has packed; gives their place.
 *
 * @param names Words: for each number of a name there, that which it has here.
 */
export function unpack(at: usize, names: usize): usize {
  return changetype<usize>(unpackRows(at, names));
}
