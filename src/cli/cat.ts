import { readFile, stat } from "node:fs/promises";
import { jsonRows } from "../columns/json_rows.ts";
import { readTableRows } from "../maintenance/read_rows.ts";
import { readParquetTable } from "../parquet/on_demand.ts";
import { type OptionTable, parseArguments, UsageError } from "./arguments.ts";
import { readFailure } from "../sources/byte_chunks.ts";
import type { Command } from "./command.ts";
import { openTable } from "./open_table.ts";
import { toCount } from "./option_values.ts";
import { printLines } from "./output.ts";

const OPTIONS = {
  limit: { value: "N", help: "Prints this many rows at most. Default: all." },
} as const satisfies OptionTable;

/** `sluice cat`: rows as JSON lines. */
export const cat: Command = {
  usage: "cat FILE|DIR [OPTION]...",
  about: [
    "Prints the rows of a Parquet file, or of the table in a directory, as JSON lines. Those of a " +
    "table have its partition columns too, and are in the order of their partitions and windows.",
  ],
  options: OPTIONS,
  examples: [
    { what: "What the rows look like", line: "sluice cat out --limit 3" },
    {
      what: "Events with all their columns, for other tools",
      line: "sluice cat out | jq -r .page_url_path | sort | uniq -c",
    },
  ],
  exitCodes: {
    0: "The rows are printed, or whoever read them has stopped reading.",
    1: "There is no such file or table, or it cannot be read.",
    2: "The command line is not what it must be.",
  },
  async run(args, { stdout }) {
    const { values, positionals } = parseArguments(args, { options: OPTIONS, mostPositionals: 1 });
    const [path] = positionals;
    if (path === undefined) throw new UsageError("FILE or DIR is required: sluice cat FILE|DIR");
    const limit = values.limit === undefined ? Infinity : toCount("--limit", values.limit);
    const status = await stat(path).catch((cause) => {
      throw readFailure(path, cause);
    });
    const rows = status.isDirectory() ? rowsOfTable(path) : rowsOfFile(path);
    await printLines(stdout, take(rows, limit));
    return 0;
  },
};

async function* rowsOfFile(path: string): AsyncGenerator<string, void> {
  const bytes = await readFile(path).catch((cause) => {
    throw readFailure(path, cause);
  });
  const table = await readParquetTable(bytes).catch((cause) => {
    throw readFailure(path, cause);
  });
  yield* jsonRows(table);
}

async function* rowsOfTable(directory: string): AsyncGenerator<string, void> {
  const { store } = await openTable(directory);
  yield* readTableRows(store);
}

async function* take(lines: AsyncIterable<string>, count: number): AsyncGenerator<string, void> {
  if (count === 0) return;
  let left = count;
  for await (const line of lines) {
    yield line;
    if (--left === 0) return;
  }
}
