// Events in a file to Parquet in a directory: this library against its peers.
import { statSync } from "node:fs";
import { type BenchOptions, choose, type Outcome } from "./bench_options.ts";
import {
  differences,
  digestOfEvents,
  digestOfParquet,
  type ExpectedRows,
  sizeOfParquet,
} from "./check_rows.ts";
import { inNode, outputOf, removeOutputs, runChild } from "./child.ts";
import type { Report } from "./contenders/report.ts";
import { eventsFile } from "./data.ts";
import { DATA_SETS, type DataSetName } from "./data_sets.ts";
import { load, machineFacts } from "./machine.ts";
import { polarsProblem } from "./polars_env.ts";
import { pythonWith } from "./python_env.ts";
import { grouped, markdownTable, median, megabytes, significant, spread } from "./table.ts";

interface Contender {
  readonly name: string;
  /** The command, or why it cannot run here. */
  readonly prepare: () => readonly string[] | { readonly skipped: string };
  readonly threads?: number;
  readonly byReference?: boolean;
  readonly byParquetWasm?: boolean;
  /** Why it cannot take a data set. */
  readonly cannot?: Readonly<Partial<Record<DataSetName, string>>>;
  /** The slow ones are given this many events, and compared by the bytes they get through. */
  readonly mostEvents?: number;
}

const WEB_ONLY = {
  nested: "it is written for web events",
  wide: "it is written for web events",
  narrow: "it is written for web events",
};

const CONTENDERS: readonly Contender[] = [
  { name: "sluice", prepare: () => inNode("sluice") },
  { name: "sluice-1-worker", prepare: () => inNode("sluice"), threads: 1 },
  { name: "sluice-2-workers", prepare: () => inNode("sluice"), threads: 2 },
  { name: "sluice-reference", prepare: () => inNode("sluice"), byReference: true },
  { name: "sluice-parquet-wasm", prepare: () => inNode("sluice"), byParquetWasm: true },
  { name: "duckdb-1", prepare: () => inNode("duckdb"), threads: 1 },
  { name: "duckdb-2", prepare: () => inNode("duckdb"), threads: 2 },
  { name: "polars-1", prepare: withPolars, threads: 1 },
  { name: "polars-2", prepare: withPolars, threads: 2 },
  {
    name: "hyparquet-writer",
    prepare: () => inNode("hyparquet_writer"),
    cannot: { nested: "it writes what is nested as JSON, not as columns" },
  },
  {
    name: "pandas",
    prepare: () => inPython("pandas_frames", ["pandas", "pyarrow"]),
    cannot: WEB_ONLY,
    mostEvents: 2000,
  },
  {
    name: "bytewax",
    prepare: () => inPython("bytewax_frames", ["bytewax", "pandas", "pyarrow"]),
    cannot: WEB_ONLY,
    mostEvents: 1000,
  },
];

/** Who is to be compared with whom besides: those with as many threads. */
const PAIRS = [
  ["sluice", "duckdb-1"],
  ["sluice-2-workers", "duckdb-2"],
  ["sluice-2-workers", "sluice-1-worker"],
] as const;

interface Entry {
  readonly contender: Contender;
  readonly command: readonly string[];
  readonly events: number;
  readonly input: string;
  readonly inputBytes: number;
  readonly reports: Report[];
}

/** Runs all contenders in turn, round after round, each in a new process. */
export async function benchSpeed(options: BenchOptions): Promise<Outcome> {
  const set = DATA_SETS[options.data];
  const { partitionBy, timeFormat } = set;
  const notes: string[] = [];
  const entries: Entry[] = [];
  for (const contender of choose(CONTENDERS, options.only)) {
    const reason = contender.cannot?.[options.data];
    const command = reason === undefined ? contender.prepare() : { skipped: reason };
    if ("skipped" in command) {
      notes.push(`${contender.name} is left out: ${command.skipped}`);
      continue;
    }
    const events = Math.min(options.events, contender.mostEvents ?? Infinity);
    const input = await eventsFile(set, events);
    const inputBytes = statSync(input).size;
    entries.push({ contender, command, events, input, inputBytes, reports: [] });
  }
  const loads: number[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    loads.push(load());
    for (const { contender, command, input, reports } of entries) {
      const { name, threads, byReference, byParquetWasm } = contender;
      const job = {
        input,
        partitionBy,
        timeFormat,
        ...(threads === undefined ? {} : { threads }),
        ...(byReference === undefined ? {} : { byReference }),
        ...(byParquetWasm === undefined ? {} : { byParquetWasm }),
      };
      const report = await runChild(name, { command, job });
      reports.push(report);
      console.error(`round ${round}: ${name} ${significant(report.seconds)} s`);
    }
  }
  const failures = await checkRows(entries, partitionBy);
  for (const { contender, events, reports } of entries) {
    if (events < options.events) {
      notes.push(`${contender.name} was given the first ${grouped(events)} events`);
    }
    const note = reports[0]?.note;
    if (note !== undefined) notes.push(note);
  }
  const versions = Object.assign({}, ...entries.map(({ reports }) => reports[0]!.versions));
  const results = entries.map((entry) => resultOf(entry, entries));
  removeOutputs();
  return {
    title: options.data === "web" ? "Speed" : `Speed: ${set.what}`,
    text: [
      ...machineFacts(versions),
      `- ${grouped(options.events)} ${set.what}, ${options.rounds} rounds, ` +
      `load average ${significant(Math.min(...loads))} to ${significant(Math.max(...loads))}`,
      "",
      toTable(results),
      "",
      "Median and range of the rounds; the ratio is taken in each round.",
      ...PAIRS.flatMap(([one, other]) => comparison(results, one, other)),
      ...results.filter((result) => result.parquetWasmSeconds.length > 0).map(parquetWasmShare),
      ...notes.map((note) => `\n${note[0]!.toUpperCase()}${note.slice(1)}.`),
      failures.length === 0
        ? "\nEvery contender wrote the rows of its input: same count, same hashes of rows and " +
          "columns, same count in every partition."
        : "",
    ].join("\n"),
    failures,
    data: { ...options, loads, versions, notes, results },
  };
}

