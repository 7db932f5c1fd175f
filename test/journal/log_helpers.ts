import type { JournalWarning } from "../../src/journal/journal.ts";
import { LogJournal } from "../../src/journal/log_journal.ts";
import type { Disk } from "./disk.ts";

/** Little enough for a test to have several files. */
export const MAX_FILE_BYTES = 200;

/** A record that tells its seed. */
export function record(segment: string, seed: number): { segment: string; payload: Uint8Array } {
  return { segment, payload: new Uint8Array([seed, 7, 7]) };
}

/** An open journal, and what was in it. */
export interface Found {
  readonly journal: LogJournal;
  readonly warnings: readonly JournalWarning[];
  readonly text: string;
}

/** Opens a journal and reads all of it. */
export async function open(
  disk: Disk,
  options: { maxFileBytes?: number } = { maxFileBytes: MAX_FILE_BYTES },
): Promise<Found> {
  const journal = new LogJournal(disk.directory(), options);
  const { segments, warnings } = await journal.open();
  const texts = [];
  for (const { segment, number } of segments) {
    let text = `${segment}:`;
    for await (const payload of journal.read(segment)) text += ` ${payload[0]}`;
    texts.push(number === undefined ? text : `${text} (${number})`);
  }
  return { journal, warnings, text: texts.join(" / ") };
}
