// Names of columns that make trouble, as others read them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { streamToParquet } from "../../mod.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { type Cell, int, type Row, sorted, text, time } from "./cells.ts";
import { literal, openDuckDB, query } from "./duckdb.ts";
import { askPython, pythonIsMissing, resultOf } from "./python.ts";

const scratch = mkdtempSync(join(tmpdir(), "sluice-names-"));
after(() => rmSync(scratch, { recursive: true }));
const skip = pythonIsMissing ?? false;

const NAMES = [
  ...["page path", "a.b", "a,b", "a;b", "a=b", "a/b", "a\\b", "a(b)", "a{b}", "a[b]", "%41", "`a`"],
  ...['"a"', "'a'", "a\nb", "a\tb", ".", "..", " ", "_a", "0", "select", "filename", "element"],
  ...["größe", "日本", "🌊", "constructor", "toString", "x".repeat(300)],
];

interface NamesTable {
  readonly directory: string;
  readonly rows: readonly Row[];
}

async function write(
  name: string,
  lines: readonly string[],
  rows: readonly Row[],
): Promise<NamesTable> {
  const directory = join(scratch, name);
  const store = new FsStore(directory);
  for (const line of lines) await streamToParquet(line, { store, time: "at" });
  return { directory, rows };
}

/** Has every reader read the table. */
async function assertRead({ directory, rows }: NamesTable, readers = READERS): Promise<void> {
  const expected = sorted(rows);
  const db = await openDuckDB();
  const files = literal(join(directory, "**/*.parquet"));
  const found = await query(db, `FROM read_parquet(${files}, union_by_name = true)`);
  assert.deepEqual(sorted(found.rows), expected);
  if (skip !== false) return;
  const answers = await askPython(readers.map((reader) => ({ do: reader, directory })));
  for (const [i, reader] of readers.entries()) {
    assert.deepEqual(sorted(resultOf(answers[i]).rows), expected, reader);
  }
}

const READERS = ["pyarrow_dataset", "delta_to_pyarrow", "delta_datafusion", "polars_scan_delta"];

test("odd names of columns and of members", async () => {
  const event = Object.fromEntries(NAMES.map((name, i) => [name, i]));
  const row: Row = Object.fromEntries(NAMES.map((name, i) => [name, int(i)]));
  const line = JSON.stringify({ id: 1, at: 0, ...event, struct: event });
  const table = await write("odd", [line], [{ id: int(1), at: time(0), ...row, struct: row }]);
  await assertRead(table, [...READERS, "pandas_read_parquet", "polars_scan_parquet"]);
});

test("the empty name: all readers but DuckDB, which gives it another", { skip }, async () => {
  const rows = [{ id: int(1), at: time(0), "": int(5) }];
  const { directory } = await write("empty", ['{"id":1,"at":0,"":5}'], rows);
  const answers = await askPython(READERS.map((reader) => ({ do: reader, directory })));
  for (const answer of answers) assert.deepEqual(sorted(resultOf(answer).rows), sorted(rows));
});

test("a name with NUL, which Arrow's readers cannot read, becomes no column", async () => {
  const line = '{"id":1,"at":0,"a\\u0000b":5,"struct":{"x":1,"\\u0000":2}}';
  const rescued = '{"a\\u0000b":5,"struct":{"\\u0000":2,"x":1}}';
  const struct: Cell = { x: int(1) };
  const row = { id: int(1), at: time(0), struct, _rescued_data: text(rescued) };
  await assertRead(await write("nul", [line], [row]));
});

test("names that differ by case alone become one column", async () => {
  const lines = [
    '{"id":1,"at":0,"Name":"v","name":"w","s":{"a":1,"A":2},"l":[{"b":1},{"B":2}]}',
    '{"id":2,"at":0,"NAME":"v","s":{"A":2,"x":1},"S":{"z":1},"_RESCUED_DATA":5}',
  ];
  const rows: Row[] = [
    {
      id: int(1),
      at: time(0),
      Name: text("v"),
      s: { a: int(1), x: null },
      l: [{ b: int(1) }, { b: null }],
      _rescued_data: text('{"l":[{"b":1},{"B":2}],"name":"w","s":{"A":2,"a":1}}'),
    },
    {
      id: int(2),
      at: time(0),
      s: { a: null, x: int(1) },
      _rescued_data: text('{"NAME":"v","S":{"z":1},"_RESCUED_DATA":5,"s":{"A":2,"x":1}}'),
    },
  ];
  // Plain datasets of pyarrow do not unite structs of different members.
  await assertRead(await write("case", lines, rows), READERS.slice(1));
});
