// A writer to be killed, for fs.node.test.ts: `fs_child.ts DIRECTORY START`.
import process from "node:process";
import { FsJournal } from "../../src/journal/fs.ts";

/** Events to a segment. */
const SEGMENT_EVENTS = 60;
/** Calls that are made at once. */
const TURN_EVENTS = 7;

/** The segment of an event; each event also goes to `all`. */
export function segmentOf(event: number): string {
  return `s${Math.floor(event / SEGMENT_EVENTS)}`;
}

/** What is appended for an event. */
export function payloadOf(event: number): Uint8Array {
  return new TextEncoder().encode(`${event}\n`.repeat(1 + event % 50));
}

const [directory, start] = process.argv.slice(2);
// Not where the test imports what is above.
if (start !== undefined) {
  const journal = new FsJournal(directory!, { maxFileBytes: 4000 });
  await journal.open();
  // Until killed. What was done is printed once it is durable.
  for (let event = Number(start);; event += TURN_EVENTS) {
    await Promise.all(Array.from({ length: TURN_EVENTS }, (_, i) => append(journal, event + i)));
  }
}

async function append(journal: FsJournal, event: number): Promise<void> {
  const segment = segmentOf(event);
  const payload = payloadOf(event);
  const calls: Promise<unknown>[] = [
    journal.append([{ segment, payload }, { segment: "all", payload: payload.subarray(0, 8) }]),
  ];
  if (segmentOf(event + 1) !== segment) {
    calls.push(
      journal.seal([segment], event).then(() => console.log(`sealed ${segment}`)),
      // The segment before the one before is committed by now.
      journal.delete([segmentOf(event - 2 * SEGMENT_EVENTS)]),
    );
  }
  await calls[0];
  console.log(`appended ${event}`);
  await Promise.all(calls);
}
