import { mkdtempSync, rmSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { streamToParquet } from "../../mod.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { literal, openDuckDB, query } from "./duckdb.ts";
import { readFile } from "./hyparquet.ts";
import { askPython } from "./python.ts";

const NAMES = ["key", "a b", "a.b", "a,b", "a=b", "a/b", "a\\b", "ü", "日本", "_kind", ".dot", "%41", "a;b", "a{b}", "a(b)", "a\nb", "a\tb", "a'b", 'a"b', "a`b", "0", "select", "🌊", "..", ".", "", " ", "\0", "a\0b", "__proto__", "constructor", "toString", "x".repeat(300), "element", "list", "key_value", "\uFEFF", "file_row_number", "filename"];

test("names", async () => {
  const db = await openDuckDB();
  const reqs: any[] = [];
  const dirs: string[] = [];
  const E = (x: unknown) => JSON.stringify(x);
  for (const name of NAMES) {
    const dir = mkdtempSync(join(tmpdir(), "sluice-x-"));
    dirs.push(dir);
    try {
      const s = await streamToParquet(`{"id":1,"at":1,${E(name)}:"v","s":{${E(name)}:1}}`, { store: new FsStore(dir), time: "at" });
      if (s.rescued) console.log("rescued", E(name));
    } catch (e) { console.log("write", E(name), (e as Error).stack); continue; }
    const ok = (rows: any) => rows.length === 1 && Object.hasOwn(rows[0], name) && rows[0][name] === "s:v" && Object.hasOwn(rows[0].s, name) && rows[0].s[name] === "i:1";
    const files = literal(join(dir, "**/*.parquet"));
    try { const r = await query(db, `SELECT * FROM read_parquet(${files}, hive_partitioning = true)`); 
      if (!ok(r.rows)) console.log("duck", E(name), E(r));
    } catch (e) { console.log("duck", E(name), (e as Error).message.slice(0, 200)); }
    for (const f of readdirSync(dir).filter((x) => x.endsWith(".parquet"))) {
      try { const { rows } = await readFile(readFileSync(join(dir, f))); if (!ok(rows)) console.log("hyparquet", E(name), E(rows)); } catch (e) { console.log("hyparquet", E(name), (e as Error).message.slice(0, 200)); }
    }
    for (const r of ["pyarrow_dataset", "pandas_read_parquet", "polars_scan_parquet", "polars_scan_delta", "delta_to_pyarrow", "delta_datafusion"]) reqs.push({ do: r, directory: dir, name });
  }
  const answers = await askPython<any>(reqs.map(({ name, ...r }) => r));
  answers.forEach((a: any, i) => {
    const { name } = reqs[i];
    const rows = a.result?.rows;
    const ok = rows && rows.length === 1 && Object.hasOwn(rows[0], name) && rows[0][name] === "s:v" && Object.hasOwn(rows[0].s, name) && rows[0].s[name] === "i:1";
    if (!ok) console.log(reqs[i].do, E(name), (a.error ?? E(a.result)).slice(0, 200));
  });
  for (const d of dirs) rmSync(d, { recursive: true });
});
