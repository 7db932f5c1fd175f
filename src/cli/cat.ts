import { readFile, stat } from "node:fs/promises";
import type { PartitionValues } from "../commit_log/actions.ts";
import type { TableColumn } from "../commit_log/schema.ts";
import { jsonRows } from "../columns/json_rows.ts";
import type { DataType } from "../columns/schema.ts";
import type { Table, Vector } from "../columns/vector.ts";
import { readParquetTable } from "../parquet/read.ts";
import { type OptionTable, parseArguments, UsageError } from "./arguments.ts";
import { readFailure } from "./byte_chunks.ts";
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
    "table have its partition columns too; they come file by file, in no other order.",
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
  yield* jsonRows(await readTable(path, bytes));
}

async function* rowsOfTable(directory: string): AsyncGenerator<string, void> {
  const { store, snapshot } = await openTable(directory);
  const types = new Map(snapshot.columns.map(({ name, type }) => [name, type]));
  for (const { path, partitionValues } of snapshot.files.values()) {
    const bytes = await store.get(path);
    if (bytes === undefined) {
      throw new Error(`Cannot read ${directory}: the table's file ${path} is missing`);
    }
    const table = await readTable(path, bytes);
    const inFile = new Set(table.fields.map(({ name }) => name));
    const ofPartition = partitionMembers(
      snapshot.metaData.partitionColumns.filter((name) => !inFile.has(name)),
      partitionValues,
      types,
    );
    for (const row of jsonRows(withJson(table, types))) yield withMembers(row, ofPartition);
  }
}

async function readTable(path: string, bytes: Uint8Array): Promise<Table> {
  try {
    return await readParquetTable(bytes);
  } catch (error) {
    throw readFailure(path, error);
  }
}

type Types = ReadonlyMap<string, TableColumn["type"]>;

/** Partition columns as members of a JSON object. */
function partitionMembers(names: readonly string[], values: PartitionValues, types: Types): string {
  return names.map((name) => {
    const value = values[name] ?? null;
    const kind = types.get(name)?.kind;
    const isPlain = kind === "int64" || kind === "float64" || kind === "bool" || kind === "json";
    return `${JSON.stringify(name)}:${isPlain ? value : JSON.stringify(value)}`;
  }).join(",");
}

function withMembers(row: string, members: string): string {
  if (members === "") return row;
  return row === "{}" ? `{${members}}` : `${row.slice(0, -1)},${members}}`;
}

/** Parquet knows JSON columns as strings; the log knows better. */
function withJson(table: Table, types: Types): Table {
  const vectors = table.vectors.map((vector, i) => {
    const type = types.get(table.fields[i]!.name);
    return type === undefined || type.kind === "other" ? vector : withJsonIn(vector, type);
  });
  const fields = table.fields.map(({ name }, i) => ({ name, type: vectors[i]!.type }));
  return { ...table, fields, vectors };
}

function withJsonIn(vector: Vector, declared: DataType): Vector {
  const { type, children = [] } = vector;
  if (type.kind === "string" && declared.kind === "json") return { ...vector, type: declared };
  if (type.kind === "list" && declared.kind === "list") {
    const items = withJsonIn(children[0]!, declared.item);
    return { ...vector, type: { kind: "list", item: items.type }, children: [items] };
  }
  if (type.kind === "struct" && declared.kind === "struct") {
    const members = type.fields.map(({ name }, i) => {
      const field = declared.fields.find((field) => field.name === name);
      return field === undefined ? children[i]! : withJsonIn(children[i]!, field.type);
    });
    const fields = type.fields.map(({ name }, i) => ({ name, type: members[i]!.type }));
    return { ...vector, type: { kind: "struct", fields }, children: members };
  }
  return vector;
}

async function* take(lines: AsyncIterable<string>, count: number): AsyncGenerator<string, void> {
  if (count === 0) return;
  let left = count;
  for await (const line of lines) {
    yield line;
    if (--left === 0) return;
  }
}
