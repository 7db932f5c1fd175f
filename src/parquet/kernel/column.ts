// The column that is being written: what it is, and where its arrays are.
import { bitAt } from "./distinct.ts";

/** What values are: one bit, eight bytes, or strings, which have no order where they are JSON. */
export const BITS: u32 = 0;
export const INTEGERS: u32 = 1;
export const FLOATS: u32 = 2;
export const STRINGS: u32 = 3;
export const TEXTS: u32 = 4;

export let kind: u32 = 0;
/** How many values there are, nulls among them, and how many are none. */
export let count: u32 = 0;
export let present: u32 = 0;
/** The bits, the numbers, or the bytes of distinct strings. */
export let values: usize = 0;
/** A bit for each value, set where it is not null; 0 if none is. */
export let validity: usize = 0;
/** Of strings, which of the distinct ones each is, as u32. */
export let codes: usize = 0;
/** Where each distinct string begins, and where the last one ends, as i32. */
export let offsets: usize = 0;
export let distinctStrings: u32 = 0;
/** Of what is nested: the levels of entries, a byte each; 0 where there are none. */
export let entries: u32 = 0;
export let definitions: usize = 0;
export let repetitions: usize = 0;
export let maxDefinition: u32 = 0;
export let maxRepetition: u32 = 0;

export function setColumn(
  kindOfValues: u32,
  countOfValues: u32,
  presentValues: u32,
  valuesAt: usize,
  validityAt: usize,
): void {
  kind = kindOfValues;
  count = entries = countOfValues;
  present = presentValues;
  values = valuesAt;
  validity = validityAt;
  codes = offsets = definitions = repetitions = 0;
  distinctStrings = 0;
  maxDefinition = 1;
  maxRepetition = 0;
}

export function setCodes(codesAt: usize, offsetsAt: usize, distinct: u32): void {
  codes = codesAt;
  offsets = offsetsAt;
  distinctStrings = distinct;
}

export function setNesting(
  entryCount: u32,
  definitionsAt: usize,
  repetitionsAt: usize,
  greatestDefinition: u32,
  greatestRepetition: u32,
): void {
  entries = entryCount;
  definitions = definitionsAt;
  repetitions = repetitionsAt;
  maxDefinition = greatestDefinition;
  maxRepetition = greatestRepetition;
}

// @ts-ignore: decorator
@inline
export function isPresent(index: u32): bool {
  return validity == 0 || bitAt(validity, index);
}

/** Of strings: which of the distinct ones a value is. */
// @ts-ignore: decorator
@inline
export function codeAt(index: u32): u32 {
  return load<u32>(codes + ((<usize>index) << 2));
}

/** Where a distinct string is. */
// @ts-ignore: decorator
@inline
export function stringAt(code: u32): usize {
  return values + load<u32>(offsets + ((<usize>code) << 2));
}

/** How many bytes a distinct string has. */
// @ts-ignore: decorator
@inline
export function lengthAt(code: u32): u32 {
  const at = offsets + ((<usize>code) << 2);
  return load<u32>(at, 4) - load<u32>(at);
}
