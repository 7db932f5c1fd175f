import type { DeadLetter, DeadLetterReason } from "../decode/dead_letter.ts";

/** How many dead letters an answer describes; the counts have all of them. */
export const MAX_DESCRIBED = 100;

/** A line that was refused. */
export interface RefusedLine {
  /** Number of the line, or of the element of the array, from 1. */
  readonly line: number;
  readonly reason: DeadLetterReason;
  readonly message: string;
}

/** What became of the events of one request. */
export interface ShardAnswer {
  /** How many events there were, dead letters included. */
  readonly accepted: number;
  readonly deadLettered: number;
  /** The first hundred of the dead letters. */
  readonly deadLetters: readonly RefusedLine[];
}

/**
 * What became of lines, given the dead letters among them.
 *
 * @param before How many lines the decoder had seen before.
 */
export function toShardAnswer(
  accepted: number,
  deadLetters: readonly DeadLetter[],
  before: number,
): ShardAnswer {
  return {
    accepted,
    deadLettered: deadLetters.length,
    deadLetters: deadLetters.slice(0, MAX_DESCRIBED).map(({ line, reason, message }) => ({
      line: line - before,
      reason,
      message,
    })),
  };
}
