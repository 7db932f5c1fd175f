import { type CompactionSummary, compactTable } from "../maintenance/compact.ts";
import { type ParquetCompression, resolveParquetOptions } from "../parquet/parquet_options.ts";
import { type OptionTable, parseArguments, UsageError } from "./arguments.ts";
import type { Command } from "./command.ts";
import { counted, formatBytes } from "./format.ts";
import { openTable } from "./open_table.ts";
import { checkOptions, toBytes } from "./option_values.ts";
import { print } from "./output.ts";
import { canRedraw, StatusLines } from "./status_lines.ts";

const OPTIONS = {
  "target-size": {
    value: "SIZE",
    help: "About how large a merged file becomes, at least 1MiB. Default: 32MiB.",
  },
  compression: {
    value: "CODEC",
    help: "snappy, zstd, gzip, lz4 or none. Default: snappy.",
  },
  json: { help: "Prints the summary as one JSON object." },
} as const satisfies OptionTable;

/** `sluice compact`: few large files for many small ones. */
export const compact: Command = {
  usage: "compact DIR [OPTION]...",
  about: [
    "Merges small files of the table in DIR into larger ones, within each partition. The rows stay " +
    "the same. It may run while others write, and may be stopped at any time.",
    "The files that were merged are no longer part of the table, but are still there, for readers " +
    'that have begun: "sluice vacuum" deletes them. Readers that list the directory and ignore ' +
    "the commit log see their rows twice until then.",
  ],
  options: OPTIONS,
  examples: [
    { what: "Fewer files, better compressed", line: "sluice compact out --compression zstd" },
    {
      what: "In place, when nobody reads meanwhile",
      line: "sluice compact out && sluice vacuum out --older-than 0s",
    },
  ],
  exitCodes: {
    0: "The files are merged, or there was nothing to merge.",
    1: "Something failed. What was committed stays.",
    2: "The command line is not what it must be.",
  },
  async run(args, { stdout, stderr, env }) {
    const { values, positionals } = parseArguments(args, { options: OPTIONS, mostPositionals: 1 });
    const [directory] = positionals;
    if (directory === undefined) throw new UsageError("DIR is required: sluice compact DIR");
    const targetSize = values["target-size"];
    const options = {
      ...(targetSize !== undefined && { targetBytes: toBytes("--target-size", targetSize) }),
      ...(values.compression !== undefined && {
        compression: values.compression as ParquetCompression,
      }),
    };
    checkOptions(() => resolveParquetOptions(options));
    const { store } = await openTable(directory);
    const status = canRedraw(stderr, env) ? new StatusLines(stderr) : undefined;
    const summary = await compactTable(store, {
      ...options,
      onProgress: ({ files, of }) => status?.draw([`${files} of ${counted(of, "file")} merged`]),
    }).finally(() => status?.clear());
    await print(stdout, `${values.json ? JSON.stringify(summary) : summaryText(summary)}\n`);
    return 0;
  },
};

function summaryText(summary: CompactionSummary): string {
  const { filesRemoved, filesAdded, bytesRemoved, bytesAdded, rows } = summary;
  if (filesRemoved === 0) return "nothing to merge";
  return `merged ${counted(filesRemoved, "file")} into ${counted(filesAdded, "file")}: ` +
    `${counted(rows, "row")}, ${formatBytes(bytesRemoved)} became ${formatBytes(bytesAdded)}`;
}
