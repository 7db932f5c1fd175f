// Bytes to columns alone, on one core: the kernel, the reference decoder, and what one would write
// by hand, which keeps the least: JSON.parse, and a dictionary for each column.
import { readFileSync } from "node:fs";
import process from "node:process";
import type { BenchOptions, Outcome } from "./bench_options.ts";
import { eventsFile } from "./data.ts";
import { DATA_SETS } from "./data_sets.ts";
import { machineFacts } from "./machine.ts";
import { grouped, markdownTable, median, megabytes, significant, spread } from "./table.ts";
import { KernelDecoder } from "../src/decode/kernel_decoder.ts";
import { LineBatcher } from "../src/decode/line_batcher.ts";
import { ReferenceDecoder } from "../src/decode/reference_decoder.ts";

const MIB = 1 << 20;
const OPTIONS = {
  time: { field: "event_timestamp", unit: "ms" },
  maxEventBytes: MIB,
  now: () => 0,
  firstLine: 1,
} as const;

/** Takes all bytes, and gives how many events there were. */
type Decode = (bytes: Uint8Array) => number;

const DECODERS: Readonly<Record<string, Decode>> = {
  kernel: (bytes) => decodeWith(new KernelDecoder(OPTIONS), bytes),
  reference: (bytes) => decodeWith(new ReferenceDecoder(OPTIONS), bytes),
  "JSON.parse": decodeByHand,
};

function decodeWith(decoder: ReferenceDecoder | KernelDecoder, bytes: Uint8Array): number {
  const batcher = new LineBatcher({ batchBytes: MIB, maxEventBytes: MIB });
  let rows = 0;
  for (let at = 0; at < bytes.length; at += MIB) {
    for (const lines of batcher.push(bytes.subarray(at, at + MIB))) {
      rows += decoder.decode(lines).rows;
    }
  }
  const rest = batcher.finish();
  return rest === undefined ? rows : rows + decoder.decode(rest).rows;
}

function decodeByHand(bytes: Uint8Array): number {
  const columns = new Map<string, { codes: number[]; dictionary: Map<unknown, number> }>();
  const utf8 = new TextDecoder();
  let rows = 0;
  for (let at = 0; at < bytes.length;) {
    const boundary = bytes.indexOf(10, Math.min(at + MIB, bytes.length - 1));
    const end = boundary < 0 ? bytes.length : boundary + 1;
    for (const line of utf8.decode(bytes.subarray(at, end)).split("\n")) {
      if (line === "") continue;
      const event = JSON.parse(line) as Readonly<Record<string, unknown>>;
      for (const name in event) {
        let column = columns.get(name);
        if (column === undefined) columns.set(name, column = { codes: [], dictionary: new Map() });
        const value = event[name];
        let code = column.dictionary.get(value);
        if (code === undefined) column.dictionary.set(value, code = column.dictionary.size);
        column.codes[rows] = code;
      }
      rows++;
    }
    at = end;
  }
  return rows;
}

/** Runs the decoders in turn, round after round, in this process; the first round is not counted. */
export async function benchDecode(options: BenchOptions): Promise<Outcome> {
  const texts: string[] = [];
  const data: Record<string, unknown> = {};
  for (const set of [DATA_SETS.web, DATA_SETS.nested]) {
    const { what } = set;
    const bytes = new Uint8Array(readFileSync(await eventsFile(set, options.events)));
    const seconds: Record<string, number[]> = {};
    const rows: Record<string, number> = {};
    for (let round = 0; round <= options.rounds; round++) {
      for (const [name, decode] of Object.entries(DECODERS)) {
        const before = process.cpuUsage();
        rows[name] = decode(bytes);
        const { user, system } = process.cpuUsage(before);
        if (round > 0) (seconds[name] ??= []).push((user + system) / 1e6);
        console.error(`round ${round}: ${what}, ${name}`);
      }
    }
    const counts = new Set(Object.values(rows));
    if (counts.size > 1) throw new Error(`The decoders differ: ${JSON.stringify(rows)}`);
    data[what] = seconds;
    const [count] = counts;
    texts.push(
      `${what}: ${grouped(count!)} events, ${significant(megabytes(bytes.length))} MB\n`,
      markdownTable(
        ["", "CPU s", "MB/s", "kernel is × as fast"],
        Object.entries(seconds).map(([name, taken]) => [
          name,
          spread(taken),
          significant(megabytes(bytes.length / median(taken))),
          name === "kernel" ? "" : spread(taken.map((s, i) => s / seconds["kernel"]![i]!)),
        ]),
      ),
      "",
    );
  }
  return {
    title: "Decoding",
    text: [...machineFacts({}), "", ...texts].join("\n").trimEnd(),
    failures: [],
    data,
  };
}
