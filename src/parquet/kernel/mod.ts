// The Parquet kernel: the arrays of columns to a whole Parquet file.
//
// For each file: `beginFile`; for each of its columns `input`, which says where its arrays are to be
// put, `beginColumn` and what else there is to say of it, `putColumn`, and `endColumn`; `endFile`.
// Then the file is at `fileAt`.
import { setStringSeed } from "../../columns/kernel/distinct_strings.ts";
import { Runs } from "../../columns/kernel/gather.ts";
import { setGroupSeed } from "../../columns/kernel/groups.ts";
import { newBuffer, roomFor } from "../../kernel/buffer.ts";
import { setCodes as setCodesOfColumn, setColumn, setNesting } from "./column.ts";
import { setHashSeed } from "./distinct.ts";
import {
  findExtremes,
  greatest as greatestValue,
  hasBounds,
  least as leastValue,
  lower,
  setBound,
  upper,
} from "./extremes.ts";
import { file, startFile } from "./file.ts";
import { enterLists, entriesAt, passNulls, startLevels } from "./levels.ts";
import { putChunk, putFooter, startFooter } from "./footer.ts";
import { putDictionary, putPages } from "./pages.ts";
import { putRuns, statsStart } from "./runs.ts";

const inputs = newBuffer();
const plans = newBuffer();
let columnStart: u32 = 0;
let dataStart: u32 = 0;

/** To be called once, with a number that nobody can guess. */
export function seedHashes(seed: u64): void {
  setHashSeed(seed);
  setStringSeed(seed);
  setGroupSeed(seed);
}

/** Begins a file whose pages are compressed by a codec of Parquet: 0 for none, 1 for Snappy. */
export function beginFile(codec: u32): void {
  startFile(codec);
  startFooter();
}

/** Says where as many bytes are to be put; what was put there before is gone. */
export function input(bytes: u32): usize {
  inputs.length = 0;
  return roomFor(inputs, bytes);
}

/**
 * Begins a column. Its arrays are where {@link input} said; those that it does not have are 0.
 *
 * @param kind 0 for bits, 1 for integers and 2 for floats of eight bytes, 3 for strings, 4 for JSON.
 * @param count How many values there are, nulls among them.
 * @param present How many are no nulls.
 * @param values The bits, the numbers, or the bytes of distinct strings.
 * @param validity A bit for each value, set where it is not null.
 */
export function beginColumn(
  kind: u32,
  count: u32,
  present: u32,
  values: usize,
  validity: usize,
): void {
  setColumn(kind, count, present, values, validity);
}

/**
 * Says of strings which each one is.
 *
 * @param codes For each value, which of the distinct strings it is, as u32.
 * @param offsets Where each distinct one begins, and where the last one ends, as i32.
 * @param distinct How many distinct ones there are, each of which some value is.
 */
export function setCodes(codes: usize, offsets: usize, distinct: u32): void {
  setCodesOfColumn(codes, offsets, distinct);
}

/** Says that the column is nested, as the entries at this depth have it. */
export function setLevels(depth: u32): void {
  const at = entriesAt(depth);
  setNesting(at.count, at.definitions, at.repetitions, depth, at.lists);
}

/** Begins to go down to nested columns, at depth 0: see levels.ts. */
export function startRows(rows: u32): void {
  startLevels(rows);
}

/** Goes one deeper, to where a value is not null. */
export function descend(depth: u32, validity: usize): void {
  passNulls(depth, validity);
}

/** Goes one deeper, into lists. */
export function descendIntoLists(depth: u32, offsets: usize): void {
  enterLists(depth, offsets);
}

/**
 * Where it says of the entries at a depth, as u32: how many there are and how many of them stand for
 * a value, and where their values, definitions and repetitions are.
 */
export function entries(depth: u32): usize {
  return changetype<usize>(entriesAt(depth));
}

/** Writes the pages of the column; says whether there is a least and a greatest value. */
export function putColumn(): bool {
  columnStart = file.length;
  putDictionary();
  dataStart = file.length;
  putPages();
  findExtremes();
  return hasBounds;
}

/** Where the least value stands: of strings the code, of others the place among all values. */
export function least(): u32 {
  return leastValue;
}

/** The same of the greatest. */
export function greatest(): u32 {
  return greatestValue;
}

/** Says what is beyond values that are too long for the footer. */
export function setBounds(
  min: usize,
  minLength: u32,
  isMinExact: bool,
  max: usize,
  maxLength: u32,
  isMaxExact: bool,
): void {
  setBound(lower, min, minLength, isMinExact);
  setBound(upper, max, maxLength, isMaxExact);
}

/** Ends a column; `path` is a list of names, as Thrift has it. */
export function endColumn(path: usize, pathLength: u32): void {
  putChunk(columnStart, dataStart, path, pathLength);
}

/** Says where a plan of as many bytes is to be put: see runs.ts. */
export function plan(bytes: u32): usize {
  plans.length = 0;
  return roomFor(plans, bytes);
}

/**
 * Writes all columns of a plan, of rows that are held; says whether it could. If not, the file is to be
 * begun again.
 */
export function putRows(runs: usize, planned: usize, count: u32): bool {
  return putRuns(changetype<Runs>(runs), planned, count);
}

/** Where the statistics of the columns are, in the order of the plan. */
export function statsAt(): usize {
  return statsStart();
}

/** Ends the file. What of the footer only depends on the schema goes around the row group. */
export function endFile(
  rows: u32,
  head: usize,
  headLength: u32,
  tail: usize,
  tailLength: u32,
): void {
  putFooter(rows, head, headLength, tail, tailLength);
}

/** Where the file is. */
export function fileAt(): usize {
  return file.start;
}

export function fileLength(): u32 {
  return file.length;
}
