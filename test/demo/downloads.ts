// What was downloaded, read by others.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import type { Page } from "playwright";
import { literal, openDuckDB } from "../interop/duckdb.ts";

/** A downloaded table, unpacked. */
export interface UnpackedTable extends Disposable {
  readonly directory: string;
  /** All names in the archive. */
  readonly names: readonly string[];
  /** Rows as DuckDB finds them. */
  count(): Promise<number>;
  /** The values of a column, in order. */
  values(column: string): Promise<string[]>;
  /** Lines of the dead letters. */
  readonly deadLetters: readonly string[];
}

/** Downloads the zip by way of a button, and unpacks it. */
export async function downloadTable(page: Page, button: string = "#zip"): Promise<UnpackedTable> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
  const entries = unzipSync(readFileSync(await download.path()));
  const directory = mkdtempSync(join(tmpdir(), "sluice-demo-"));
  for (const [name, bytes] of Object.entries(entries)) {
    mkdirSync(join(directory, dirname(name)), { recursive: true });
    writeFileSync(join(directory, name), bytes);
  }
  const names = Object.keys(entries);
  const rows = `read_parquet(${
    literal(`${directory}/**/*.parquet`)
  }, hive_partitioning = true, union_by_name = true)`;
  return {
    directory,
    names,
    async count() {
      return Number((await ask(`SELECT count(*) FROM ${rows}`))[0]);
    },
    values: (column) => ask(`SELECT ${column} FROM ${rows} ORDER BY 1`),
    deadLetters: names.filter((name) => name.startsWith("_dead_letter/"))
      .flatMap((name) => new TextDecoder().decode(entries[name]).split("\n"))
      .filter((line) => line !== ""),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}

/** Rows of a Parquet file. */
export async function rowsOfFile(path: string): Promise<number> {
  return Number((await ask(`SELECT count(*) FROM read_parquet(${literal(path)})`))[0]);
}

async function ask(sql: string): Promise<string[]> {
  const connection = await openDuckDB();
  try {
    const reader = await connection.runAndReadAll(sql);
    return reader.getRows().map(([value]) => String(value));
  } finally {
    connection.closeSync();
  }
}
