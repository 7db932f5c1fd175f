import { readFileSync } from "node:fs";

const NEWLINE = 10;

/** The lines of a file, some at a time, in memory: reading it is not what is measured. */
export function readBatches(input: string, eventsPerBatch = 100): Uint8Array[] {
  const bytes = readFileSync(input);
  const batches: Uint8Array[] = [];
  let start = 0;
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
    if (++lines % eventsPerBatch > 0 && at < bytes.length - 1) continue;
    batches.push(bytes.subarray(start, at + 1));
    start = at + 1;
  }
  return batches;
}

/** Checks that what was made durable is there, in the order it was given. */
export function assertSame(actual: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  if (!Buffer.concat(actual).equals(Buffer.concat(expected))) {
    throw new Error("what was read back is not what was written");
  }
}
