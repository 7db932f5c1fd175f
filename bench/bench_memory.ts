// Does memory depend on how long the stream is? One run over the events, one over four times as
// many; windows hold the same number of events in both.
import { statSync } from "node:fs";
import type { BenchOptions, Outcome } from "./bench_options.ts";
import { inNode, removeOutputs, runChild } from "./child.ts";
import { eventsFile } from "./data.ts";
import { DATA_SETS } from "./data_sets.ts";
import { machineFacts } from "./machine.ts";
import { grouped, markdownTable, median, megabytes, significant, spread } from "./table.ts";

const TIMES = 4;
/** How much more memory the longer stream may take, in percent. */
const MOST_PERCENT = 15;

/** Runs this library over both in turn, round after round, each in a new process. */
export async function benchMemory(options: BenchOptions): Promise<Outcome> {
  const sizes = [options.events, options.events * TIMES];
  const runs: {
    events: number;
    input: string;
    bytes: number;
    peaks: number[];
    seconds: number[];
  }[] = [];
  for (const events of sizes) {
    const input = await eventsFile(DATA_SETS.web, events);
    runs.push({ events, input, bytes: statSync(input).size, peaks: [], seconds: [] });
  }
  let versions = {};
  for (let round = 1; round <= options.rounds; round++) {
    for (const { events, input, peaks, seconds } of runs) {
      const report = await runChild("sluice", { command: inNode("sluice"), job: { input } });
      peaks.push(report.peakBytes);
      seconds.push(report.seconds);
      versions = report.versions;
      console.error(
        `round ${round}: ${grouped(events)} events ${significant(megabytes(report.peakBytes))} MB`,
      );
    }
  }
  removeOutputs();
  const [short, long] = runs.map(({ peaks }) => median(peaks)) as [number, number];
  const percent = (long / short - 1) * 100;
  const change = `${percent < 0 ? "" : "+"}${percent.toFixed(1)} %`;
  const table = markdownTable(
    ["", "input MB", "peak MB", "seconds"],
    runs.map(({ events, bytes, peaks, seconds }) => [
      `${grouped(events)} events`,
      significant(megabytes(bytes)),
      spread(peaks.map(megabytes)),
      spread(seconds),
    ]),
  );
  return {
    title: "Memory",
    text: [
      ...machineFacts(versions),
      "",
      table,
      "",
      `From the shorter stream to the longer, the median peak changes by ${change} ` +
      `(bar: less than ${MOST_PERCENT} %).`,
    ].join("\n"),
    failures: percent < MOST_PERCENT
      ? []
      : [`over a stream ${TIMES} times as long the peak of memory changes by ${change}`],
    data: { ...options, percent, runs },
  };
}
