// How fast events are made durable: the journal against SQLite, and against the disk itself.
import type { BenchOptions, Outcome } from "./bench_options.ts";
import { choose } from "./bench_options.ts";
import { inBun, inNode, removeOutputs, runChild } from "./child.ts";
import type { Report } from "./contenders/report.ts";
import { eventsFile } from "./data.ts";
import { DATA_SETS } from "./data_sets.ts";
import { load, machineFacts } from "./machine.ts";
import { grouped, markdownTable, median, significant, spread } from "./table.ts";

const CONTENDERS = [
  { name: "journal (Node)", command: inNode("journal_sluice") },
  { name: "journal (Bun)", command: inBun("journal_sluice") },
  { name: "SQLite (Bun)", command: inBun("journal_sqlite") },
  { name: "write + fdatasync (Node)", command: inNode("journal_disk") },
];

/** Runs all contenders in turn, round after round, each in a new process. */
export async function benchJournal(options: BenchOptions): Promise<Outcome> {
  const input = await eventsFile(DATA_SETS.web, options.events);
  const entries = choose(CONTENDERS, options.only).map((contender) => ({
    ...contender,
    reports: [] as Report[],
  }));
  const loads: number[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    loads.push(load());
    for (const { name, command, reports } of entries) {
      const report = await runChild("journal", { command, job: { input } });
      reports.push(report);
      console.error(`round ${round}: ${name} ${significant(report.seconds)} s`);
    }
  }
  removeOutputs();
  const versions = Object.assign({}, ...entries.map(({ reports }) => reports[0]!.versions));
  const results = entries.map(({ name, reports }) => ({
    name,
    seconds: reports.map(({ seconds }) => seconds),
    cpuSeconds: reports.map(({ cpuSeconds }) => cpuSeconds),
  }));
  const [own] = results;
  const batches = Math.ceil(options.events / 100);
  const table = markdownTable(
    ["", "events/s", "ms a batch", "CPU s", `${own!.name} is × as fast`],
    results.map((result) => [
      result.name,
      grouped(options.events / median(result.seconds)),
      spread(result.seconds.map((seconds) => seconds * 1000 / batches)),
      significant(median(result.cpuSeconds)),
      result === own
        ? ""
        : spread(result.seconds.map((seconds, round) => seconds / own!.seconds[round]!)),
    ]),
  );
  return {
    title: "Journal",
    text: [
      ...machineFacts(versions),
      `- ${grouped(options.events)} events in batches of 100, one sync a batch, ` +
      `${options.rounds} rounds, ` +
      `load average ${significant(Math.min(...loads))} to ${significant(Math.max(...loads))}`,
      "",
      table,
      "",
      "Median and range of the rounds; the ratio is taken in each round. All bytes were read back " +
      "and compared.",
    ].join("\n"),
    failures: [],
    data: { ...options, loads, versions, results },
  };
}
