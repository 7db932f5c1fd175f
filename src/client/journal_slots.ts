import type { Journal, JournalContents } from "../journal/journal.ts";

/** Journals by number, each of which one page has open at a time. */
export interface JournalSlots {
  readonly count: number;
  create(slot: number): Journal;
  /** Whether there may be something in it. */
  exists(slot: number): Promise<boolean>;
  /** Takes it until what is returned is called, or the page is gone; `undefined` if a page has it. */
  claim(slot: number): Promise<(() => void) | undefined>;
}

/** A journal that was opened. */
export interface OpenSlot {
  readonly slot: number;
  readonly journal: Journal;
  readonly contents: JournalContents;
  release(): void;
}

/**
 * Opens the first journal that no page has.
 *
 * @throws {Error} If there is none.
 */
export async function openFreeSlot(slots: JournalSlots): Promise<OpenSlot> {
  for (let slot = 0; slot < slots.count; slot++) {
    const opened = await openSlot(slots, slot);
    if (opened !== undefined) return opened;
  }
  throw new Error(`Cannot keep events: ${slots.count} pages keep theirs already`);
}

async function openSlot(slots: JournalSlots, slot: number): Promise<OpenSlot | undefined> {
  const release = await slots.claim(slot);
  if (release === undefined) return undefined;
  try {
    const journal = slots.create(slot);
    return { slot, journal, contents: await journal.open(), release };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Moves what pages that are gone have left in other journals to one's own.
 *
 * @param isKnown Whether the own journal has a segment: it was moved before, but not removed.
 * @returns The segments that were added.
 */
export async function adoptSlots(
  slots: JournalSlots,
  own: OpenSlot,
  isKnown: (segment: string) => boolean,
): Promise<string[]> {
  const adopted: string[] = [];
  for (let slot = 0; slot < slots.count; slot++) {
    if (slot === own.slot || !await slots.exists(slot)) continue;
    const left = await openSlot(slots, slot);
    if (left === undefined) continue;
    const { journal, contents, release } = left;
    try {
      for (const { segment } of contents.segments) {
        if (!isKnown(segment)) {
          const payloads: Uint8Array[] = [];
          for await (const payload of journal.read(segment)) payloads.push(payload);
          // All at once: half of a batch would be another batch.
          await own.journal.append(payloads.map((payload) => ({ segment, payload })));
          adopted.push(segment);
        }
        await journal.delete([segment]);
      }
    } finally {
      await journal.close();
      release();
    }
  }
  return adopted;
}
