import { simulateJsonLines } from "../mod.ts";
import { narrowEvents, wideEvents } from "./flat_events.ts";
import { nestedEvents } from "./nested_events.ts";

/**
 * Events of one kind. Their time is in `event_timestamp`; windows are of an hour, and partitions by
 * year, month, day and one of their fields.
 */
export interface DataSet {
  readonly what: string;
  /** How many there are unless told otherwise: 60 to 300 MB. */
  readonly events: number;
  /** The field that makes the innermost directories. */
  readonly partitionBy: string;
  /** How `strptime` would read the time. */
  readonly timeFormat: string;
  /** Name of the file of so many events: other parameters are other files. */
  readonly fileOf: (events: number) => string;
  /** So many events as pieces of newline-delimited JSON, the same ones each time. */
  readonly make: (events: number) => Iterable<string> | AsyncIterable<Uint8Array>;
}

/** The names of the data sets. */
export type DataSetName = "web" | "nested" | "wide" | "narrow";

/** What `--data` chooses from. */
export const DATA_SETS: Readonly<Record<DataSetName, DataSet>> = {
  // A night's hour has a few thousand, a busy one 17,000, about 1 KB each.
  web: webEvents(100_000),
  nested: madeUp("nested", nestedEvents, { events: 300_000, partitionBy: "type" }),
  wide: madeUp("wide", wideEvents, { events: 40_000, partitionBy: "region" }),
  narrow: madeUp("narrow", narrowEvents, { events: 2_000_000, partitionBy: "sensor" }),
};

/** Simulated events of a website with so many sessions a day, each of two or three events. */
export function webEvents(sessionsPerDay: number): DataSet {
  const simulation = { users: 1000, sessionsPerDay, seed: 1 };
  return {
    what: "web events",
    events: 300_000,
    partitionBy: "page_url_path",
    timeFormat: "%Y-%m-%d %H:%M:%S%.f",
    fileOf: (events) => `events-${events}-users-1000-sessions-${sessionsPerDay}-seed-1.ndjson`,
    make: (events) => simulateJsonLines({ ...simulation, events }),
  };
}

function madeUp(
  name: DataSetName,
  lines: (events: number) => Iterable<string>,
  { events, partitionBy }: Pick<DataSet, "events" | "partitionBy">,
): DataSet {
  return {
    what: `${name} events`,
    events,
    partitionBy,
    timeFormat: "%Y-%m-%dT%H:%M:%S%.fZ",
    fileOf: (events) => `${name}-${events}-seed-1.ndjson`,
    make: (events) => joined(lines(events)),
  };
}

/** Lines in pieces of some size: a write for each line would take longer than all else. */
function* joined(lines: Iterable<string>): Generator<string, void> {
  let piece = "";
  for (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < 65_536) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}
