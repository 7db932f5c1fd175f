import { vacuumTable } from "../maintenance/vacuum.ts";
import { parseDuration } from "../window/duration.ts";
import { type OptionTable, parseArguments, UsageError } from "./arguments.ts";
import type { Command } from "./command.ts";
import { counted, formatBytes } from "./format.ts";
import { openTable } from "./open_table.ts";
import { checkOptions, toDuration } from "./option_values.ts";
import { print } from "./output.ts";

const OPTIONS = {
  "older-than": {
    value: "DURATION",
    help: "Files that were part of the table until less than this ago are kept. It has to be " +
      "longer than anybody takes to read the table. Default: 7d.",
  },
  "dry-run": { help: "Prints the files that would be deleted, and deletes nothing." },
  json: { help: "Prints the summary as one JSON object." },
} as const satisfies OptionTable;

/** `sluice vacuum`: deletes what is no longer part of a table. */
export const vacuum: Command = {
  usage: "vacuum DIR [OPTION]...",
  about: [
    'Deletes Parquet files in DIR that are not part of the table: those that "sluice compact" has ' +
    "merged, and those that a run which was stopped has left behind, a day at least after a " +
    "vacuum first saw them. It may run while others write.",
  ],
  options: OPTIONS,
  examples: [
    { what: "What is there to delete?", line: "sluice vacuum out --dry-run" },
    { what: "Keep old files for a day only", line: "sluice vacuum out --older-than 1d" },
  ],
  exitCodes: {
    0: "The files are deleted, or there were none.",
    1: "Something failed. Files that were deleted until then are gone.",
    2: "The command line is not what it must be.",
  },
  async run(args, { stdout }) {
    const { values, positionals } = parseArguments(args, { options: OPTIONS, mostPositionals: 1 });
    const [directory] = positionals;
    if (directory === undefined) throw new UsageError("DIR is required: sluice vacuum DIR");
    const olderThan = toDuration(values["older-than"] ?? "7d");
    checkOptions(() => parseDuration(olderThan, "olderThan"));
    const { store } = await openTable(directory);
    const dryRun = values["dry-run"] === true;
    const summary = await vacuumTable(store, { olderThan, dryRun });
    if (values.json) {
      await print(stdout, `${JSON.stringify(summary)}\n`);
      return 0;
    }
    for (const key of summary.keys ?? []) await print(stdout, `${key}\n`);
    const { files, bytes, filesLeft } = summary;
    await print(
      stdout,
      `${dryRun ? "would delete" : "deleted"} ${counted(files, "file")}, ${formatBytes(bytes)}` +
        `${filesLeft > 0 ? `; ${counted(filesLeft, "file")} not old enough yet` : ""}\n`,
    );
    return 0;
  },
};
