// SQLite as a journal: a row for each batch, in a transaction of its own that is synced.
import { join } from "node:path";
import process from "node:process";
import { Database } from "bun:sqlite";
import { assertSame, readBatches } from "./batches.ts";
import { contend } from "./report.ts";

await contend(async ({ input, output }, measure) => {
  const batches = readBatches(input);
  const file = join(output, "journal.sqlite");
  await measure(() => {
    const database = new Database(file, { create: true });
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = FULL");
    database.run("CREATE TABLE batches (number INTEGER PRIMARY KEY, payload BLOB NOT NULL)");
    const insert = database.query("INSERT INTO batches (payload) VALUES (?)");
    for (const payload of batches) insert.run(payload);
    database.close();
    return Promise.resolve();
  });
  const database = new Database(file);
  const rows = database.query("SELECT payload FROM batches ORDER BY number").all();
  assertSame(rows.map(({ payload }) => payload as Uint8Array), batches);
  const [version] = database.query("SELECT sqlite_version() AS sqlite").all();
  database.close();
  return { versions: { SQLite: String(version!["sqlite"]), bun: process.versions["bun"]! } };
});
