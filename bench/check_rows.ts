import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

/** What a set of rows is known by; the order of rows does not matter. */
export interface RowsDigest {
  readonly rows: string;
  /** Sum of the hashes of all rows. */
  readonly rowHashes: string;
  /** Sum of the hashes of a column's values, by its name: tells which columns differ. */
  readonly columnHashes: Readonly<Record<string, string>>;
  /** Rows by partition. */
  readonly partitions: Readonly<Record<string, string>>;
}

/** The rows that should be there, and what they are partitioned by. */
export interface ExpectedRows extends RowsDigest {
  readonly inPath: readonly string[];
  /** DuckDB's types of columns, by name. */
  readonly types: ColumnTypes;
}

type ColumnTypes = Readonly<Record<string, string>>;

/** The rows that should be there, from the events themselves. */
export async function digestOfEvents(file: string, partitionBy: string): Promise<ExpectedRows> {
  return await withDuckDb(async (query) => {
    const source = `(
      SELECT *, year(event_timestamp) AS year, month(event_timestamp) AS month,
        day(event_timestamp) AS day
      FROM read_json('${file}', format = 'newline_delimited')
    )`;
    const described = await query(`DESCRIBE SELECT * FROM ${source}`);
    const types = Object.fromEntries(
      described.map(({ column_name, column_type }) => [column_name!, column_type!]),
    );
    const inPath = ["year", "month", "day", partitionBy];
    return { ...await digest(query, source, { inPath, types }), inPath, types };
  });
}

/** The rows that are there, in a directory of Hive-partitioned Parquet files. */
export async function digestOfParquet(
  directory: string,
  expected: ExpectedRows,
): Promise<RowsDigest> {
  const source = `read_parquet('${directory}/**/*.parquet', hive_partitioning = true)`;
  return await withDuckDb((query) => digest(query, source, expected));
}

/** How rows differ, in words; nothing if they are the same. */
export function differences(actual: RowsDigest, expected: RowsDigest): string[] {
  const found: string[] = [];
  if (actual.rows !== expected.rows) found.push(`${actual.rows} rows, not ${expected.rows}`);
  for (const [what, name] of [["columnHashes", "column"], ["partitions", "partition"]] as const) {
    const keys = new Set([...Object.keys(actual[what]), ...Object.keys(expected[what])]);
    const differing = [...keys].filter((key) => actual[what][key] !== expected[what][key]);
    if (differing.length > 0) found.push(`other values in ${name} ${differing.join(", ")}`);
  }
  // Values may be right and in the wrong rows.
  if (found.length === 0 && actual.rowHashes !== expected.rowHashes) found.push("other rows");
  return found;
}

/** Parquet files below a directory, and the bytes in them. */
export function sizeOfParquet(
  directory: string,
): { readonly files: number; readonly bytes: number } {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".parquet"));
  const bytes = files.reduce((sum, path) => sum + statSync(join(directory, path)).size, 0);
  return { files: files.length, bytes };
}

type Query = (sql: string) => Promise<Record<string, string>[]>;

async function withDuckDb<T>(work: (query: Query) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    return await work(async (sql) => {
      const reader = await connection.runAndReadAll(sql);
      return reader.getRowObjectsJson() as Record<string, string>[];
    });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function digest(
  query: Query,
  source: string,
  expected: Pick<ExpectedRows, "inPath" | "types">,
): Promise<RowsDigest> {
  const described = await query(`DESCRIBE SELECT * FROM ${source}`);
  const columns = described.map((column) => column["column_name"]!)
    .filter((name) => !name.startsWith("__")) // pandas adds its index
    .sort();
  const values = columns.map((name) => valueOf(name, expected.types));
  const hashes = columns.map((name, i) => `sum(hash(${values[i]!}))::VARCHAR AS "${name}"`);
  const [totals] = await query(
    `SELECT count(*)::VARCHAR AS "#rows", sum(hash(${values.join(", ")}))::VARCHAR AS "#hash",
      ${hashes.join(", ")} FROM ${source}`,
  );
  const { "#rows": rows, "#hash": rowHashes, ...columnHashes } = totals!;
  const partitions = await query(
    `SELECT concat_ws('/', ${expected.inPath.join(", ")}) AS name, count(*)::VARCHAR AS rows
      FROM ${source} GROUP BY ALL ORDER BY name`,
  );
  return {
    rows: rows!,
    rowHashes: rowHashes!,
    columnHashes,
    partitions: Object.fromEntries(partitions.map(({ name, rows }) => [name!, rows!])),
  };
}

/** A column's value in the same form whatever type it was written as. */
function valueOf(name: string, types: ColumnTypes): string {
  if (name === "event_timestamp") return `epoch_us("${name}"::TIMESTAMP)`;
  const type = types[name];
  // Members of a struct may come in any order; this puts them into that of the events.
  const isNested = type !== undefined && /^STRUCT|\]$/.test(type);
  return isNested ? `"${name}"::${type}` : `"${name}"::VARCHAR`;
}
