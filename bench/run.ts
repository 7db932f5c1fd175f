// The driver: reads the options and runs one of the benchmarks. See README.md.
import process from "node:process";
import { parseArgs } from "node:util";
import { benchDecode } from "./bench_decode.ts";
import { benchJournal } from "./bench_journal.ts";
import { benchLatency } from "./bench_latency.ts";
import { benchMemory } from "./bench_memory.ts";
import { benchScaling } from "./bench_scaling.ts";
import { benchSpeed } from "./bench_speed.ts";
import type { BenchOptions } from "./bench_options.ts";
import { DATA_SETS, type DataSetName } from "./data_sets.ts";
import { publish } from "./publish.ts";

const { values } = parseArgs({
  options: {
    memory: { type: "boolean", default: false },
    journal: { type: "boolean", default: false },
    decode: { type: "boolean", default: false },
    scaling: { type: "boolean", default: false },
    latency: { type: "boolean", default: false },
    data: { type: "string" },
    events: { type: "string" },
    rounds: { type: "string" },
    only: { type: "string" },
    json: { type: "string" },
    save: { type: "boolean", default: false },
  },
});
const which = (["memory", "journal", "decode", "scaling", "latency"] as const)
  .find((name) => values[name]) ?? "speed";
if ((which === "memory" || which === "decode") && values.only !== undefined) {
  console.error(`--only is not for --${which}: current value is ${values.only}`);
  process.exit(2);
}
if (which !== "speed" && values.data !== undefined) {
  console.error(`--data is not for --${which}: current value is ${values.data}`);
  process.exit(2);
}
const data = dataSetName(values.data ?? "web");
const defaults = {
  speed: { run: benchSpeed, events: DATA_SETS[data].events, rounds: 5 },
  memory: { run: benchMemory, events: 300_000, rounds: 3 },
  decode: { run: benchDecode, events: 300_000, rounds: 5 },
  journal: { run: benchJournal, events: 100_000, rounds: 5 },
  scaling: { run: benchScaling, events: 30_000, rounds: 3 },
  latency: { run: benchLatency, events: 150_000, rounds: 3 },
}[which];
const options: BenchOptions = {
  data,
  events: wholeNumber("events", values.events) ?? defaults.events,
  rounds: wholeNumber("rounds", values.rounds) ?? defaults.rounds,
  only: values.only?.split(","),
};
const outcome = await defaults.run(options);
publish(outcome, { save: values.save, jsonFile: values.json });
if (outcome.failures.length > 0) process.exitCode = 1;

function dataSetName(text: string): DataSetName {
  const names = Object.keys(DATA_SETS) as DataSetName[];
  const name = names.find((name) => name === text);
  if (name !== undefined) return name;
  console.error(`--data must be one of ${names.join(", ")}: current value is ${text}`);
  process.exit(2);
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text.replaceAll("_", ""));
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`--${name} must be a whole number above 0: current value is ${text}`);
  process.exit(2);
}
