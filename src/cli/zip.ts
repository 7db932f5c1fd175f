import { zipTable } from "../zip/zip_table.ts";
import { type OptionTable, parseArguments, UsageError } from "./arguments.ts";
import type { Command } from "./command.ts";
import { openTable } from "./open_table.ts";
import { print } from "./output.ts";

const OPTIONS = {} as const satisfies OptionTable;

/** `sluice zip`: a table as one archive. */
export const zip: Command = {
  usage: "zip DIR",
  about: [
    "Prints the table in DIR as a zip archive, as it stood when the command began: others may go " +
    "on writing. Unpacked it is the same table. Files that are no part of it are left out.",
  ],
  options: OPTIONS,
  examples: [
    { what: "A table as one file", line: "sluice zip out > out.zip" },
    { what: "To another machine", line: "sluice zip out | ssh host 'cat > out.zip'" },
  ],
  exitCodes: {
    0: "The archive is written, or whoever read it has stopped reading.",
    1: "There is no table in DIR, or it cannot be read. What was written is no whole archive.",
    2: "The command line is not what it must be, or the output is a terminal.",
  },
  async run(args, { stdout }) {
    const { positionals } = parseArguments(args, { options: OPTIONS, mostPositionals: 1 });
    const [directory] = positionals;
    if (directory === undefined) throw new UsageError("DIR is required: sluice zip DIR > FILE");
    if (stdout.isTTY) {
      throw new UsageError(
        "Cannot write an archive to a terminal: send it to a file: sluice zip DIR > FILE",
      );
    }
    const { store } = await openTable(directory);
    for await (const bytes of zipTable(store)) await print(stdout, bytes);
    return 0;
  },
};
