// Does the time for a megabyte, or the memory, depend on how long the stream is? Streams of which
// each is ten times as long as the one before; their windows hold about the same number of events.
import { statSync } from "node:fs";
import { type BenchOptions, choose, type Outcome } from "./bench_options.ts";
import { inNode, removeOutputs, runChild, V8_HELD } from "./child.ts";
import type { Report } from "./contenders/report.ts";
import { eventsFile, removeIfLarge } from "./data.ts";
import { webEvents } from "./data_sets.ts";
import { load, machineFacts } from "./machine.ts";
import { grouped, markdownTable, median, megabytes, significant, spread } from "./table.ts";

const TIMES = [1, 10, 100];
/** How much may change from one length to the next, in percent. */
const MOST_PERCENT = 15;

/**
 * Few sessions and long windows, so that the shortest stream has a whole day in it already, with its
 * quiet and its busy hours.
 */
const SET = webEvents(10_000);
const WINDOW = "6h";

const CONTENDERS = [
  { name: "sluice", threads: 0, options: [] },
  { name: "sluice, V8 held", threads: 0, options: V8_HELD },
  { name: "sluice-2-workers", threads: 2, options: [] },
  { name: "sluice-2-workers, V8 held", threads: 2, options: V8_HELD },
];

/** Runs the contenders over all lengths in turn, round after round, each in a new process. */
export async function benchScaling(options: BenchOptions): Promise<Outcome> {
  const contenders = choose(CONTENDERS, options.only);
  const entries: Entry[] = [];
  const loads: number[] = [];
  try {
    for (const times of TIMES) {
      const events = options.events * times;
      const input = await eventsFile(SET, events);
      const inputBytes = statSync(input).size;
      for (const contender of contenders) {
        entries.push({ ...contender, events, input, inputBytes, reports: [] });
      }
    }
    for (let round = 1; round <= options.rounds; round++) {
      loads.push(load());
      for (const { name, threads, options, events, input, reports } of entries) {
        const job = { input, threads, window: WINDOW };
        const report = await runChild("scaling", { command: inNode("sluice", options), job });
        reports.push(report);
        const seconds = significant(report.seconds);
        console.error(`round ${round}: ${name}, ${grouped(events)} events ${seconds} s`);
      }
    }
  } finally {
    removeOutputs();
    for (const input of new Set(entries.map(({ input }) => input))) removeIfLarge(input);
  }
  return {
    title: "Scaling",
    text: [
      ...machineFacts(entries[0]!.reports[0]!.versions),
      `- ${options.rounds} rounds, windows of ${WINDOW}, ` +
      `load average ${significant(Math.min(...loads))} to ${significant(Math.max(...loads))}`,
      "",
      toTable(entries),
      "",
      `Median and range of the rounds. From each length to the next ${MOST_PERCENT} % are allowed:`,
      "",
      ...contenders.flatMap(({ name }) => changes(entries.filter((entry) => entry.name === name))),
    ].join("\n"),
    failures: [],
    data: { ...options, loads, entries },
  };
}

interface Entry {
  readonly name: string;
  readonly threads: number;
  readonly options: readonly string[];
  readonly events: number;
  readonly input: string;
  readonly inputBytes: number;
  readonly reports: Report[];
}

function toTable(entries: readonly Entry[]): string {
  return markdownTable(
    ["", "events", "input MB", "seconds", "ms for a MB", "peak MB"],
    entries.map((entry) => [
      entry.name,
      grouped(entry.events),
      significant(megabytes(entry.inputBytes)),
      spread(entry.reports.map(({ seconds }) => seconds)),
      spread(msForMegabyte(entry)),
      spread(peaks(entry)),
    ]),
  );
}

/** What changes from each length to the next, as lines of a Markdown list. */
function changes(entries: readonly Entry[]): string[] {
  return entries.slice(1).map((longer, i) => {
    const shorter = entries[i]!;
    return `- ${longer.name}, from ${grouped(shorter.events)} to ${
      grouped(longer.events)
    } events: ` +
      `time for a MB ${change(msForMegabyte(shorter), msForMegabyte(longer))}, ` +
      `peak of memory ${change(peaks(shorter), peaks(longer))}`;
  });
}

/** How far the medians lie apart, and whether that is too far. Less than before never is. */
function change(before: readonly number[], after: readonly number[]): string {
  const percent = (median(after) / median(before) - 1) * 100;
  const verdict = percent < MOST_PERCENT ? "" : " (too much)";
  return `${percent < 0 ? "" : "+"}${percent.toFixed(1)} %${verdict}`;
}

function msForMegabyte({ inputBytes, reports }: Entry): number[] {
  return reports.map(({ seconds }) => seconds * 1000 / megabytes(inputBytes));
}

function peaks({ reports }: Entry): number[] {
  return reports.map(({ peakBytes }) => megabytes(peakBytes));
}
