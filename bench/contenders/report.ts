// What every contender in JavaScript is: a process that is given a job, does it once, and prints
// what that took.
import { readFileSync } from "node:fs";
import process from "node:process";

/** What a contender is to do. */
export interface Job {
  /** The file of events. */
  readonly input: string;
  /** An empty directory for what it writes. */
  readonly output: string;
  /** The field that makes the innermost directories: if omitted, that of web events. */
  readonly partitionBy?: string;
  /** How `strptime` would read the time of an event. */
  readonly timeFormat?: string;
  /** How long windows are, for those that have them: an hour if omitted. */
  readonly window?: string;
  /** Where a stream is cut into batches, for those that can be told it. */
  readonly batchBytes?: number;
  /** How many threads it may use, where that can be told it. */
  readonly threads?: number;
  /** Whether this library is to decode by `JSON.parse`. */
  readonly byReference?: boolean;
  /** Whether it is to encode by parquet-wasm. */
  readonly byParquetWasm?: boolean;
}

/** What a contender prints, as JSON, in the last line of its standard output. */
export interface Report {
  /** From the first byte read to the last one written, without the start of the process. */
  readonly seconds: number;
  /** Processor time of all threads in these seconds. */
  readonly cpuSeconds: number;
  /** The most memory the process ever held (resident set). */
  readonly peakBytes: number;
  /** How much of the seconds was spent in parquet-wasm, in the main thread. */
  readonly parquetWasmSeconds?: number;
  /** How long each window waited to be seen. */
  readonly latenciesMs?: readonly number[];
  /** Of what it is made of. */
  readonly versions: Readonly<Record<string, string>>;
  /** What a reader of the results has to know. */
  readonly note?: string;
}

type Measured = Pick<Report, "seconds" | "cpuSeconds" | "peakBytes">;

/** Runs a contender, which calls `measure` once, with what is to be measured. */
export async function contend(
  run: (job: Job, measure: Measure) => Promise<Omit<Report, keyof Measured>>,
): Promise<void> {
  const job = JSON.parse(process.argv[2] ?? "") as Job;
  let taken: Measured | undefined;
  const details = await run(job, async (work) => {
    const cpuBefore = process.cpuUsage();
    const started = performance.now();
    await work();
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    taken = { seconds, cpuSeconds: (user + system) / 1e6, peakBytes: peakBytes() };
  });
  if (taken === undefined) throw new Error("the contender measured nothing");
  console.log(JSON.stringify({ ...taken, ...details } satisfies Report));
}

/** Measures some work. */
export type Measure = (work: () => Promise<unknown>) => Promise<void>;

/** The version of an installed package. */
export function packageVersion(name: string): string {
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")) as {
    version: string;
  };
  return version;
}

/** `maxRSS` may be that of the parent, before it became this process; Linux knows better. */
function peakBytes(): number {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))!;
    return Number(kibibytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
