import {
  type EventChunk,
  type Journal,
  type MemoryJournal,
  type Store,
  TableWriter,
  type TableWriterOptions,
  tumbling,
} from "../../mod.ts";
import { type Call, type Fate, Mortal } from "../support/mortal.ts";
import { idsOf, NUMBERED } from "../support/numbered_events.ts";
import { rowsOfTable } from "../support/table_rows.ts";

/** What there is to set of a writer in these tests; `undefined` leaves it to the writer. */
export type Options =
  & { readonly [K in keyof TableWriterOptions]?: TableWriterOptions[K] | undefined }
  & { readonly store: Store };

/** Opens a writer of numbered events, with windows of a minute. */
export function open(options: Options): Promise<TableWriter> {
  return TableWriter.open(
    { ...NUMBERED, window: tumbling("1m"), ...options } as TableWriterOptions,
  );
}

/** The events in the table once a writer was opened and closed again; both kinds of readers agree. */
export async function idsAfter(options: Options): Promise<number[]> {
  const writer = await open(options);
  await writer.close();
  return idsOf(await rowsOfTable(options.store));
}

/**
 * Runs a process that opens a writer and appends, one after the other, until it dies by itself, or
 * has done all it can.
 *
 * @returns The journal as it is after the crash.
 */
export async function runToDeath(
  options: Options & {
    readonly journal: MemoryJournal;
    readonly diesAt: (call: Call) => Fate | undefined;
    readonly appends?: readonly (EventChunk | readonly EventChunk[])[];
  },
): Promise<MemoryJournal> {
  const { store, journal, diesAt, appends = [] } = options;
  const process = new Mortal((call) => diesAt(call) ?? "answered");
  const life = async () => {
    const writer = await open({
      ...options,
      store: process.store(store),
      journal: process.journal(journal),
    });
    for (const events of appends) await writer.append(events);
  };
  const living = life();
  await Promise.race([living, standstill(process)]);
  await standstill(process);
  process.kill();
  return journal.crash();
}

/** Waits until a process makes no more calls. */
export async function standstill(process: Mortal): Promise<void> {
  let calls = -1;
  for (let turn = 0; turn < 30 && !process.isDead; turn++) {
    await new Promise((resolve) => setTimeout(resolve));
    if (process.calls !== calls) turn = 0;
    calls = process.calls;
  }
}

/** For {@linkcode runToDeath}: calls of a verb are held from the n-th on, from 1, until death. */
export function before(verb: string, nth: number = 1): (call: Call) => Fate | undefined {
  let count = 0;
  return (call) => call.verb === verb && ++count >= nth ? "held" : undefined;
}

/** For {@linkcode runToDeath}: dies when the n-th call of a verb, from 1, has happened. */
export function after(verb: string, nth: number = 1): (call: Call) => Fate | undefined {
  let count = 0;
  return (call) => call.verb === verb && ++count === nth ? "unanswered" : undefined;
}

/** The segments a journal holds, but for the one with its name. */
export async function segmentsOf(journal: Journal): Promise<string[]> {
  const { segments } = await journal.open();
  await journal.close();
  return segments
    .map(({ segment, number }) => number === undefined ? segment : `${segment} for ${number}`)
    .filter((segment) => !segment.startsWith("id-"));
}
