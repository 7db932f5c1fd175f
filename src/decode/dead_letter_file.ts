import type { DeadLetter } from "./dead_letter.ts";

/** Where dead letters are kept: Parquet and Delta readers skip names that begin with `_`. */
export const DEAD_LETTER_DIRECTORY = "_dead_letter";

/** The store key of a commit's dead letters: `_dead_letter/main-17.ndjson`. */
export function deadLetterKey(writer: string, commitNumber: number): string {
  return `${DEAD_LETTER_DIRECTORY}/${writer}-${commitNumber}.ndjson`;
}

/** Dead letters as JSON lines. */
export function deadLetterBytes(deadLetters: readonly DeadLetter[]): Uint8Array {
  const lines = deadLetters.map((deadLetter) => `${JSON.stringify(deadLetter)}\n`);
  return new TextEncoder().encode(lines.join(""));
}
