import type { DeadLetter, Store } from "sluice";
import type { DeadLetterList } from "../protocol.ts";

/** How many are shown. */
const MAX_SHOWN = 100;
/** Longest text of one that is shown. */
const MAX_TEXT = 600;

/** Reads the dead letters of a table, from the files that its commits name. */
export async function readDeadLetters(
  store: Store,
  paths: readonly string[],
): Promise<DeadLetterList> {
  const counts = new Map<string, number>();
  const newest: DeadLetter[] = [];
  let total = 0;
  for (const path of [...paths].reverse()) {
    const bytes = await store.get(path);
    const lines = new TextDecoder().decode(bytes).split("\n").filter((line) => line !== "");
    for (const line of lines.reverse()) {
      const letter = JSON.parse(line) as DeadLetter;
      counts.set(letter.reason, (counts.get(letter.reason) ?? 0) + 1);
      total++;
      if (newest.length < MAX_SHOWN) newest.push({ ...letter, raw: letter.raw.slice(0, MAX_TEXT) });
    }
  }
  const byReason = Array.from(counts, ([reason, count]) => ({ reason, count }))
    .sort((a, b) => b.count - a.count);
  return { total, byReason, newest };
}
