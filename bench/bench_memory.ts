// Does memory depend on how long the stream is? One run over the events, one over four times as
// many; windows hold the same number of events in both.
//
// V8 lets the room for young objects grow from 1 to 16 MB a space while any program runs, of which each
// thread has three, and garbage among old ones wait. So all is run with that held as well: with 1 MB
// a space, and all garbage collected each time. What grows then is what this library keeps.
import { statSync } from "node:fs";
import type { BenchOptions, Outcome } from "./bench_options.ts";
import { inNode, removeOutputs, runChild, V8_HELD } from "./child.ts";
import { eventsFile } from "./data.ts";
import { DATA_SETS } from "./data_sets.ts";
import { machineFacts } from "./machine.ts";
import { grouped, markdownTable, median, megabytes, significant, spread } from "./table.ts";

const TIMES = 4;
/** How much more memory the longer stream may take, in percent. */
const MOST_PERCENT = 15;

const VARIANTS = [
  { name: "sluice", threads: 0 },
  { name: "sluice-2-workers", threads: 2 },
].flatMap((contender) => [
  { ...contender, isHeld: false },
  { ...contender, name: `${contender.name}, V8 held`, isHeld: true },
]);

interface Runs {
  readonly events: number;
  readonly input: string;
  readonly bytes: number;
  readonly peaks: number[];
  readonly seconds: number[];
}

/** Runs this library over both in turn, round after round, each in a new process. */
export async function benchMemory(options: BenchOptions): Promise<Outcome> {
  const entries: ((typeof VARIANTS)[number] & { readonly runs: readonly Runs[] })[] = [];
  for (const variant of VARIANTS) {
    const runs: Runs[] = [];
    for (const events of [options.events, options.events * TIMES]) {
      const input = await eventsFile(DATA_SETS.web, events);
      runs.push({ events, input, bytes: statSync(input).size, peaks: [], seconds: [] });
    }
    entries.push({ ...variant, runs });
  }
  let versions = {};
  for (let round = 1; round <= options.rounds; round++) {
    for (const { name, threads, isHeld, runs } of entries) {
      for (const { events, input, peaks, seconds } of runs) {
        const command = inNode("sluice", isHeld ? V8_HELD : []);
        const report = await runChild("sluice", { command, job: { input, threads } });
        peaks.push(report.peakBytes);
        seconds.push(report.seconds);
        versions = report.versions;
        const peak = significant(megabytes(report.peakBytes));
        console.error(`round ${round}: ${name}, ${grouped(events)} events ${peak} MB`);
      }
    }
  }
  removeOutputs();
  const table = markdownTable(
    ["", "events", "input MB", "peak MB", "seconds"],
    entries.flatMap(({ name, runs }) =>
      runs.map(({ events, bytes, peaks, seconds }) => [
        name,
        grouped(events),
        significant(megabytes(bytes)),
        spread(peaks.map(megabytes)),
        spread(seconds),
      ])
    ),
  );
  const changes = entries.map(({ name, isHeld, runs }) => {
    const [short, long] = runs.map(({ peaks }) => median(peaks)) as [number, number];
    const percent = (long / short - 1) * 100;
    return { name, isHeld, percent, text: `${percent < 0 ? "" : "+"}${percent.toFixed(1)} %` };
  });
  return {
    title: "Memory",
    text: [
      ...machineFacts(versions),
      "",
      table,
      "",
      "From the shorter stream to the longer, the median peak changes by:",
      "",
      ...changes.map(({ name, text }) => `- ${name}: ${text}`),
      "",
      `With V8 held it has to be less than ${MOST_PERCENT} %.`,
    ].join("\n"),
    failures: changes
      .filter(({ isHeld, percent }) => isHeld && percent >= MOST_PERCENT)
      .map(({ name, text }) =>
        `${name}: over a stream ${TIMES} times as long the peak of memory changes by ${text}`
      ),
    data: { ...options, changes, entries },
  };
}
