import { atLeast, type Clock, MIB, oneOf } from "../options.ts";
import { type Duration, parseDuration } from "../window/duration.ts";
import type { TimeUnit } from "./event_time.ts";

/** Where the time of an event is found. */
export interface TimeField {
  /** Name of a top-level field. */
  readonly field: string;
  /** What a number in it counts, since the epoch; `"ms"` by default. Text is ISO 8601. */
  readonly unit?: TimeUnit;
}

/** How bytes become batches of events. */
export interface DecodeOptions {
  /**
   * The field that holds the event time: ISO 8601 text (UTC where it has no offset) or a number of
   * milliseconds since the epoch. Without it events have the time they arrive at.
   */
  readonly time?: string | TimeField;
  /** Bytes read between two moves of the watermark; 1 MiB by default, at least 1 KiB. */
  readonly batchBytes?: number;
  /** Longest event, in bytes; 1 MiB by default. A longer one is a dead letter. */
  readonly maxEventBytes?: number;
  /**
   * The source is live: batches are cut after a second at most, and windows are closed when nothing
   * has arrived for this long. Without it, only the bytes themselves decide, so that the same bytes
   * give the same files.
   */
  readonly idle?: Duration;
  /** Tells arrival time; `Date` by default. */
  readonly clock?: Clock;
}

/** {@linkcode DecodeOptions}, checked and complete. */
export interface DecodeSettings {
  readonly time: { readonly field: string; readonly unit: TimeUnit } | undefined;
  readonly batchBytes: number;
  readonly maxEventBytes: number;
  readonly idleMs: number | undefined;
  readonly now: () => number;
}

/** Checks {@linkcode DecodeOptions}. */
export function resolveDecodeOptions(options: DecodeOptions): DecodeSettings {
  const { time, idle, clock = Date } = options;
  return {
    time: time === undefined ? undefined : resolveTime(time),
    batchBytes: atLeast(options.batchBytes ?? MIB, "batchBytes", 1024),
    maxEventBytes: atLeast(options.maxEventBytes ?? MIB, "maxEventBytes", 1),
    idleMs: idle === undefined ? undefined : atLeast(parseDuration(idle, "idle"), "idle", 1),
    now: () => clock.now(),
  };
}

function resolveTime(time: string | TimeField): { field: string; unit: TimeUnit } {
  const { field, unit = "ms" } = typeof time === "string" ? { field: time } : time;
  if (typeof field !== "string" || field === "") {
    throw new TypeError(
      `Cannot use option "time": it must name a field: current value is ${JSON.stringify(time)}`,
    );
  }
  return { field, unit: oneOf(unit, "time.unit", ["s", "ms", "us", "ns"]) };
}
