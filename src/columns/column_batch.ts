import type { DeadLetter } from "../decode/dead_letter.ts";
import type { Column } from "./column.ts";

/**
 * A batch of events, column by column: what flows from the decoder to the windows. Immutable once
 * made.
 */
export interface ColumnBatch {
  /** How many events there are. */
  readonly rows: number;
  /** A column for each field that any of the events has, in order of first appearance. */
  readonly columns: ReadonlyMap<string, Column>;
  /** Time of each event, in whole microseconds since the epoch: event time, or arrival time. */
  readonly times: Float64Array;
  /** Which of the batch's lines each event came from, from 0. */
  readonly lineIndices: Uint32Array;
  /** Lines that did not become events, in the order of the source. */
  readonly deadLetters: readonly DeadLetter[];
  /** How many lines were not blank: events and dead letters. */
  readonly accepted: number;
  /** Which bytes `[start, end)` of the source the batch was made from. */
  readonly start: number;
  readonly end: number;
  /** Number of the first line in the source, from 1, and of the line after the last. */
  readonly firstLine: number;
  readonly nextLine: number;
  /** Whether the source had gone quiet when the batch was cut: open windows close after it. */
  readonly isQuiet: boolean;
  /**
   * The line an event came from, for a dead letter of it.
   *
   * @throws {Error} If the batch was released.
   */
  line(row: number): SourceLine;
  /** Says that no more lines are asked for, so that their memory may be used again. */
  release?(): void;
}

/** A line of the source. */
export interface SourceLine {
  /** Number of the line, from 1. */
  readonly line: number;
  /** Place of its first byte in the source. */
  readonly offset: number;
  /** Its text, without the newline. */
  readonly raw: string;
}
