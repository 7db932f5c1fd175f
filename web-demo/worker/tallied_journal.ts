import type { Journal, JournalContents, JournalOpenOptions, JournalRecord } from "sluice";
import type { Tally } from "./tally.ts";

/**
 * A journal that shows what is put into open windows, or found in them at the start, to a tally.
 */
export class TalliedJournal implements Journal {
  readonly #journal: Journal;
  readonly #tally: Tally;

  constructor(journal: Journal, tally: Tally) {
    this.#journal = journal;
    this.#tally = tally;
  }

  open(options?: JournalOpenOptions): Promise<JournalContents> {
    return this.#journal.open(options);
  }

  append(records: readonly JournalRecord[]): Promise<void> {
    const appended = this.#journal.append(records);
    for (const { segment, payload } of records) this.#show(segment, payload);
    return appended;
  }

  seal(segments: readonly string[], number: number): Promise<void> {
    return this.#journal.seal(segments, number);
  }

  async *read(segment: string): AsyncIterable<Uint8Array> {
    for await (const payload of this.#journal.read(segment)) {
      this.#show(segment, payload);
      yield payload;
    }
  }

  delete(segments: readonly string[]): Promise<void> {
    return this.#journal.delete(segments);
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  /** A record is the time of arrival, a float64, and then lines: see `EventSegments`. */
  #show(segment: string, payload: Uint8Array): void {
    if (!segment.startsWith("window-")) return;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    this.#tally.addLines(payload.subarray(8), view.getFloat64(0, true));
  }
}

/**
 * How many events are in a journal and not yet in the table, and where the last of their windows
 * begins, in milliseconds since the epoch.
 *
 * @param committed Number of the last commit: what was sealed for it, or an earlier one, is in the
 * table.
 */
export async function countJournalled(
  journal: Journal,
  committed: number,
): Promise<{ readonly events: number; readonly lastWindowStart: number }> {
  let events = 0;
  let lastWindowStart = -Infinity;
  const { segments } = await journal.open();
  try {
    for (const { segment, number } of segments) {
      if (number !== undefined && number <= committed) continue;
      const window = /^window-(-?\d+)-/.exec(segment);
      if (window !== null) lastWindowStart = Math.max(lastWindowStart, Number(window[1]));
      for await (const payload of journal.read(segment)) {
        const lines = segment.startsWith("dead-") ? payload : payload.subarray(8);
        for (const byte of lines) if (byte === 10) events++;
      }
    }
  } finally {
    await journal.close();
  }
  return { events, lastWindowStart };
}
