/** Why a line was not written as an event. */
export type DeadLetterReason =
  /** Not JSON. */
  | "malformed-json"
  /** JSON, but no object. */
  | "not-an-object"
  /** Bytes that are no UTF-8; the record carries them as `rawBase64` too. */
  | "invalid-utf8"
  /** Nested deeper than 64 levels. */
  | "too-deep"
  /** Longer than `maxEventBytes`; `raw` is its beginning, `bytes` its whole length. */
  | "too-long"
  /** More distinct fields than a batch can hold as columns. */
  | "too-many-fields"
  /** A number beyond float64, such as `1e400`. */
  | "number-out-of-range"
  /** The time field is absent or null. */
  | "missing-time"
  /** The time field is no time, or one before the year 1684 or after 2255. */
  | "invalid-time"
  /** Further ahead of the clock than `maxFutureSkew`. */
  | "future-time"
  /** A partition value longer than a directory name can be. */
  | "partition-value-too-long"
  /** Its window was closed, and `late` is `"dead-letter"`. */
  | "late";

/** The record of a line that was not written as an event: nothing is lost with it. */
export interface DeadLetter {
  /** Why. */
  readonly reason: DeadLetterReason;
  /** What exactly was wrong, for people. */
  readonly message: string;
  /** Number of the line in the source, from 1. */
  readonly line: number;
  /** Place of its first byte in the source. */
  readonly offset: number;
  /** The text of the line; what is not UTF-8 in it is U+FFFD. */
  readonly raw: string;
  /** The bytes of the line, where they are no UTF-8. */
  readonly rawBase64?: string;
  /** Length of the line in bytes, where `raw` is only its beginning. */
  readonly bytes?: number;
}
