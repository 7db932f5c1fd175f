import { simulateJsonLines, type SimulateOptions } from "../simulate/mod.ts";
import { type OptionTable, parseArguments, UsageError } from "./arguments.ts";
import type { Command } from "./command.ts";
import { checkOptions, toCount, toDuration, toRate } from "./option_values.ts";
import { print } from "./output.ts";

const OPTIONS = {
  users: { value: "N", help: "How many users there are, 1 to 1000000. Default: 5." },
  "sessions-per-day": {
    value: "N",
    help: "How many sessions start in a simulated day, 1 to 100000000, of two or three events " +
      "each. Default: 100.",
  },
  events: { value: "N", help: "Ends after this many events. Not together with --duration." },
  duration: {
    value: "DURATION",
    help: "Ends after this much simulated time, such as 1d. Default: endless.",
  },
  rate: {
    value: "N/s",
    help: "Events per second of real time, above 0. Default: as fast as they are read.",
  },
  seed: { value: "N", help: "A whole number; the same one gives the same events. Default: 1." },
  start: {
    value: "TIME",
    help: "Simulated time of the start, an ISO 8601 date or date and time. " +
      "Default: 2022-06-01T00:00:00Z.",
  },
} as const satisfies OptionTable;

/** `sluice simulate`: fake events to try things out with. */
export const simulate: Command = {
  usage: "simulate [OPTION]...",
  about: [
    "Prints fake page views of a web site as JSON lines, in the order of their event_timestamp. " +
    "Without --events or --duration there is no end to them.",
  ],
  options: OPTIONS,
  examples: [
    { what: "A day of 20 users", line: "sluice simulate --users 20 --duration 1d > day.ndjson" },
    {
      what: "A live stream into a table",
      line: "sluice simulate --rate 100/s | sluice write --out out --time event_timestamp",
    },
  ],
  exitCodes: {
    0: "All events are printed, or whoever read them has stopped reading.",
    1: "Something failed.",
    2: "The command line is not what it must be.",
  },
  async run(args, { stdout }) {
    const { values } = parseArguments(args, { options: OPTIONS, mostPositionals: 0 });
    if (values.events !== undefined && values.duration !== undefined) {
      throw new UsageError("--events and --duration exclude each other");
    }
    const count = (name: "users" | "sessions-per-day" | "events" | "seed"): number | undefined =>
      values[name] === undefined ? undefined : toCount(`--${name}`, values[name]);
    const options: SimulateOptions = {
      users: count("users"),
      sessionsPerDay: count("sessions-per-day"),
      events: count("events"),
      duration: values.duration === undefined ? undefined : toDuration(values.duration),
      rate: values.rate === undefined ? undefined : toRate("--rate", values.rate),
      seed: count("seed"),
      start: values.start,
    };
    const lines = checkOptions(() => simulateJsonLines(options));
    for await (const chunk of lines) await print(stdout, chunk);
    return 0;
  },
};
