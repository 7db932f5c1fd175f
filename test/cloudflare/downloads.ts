// The table of an ingest as its readers get it: the archive, unpacked, in DuckDB.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import { emptyDirectory } from "../docs/snippets.ts";
import { literal, openDuckDB } from "../interop/duckdb.ts";
import type { RunningWorker } from "./workerd.ts";

const root = emptyDirectory("edge_tables");

/** Unpacks what `GET /v1/zip` gives. @returns The directory, to be gone with the process. */
export async function downloadTable(
  { request }: Pick<RunningWorker, "request">,
  prefix = "",
): Promise<string> {
  const directory = mkdtempSync(join(root, "table-"));
  await unzipTo(directory, await request(`/v1/zip?prefix=${encodeURIComponent(prefix)}`));
  return directory;
}

/** Unpacks an archive. */
export async function unzipTo(directory: string, response: Response): Promise<void> {
  if (!response.ok) throw new Error(await response.text());
  const files = unzipSync(new Uint8Array(await response.arrayBuffer()));
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), bytes);
  }
}

/** What DuckDB finds in the Parquet files of a directory, by an expression over them; as text. */
export async function queryParquet(directory: string, select: string): Promise<string[][]> {
  const connection = await openDuckDB();
  const from = `read_parquet(${
    literal(`${directory}/**/*.parquet`)
  }, hive_partitioning = true, union_by_name = true)`;
  const reader = await connection.runAndReadAll(select.replace("$table", from));
  return reader.getRows().map((row) => row.map(String));
}

/** Waits until something holds, asking again and again. */
export async function until<T>(
  ask: () => Promise<T | undefined>,
  { timeoutMs = 30_000 }: { readonly timeoutMs?: number } = {},
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`it did not happen within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until everything that was taken in is in the table. */
export async function untilCommitted(
  worker: Pick<RunningWorker, "request">,
  options?: { readonly timeoutMs?: number },
): Promise<void> {
  await until(
    async () => await metric(worker, "sluice_journal_segments") === 0 || undefined,
    options,
  );
}

/** The sum of a metric over all shards. */
export async function metric(
  { request }: Pick<RunningWorker, "request">,
  name: string,
): Promise<number> {
  const text = await (await request("/v1/metrics")).text();
  const found = text.matchAll(new RegExp(`^${name}\\{.*\\} (\\S+)$`, "gm"));
  return Array.from(found, ([, value]) => Number(value)).reduce((a, b) => a + b, 0);
}
