import type { AddFile, PartitionValues } from "../commit_log/actions.ts";
import { parseStats } from "../commit_log/stats.ts";
import type { Snapshot } from "../commit_log/table_state.ts";
import { filePlace } from "../maintenance/file_place.ts";
import { type OptionTable, parseArguments, UsageError } from "./arguments.ts";
import type { Command } from "./command.ts";
import { alignTable, counted, formatBytes, formatCount, formatTime } from "./format.ts";
import { openTable } from "./open_table.ts";
import { print } from "./output.ts";

const OPTIONS = {
  json: { help: "Prints one JSON object; times are in milliseconds since 1970." },
} as const satisfies OptionTable;

/** `sluice ls`: the partitions of a table. */
export const ls: Command = {
  usage: "ls DIR [OPTION]...",
  about: [
    "Lists the partitions of the table in DIR: how many files, rows and bytes each has, and from " +
    "when to when its windows are. What counts is the commit log: files that are no part of the " +
    "table are not listed.",
  ],
  options: OPTIONS,
  examples: [
    { what: "All partitions, with a total", line: "sluice ls out" },
    { what: "How many rows there are", line: "sluice ls out --json | jq .rows" },
  ],
  exitCodes: {
    0: "The table is listed.",
    1: "There is no table in DIR, or it cannot be read.",
    2: "The command line is not what it must be.",
  },
  async run(args, { stdout }) {
    const { values, positionals } = parseArguments(args, { options: OPTIONS, mostPositionals: 1 });
    const [directory] = positionals;
    if (directory === undefined) throw new UsageError("DIR is required: sluice ls DIR");
    const { snapshot } = await openTable(directory);
    const partitions = listPartitions(snapshot);
    const totals = sumOf(partitions);
    await print(
      stdout,
      values.json
        ? `${JSON.stringify({ version: snapshot.version, ...totals, partitions })}\n`
        : listing(partitions, totals),
    );
    return 0;
  },
};

/** What files hold together. */
interface Totals {
  readonly files: number;
  /** `null` where a file does not say. */
  readonly rows: number | null;
  readonly bytes: number;
  /** When the first window begins and the last one ends; `null` where no file name says. */
  readonly from: number | null;
  readonly to: number | null;
}

interface ListedPartition extends Totals {
  readonly values: PartitionValues;
}

function listPartitions({ files, metaData }: Snapshot): ListedPartition[] {
  const byName = new Map<string, { values: PartitionValues; totals: Totals[] }>();
  for (const file of files.values()) {
    const values = Object.fromEntries(
      metaData.partitionColumns.map((name) => [name, file.partitionValues[name] ?? null]),
    );
    const name = partitionName(values);
    const listed = byName.get(name) ?? { values, totals: [] };
    byName.set(name, listed);
    listed.totals.push(totalsOf(file));
  }
  const { compare } = new Intl.Collator("en", { numeric: true });
  return [...byName].sort(([a], [b]) => compare(a, b))
    .map(([, { values, totals }]) => ({ values, ...sumOf(totals) }));
}

/** `year=2022/page_url_path=/home`: not encoded as directories are, since people read it. */
function partitionName(values: PartitionValues): string {
  return Object.entries(values).map(([name, value]) => `${name}=${value ?? "null"}`).join("/");
}

function totalsOf({ path, size, stats }: AddFile): Totals {
  const window = filePlace(path)?.window;
  return {
    files: 1,
    rows: stats === undefined ? null : parseStats(stats).numRecords ?? null,
    bytes: size,
    from: window?.start ?? null,
    to: window?.end ?? null,
  };
}

function sumOf(totals: readonly Totals[]): Totals {
  let [files, rows, bytes]: [number, number | null, number] = [0, 0, 0];
  let [from, to] = [Infinity, -Infinity];
  for (const part of totals) {
    files += part.files;
    rows = rows === null || part.rows === null ? null : rows + part.rows;
    bytes += part.bytes;
    from = Math.min(from, part.from ?? Infinity);
    to = Math.max(to, part.to ?? -Infinity);
  }
  return { files, rows, bytes, from: finiteOrNull(from), to: finiteOrNull(to) };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function listing(partitions: readonly ListedPartition[], totals: Totals): string {
  const rows = [
    ["PARTITION", "FILES", "ROWS", "BYTES", "WINDOWS"],
    ...partitions.map((partition) => [
      printable(partitionName(partition.values)) || "(all)",
      ...cells(partition),
    ]),
    [`total: ${counted(partitions.length, "partition")}`, ...cells(totals)],
  ];
  return alignTable(rows, [false, true, true, true, false]);
}

function cells({ files, rows, bytes, from, to }: Totals): string[] {
  return [
    formatCount(files),
    rows === null ? "?" : formatCount(rows),
    formatBytes(bytes),
    from === null || to === null ? "" : `${formatTime(from)} to ${formatTime(to)}`,
  ];
}

/** Without characters that would move a terminal's cursor, or worse. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "\uFFFD");
}
