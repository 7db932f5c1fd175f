import { type Duration, parseDuration } from "../window/duration.ts";

/** What a simulation takes: the same options and seed give the same events in every runtime. */
export interface SimulateOptions {
  /**
   * How many users there are to pick from, 1 to 1,000,000. A user who has been picked takes about
   * 2 KB of memory.
   *
   * @default {5}
   */
  readonly users?: number | undefined;
  /**
   * How many sessions start in a simulated day, 1 to 100,000,000. A session has two or three
   * events.
   *
   * @default {100}
   */
  readonly sessionsPerDay?: number | undefined;
  /** Ends after this many events. Not together with `duration`; endless with neither. */
  readonly events?: number | undefined;
  /** Ends after this much simulated time: milliseconds, or a string such as `"1d"`. */
  readonly duration?: Duration | undefined;
  /**
   * Simulated time at the start; no event is earlier. A `Date`, epoch milliseconds or an ISO 8601
   * date or date and time, which is UTC if it names no offset.
   *
   * @default {"2022-06-01T00:00:00Z"}
   */
  readonly start?: Date | string | number | undefined;
  /**
   * What all that is random follows from: a whole number from 0.
   *
   * @default {1}
   */
  readonly seed?: number | undefined;
  /**
   * Events per second of real time, held on average: whoever falls behind is given the backlog as
   * fast as they pull. When omitted, events come as fast as they are pulled.
   */
  readonly rate?: number | undefined;
  /** Ends the stream with an error: the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** {@linkcode SimulateOptions} checked, with defaults in place. */
export interface Plan {
  readonly users: number;
  readonly sessionsPerDay: number;
  /** `Infinity` when unlimited. */
  readonly events: number;
  /** Epoch milliseconds. */
  readonly start: number;
  /** Epoch milliseconds; no event is at or after it. */
  readonly end: number;
  readonly seed: number;
  readonly rate: number | undefined;
  readonly signal: AbortSignal | undefined;
}

const DEFAULT_START = "2022-06-01T00:00:00Z";

/** The years a timestamp of four digits can hold. */
const EARLIEST = Date.parse("0000-01-01T00:00:00Z");
const END_OF_TIME = Date.parse("+010000-01-01T00:00:00Z");

/**
 * Checks options and fills in defaults.
 *
 * @throws {RangeError} If an option has a value it cannot have.
 * @throws {TypeError} If `events` and `duration` are both given, or `signal` is no AbortSignal.
 */
export function planSimulation(options: SimulateOptions): Plan {
  const { users = 5, sessionsPerDay = 100, events, duration, seed = 1, rate, signal } = options;
  assertWhole("users", users, 1, 1_000_000);
  assertWhole("sessionsPerDay", sessionsPerDay, 1, 100_000_000);
  assertWhole("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  if (events !== undefined) {
    assertWhole("events", events, 0, Number.MAX_SAFE_INTEGER);
    if (duration !== undefined) {
      throw new TypeError(
        `Cannot simulate events: options "events" and "duration" exclude each other: current ` +
          `values are ${show(events)} and ${show(duration)}`,
      );
    }
  }
  if (rate !== undefined && !(Number.isFinite(rate) && rate > 0)) {
    throw new RangeError(refusal("rate", "be a finite number above 0", rate));
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(refusal("signal", "be an AbortSignal", signal));
  }
  const start = parseStart(options.start ?? DEFAULT_START);
  const end = duration === undefined ? END_OF_TIME : start + parseDuration(duration, "duration");
  return {
    users,
    sessionsPerDay,
    events: events ?? Infinity,
    start,
    end: Math.min(end, END_OF_TIME),
    seed,
    rate,
    signal,
  };
}

function assertWhole(name: string, value: number, least: number, most: number): void {
  if (!(Number.isSafeInteger(value) && value >= least && value <= most)) {
    throw new RangeError(refusal(name, `be a whole number from ${least} to ${most}`, value));
  }
}

function refusal(name: string, constraint: string, value: unknown): string {
  return `Cannot simulate events: option "${name}" must ${constraint}: current value is ${
    show(value)
  }`;
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

const ISO_DATE_TIME =
  /^(?<date>\d{4}-\d\d-\d\d)(?:[T ](?<time>\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(?<zone>Z|[+-]\d\d:\d\d)?)?$/;

function parseStart(start: Date | string | number): number {
  const ms = typeof start === "string" ? parseIso(start) : Number(start);
  if (!(Number.isSafeInteger(ms) && ms >= EARLIEST && ms < END_OF_TIME)) {
    const constraint =
      "be a Date, epoch milliseconds or an ISO 8601 date and time, in the years 0 to 9999";
    throw new RangeError(refusal("start", constraint, start));
  }
  return ms;
}

/** Epoch milliseconds, or NaN. */
function parseIso(text: string): number {
  const { date, time = "00:00", zone = "Z" } = ISO_DATE_TIME.exec(text)?.groups ?? {};
  if (date === undefined) return NaN;
  // Runtimes differ in whether they refuse a 30 February or move it to March.
  const midnight = new Date(`${date}T00:00Z`);
  const isReal = Number.isFinite(midnight.getTime()) && midnight.toISOString().startsWith(date);
  return isReal ? Date.parse(`${date}T${time}${zone}`) : NaN;
}
