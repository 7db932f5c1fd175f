// How long the events of a window wait, once it is known to be complete, until readers can see them.
import { type BenchOptions, choose, type Outcome } from "./bench_options.ts";
import { inNode, outputOf, removeOutputs, runChild } from "./child.ts";
import { sizeOfParquet } from "./check_rows.ts";
import { EVENTS_PER_SECOND, WINDOW } from "./contenders/arrivals.ts";
import type { Report } from "./contenders/report.ts";
import { eventsFile } from "./data.ts";
import { DATA_SETS } from "./data_sets.ts";
import { load, machineFacts } from "./machine.ts";
import { grouped, markdownTable, median, percentile, significant, spread } from "./table.ts";

const CONTENDERS = [
  { name: "stream-1MiB", command: inNode("latency_stream"), batchBytes: 1 << 20 },
  { name: "stream-64KiB", command: inNode("latency_stream"), batchBytes: 1 << 16 },
  { name: "writer", command: inNode("latency_writer") },
];

/** Runs all contenders in turn, round after round, each in a new process. */
export async function benchLatency(options: BenchOptions): Promise<Outcome> {
  const input = await eventsFile(DATA_SETS.web, options.events);
  const entries = choose(CONTENDERS, options.only).map((contender) => ({
    ...contender,
    reports: [] as Report[],
    files: 0,
  }));
  const loads: number[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    loads.push(load());
    for (const entry of entries) {
      const { name, command, batchBytes } = entry;
      const job = { input, ...(batchBytes === undefined ? {} : { batchBytes }) };
      const report = await runChild("latency", { command, job });
      entry.reports.push(report);
      entry.files = sizeOfParquet(outputOf("latency")).files;
      console.error(`round ${round}: ${name} ${significant(median(latencies(report)))} ms`);
    }
  }
  removeOutputs();
  const results = entries.map(({ name, reports, files }) => ({
    name,
    files,
    latenciesMs: reports.map(latencies),
    cpuShares: reports.map(({ cpuSeconds, seconds }) => cpuSeconds / seconds),
  }));
  const table = markdownTable(
    ["", "windows", "files", "p50 ms", "p90 ms", "p99 ms", "greatest ms", "of a core, %"],
    results.map(({ name, files, latenciesMs, cpuShares }) => [
      name,
      grouped(latenciesMs[0]!.length),
      grouped(files),
      ...[0.5, 0.9, 0.99, 1].map((share) =>
        spread(latenciesMs.map((values) => percentile(values, share)))
      ),
      significant(100 * median(cpuShares)),
    ]),
  );
  return {
    title: "Latency",
    text: [
      ...machineFacts(entries[0]!.reports[0]!.versions),
      `- ${grouped(options.events)} events, ${grouped(EVENTS_PER_SECOND)} a second, windows of ` +
      `${WINDOW}, ${options.rounds} rounds, ` +
      `load average ${significant(Math.min(...loads))} to ${significant(Math.max(...loads))}`,
      "",
      table,
      "",
      "From the arrival of the event that closes a window until the window is committed; " +
      "percentiles of each round, their median and range.",
    ].join("\n"),
    failures: [],
    data: { ...options, loads, results },
  };
}

function latencies({ latenciesMs = [] }: Report): readonly number[] {
  return latenciesMs;
}