/** Reads back what each contender wrote last, and compares it with what it was given. */
async function checkRows(entries: readonly Entry[], partitionBy: string): Promise<string[]> {
  const failures: string[] = [];
  const expected = new Map<string, ExpectedRows>();
  for (const input of new Set(entries.map(({ input }) => input))) {
    expected.set(input, await digestOfEvents(input, partitionBy));
  }
  for (const { contender, input } of entries) {
    console.error(`checking the rows of ${contender.name}`);
    const rows = expected.get(input)!;
    const actual = await digestOfParquet(outputOf(contender.name), rows);
    for (const difference of differences(actual, rows)) {
      failures.push(`${contender.name} wrote ${difference}`);
    }
  }
  return failures;
}

interface Result {
  readonly name: string;
  readonly events: number;
  readonly inputBytes: number;
  readonly seconds: readonly number[];
  readonly cpuSeconds: readonly number[];
  /** Of the seconds, what was spent in parquet-wasm by the main thread. */
  readonly parquetWasmSeconds: readonly number[];
  readonly bytesPerSecond: readonly number[];
  /** How many times as fast as the contender this library is, by round. */
  readonly ratios: readonly number[] | undefined;
  readonly peakBytes: readonly number[];
  readonly output: { readonly files: number; readonly bytes: number };
}

function resultOf(entry: Entry, entries: readonly Entry[]): Result {
  const own = entries.find(({ contender }) => contender.name === "sluice");
  const { contender, events, inputBytes, reports } = entry;
  const bytesPerSecond = speeds(entry);
  return {
    name: contender.name,
    events,
    inputBytes,
    seconds: reports.map(({ seconds }) => seconds),
    cpuSeconds: reports.map(({ cpuSeconds }) => cpuSeconds),
    parquetWasmSeconds: reports.flatMap(({ parquetWasmSeconds = [] }) => parquetWasmSeconds),
    bytesPerSecond,
    ratios: own === undefined || own === entry
      ? undefined
      : speeds(own).map((speed, round) => speed / bytesPerSecond[round]!),
    peakBytes: reports.map(({ peakBytes }) => peakBytes),
    output: sizeOfParquet(outputOf(contender.name)),
  };
}

function speeds({ inputBytes, reports }: Entry): number[] {
  return reports.map(({ seconds }) => inputBytes / seconds);
}

/** How many times as fast as another a contender is, if both took part. */
function comparison(results: readonly Result[], one: string, other: string): string[] {
  const [a, b] = [one, other].map((wanted) => results.find(({ name }) => name === wanted));
  if (a === undefined || b === undefined) return [];
  const ratios = a.bytesPerSecond.map((speed, round) => speed / b.bytesPerSecond[round]!);
  return [`\n${one} is ${spread(ratios)} × as fast as ${other}.`];
}

function parquetWasmShare({ name, seconds, parquetWasmSeconds }: Result): string {
  const percent = parquetWasmSeconds.map((part, round) => 100 * part / seconds[round]!);
  const share = `${spread(parquetWasmSeconds)} s, ${significant(median(percent))} %`;
  return `\nOf the time of ${name}, parquet-wasm takes ${share}.`;
}

function toTable(results: readonly Result[]): string {
  return markdownTable(
    [
      "",
      "seconds",
      "CPU s",
      "MB/s",
      "events/s",
      "sluice is × as fast",
      "peak MB",
      "output MB",
      "files",
    ],
    results.map((result) => [
      result.name,
      spread(result.seconds),
      significant(median(result.cpuSeconds)),
      significant(megabytes(median(result.bytesPerSecond))),
      grouped(result.events / median(result.seconds)),
      result.ratios === undefined ? "" : spread(result.ratios),
      significant(megabytes(median(result.peakBytes))),
      significant(megabytes(result.output.bytes)),
      grouped(result.output.files),
    ]),
  );
}

type Command = ReturnType<Contender["prepare"]>;

function withPolars(): Command {
  const problem = polarsProblem();
  return problem === undefined ? inNode("polars") : { skipped: problem };
}

function inPython(name: string, packages: readonly string[]): Command {
  const python = pythonWith(packages);
  return "skipped" in python ? python : [python.command, "-B", `bench/contenders/${name}.py`];
}
