/**
 * What one value of a JSON field is, as a column keeps it: one byte a row.
 *
 * A batch never promotes: it keeps every value as what it was, and types are made once, when a
 * window closes and all its rows are known. That is why files do not depend on where batches were
 * cut.
 */
export type Kind = number;

/** The event has no such field. */
export const MISSING: Kind = 0;
/** JSON `null`. */
export const NULL: Kind = 1;
export const BOOL: Kind = 2;
/** A number written without fraction or exponent that fits 64 bits. */
export const INT64: Kind = 3;
/** Any other number. */
export const FLOAT64: Kind = 4;
export const STRING: Kind = 5;
/** Microseconds since the epoch: the time field, and declared fields. */
export const TIMESTAMP: Kind = 6;
export const LIST: Kind = 7;
export const STRUCT: Kind = 8;
/** A struct or list kept as its canonical JSON text, because it has too many fields for columns. */
export const JSON_TEXT: Kind = 9;

/** A struct with more distinct fields than this is a map in disguise, and becomes JSON text. */
export const MAX_STRUCT_FIELDS = 1000;

/** Whether values of a kind are codes of a string pool. */
export function hasCode(kind: Kind): boolean {
  return kind === STRING || kind === JSON_TEXT;
}

/** Whether values of a kind are 64-bit numbers. */
export function hasNumber(kind: Kind): boolean {
  return kind === BOOL || kind === INT64 || kind === FLOAT64 || kind === TIMESTAMP;
}

/** A set of kinds is a number with these bits. */
export function bit(kind: Kind): number {
  return 1 << kind;
}
