// Values that make trouble in paths, as others read them back from Hive directories and the log.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { streamToParquet } from "../../mod.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { literal, openDuckDB, query } from "./duckdb.ts";
import {
  askPython,
  python,
  pythonIsMissing,
  type PythonRequest,
  type ReadResult,
  resultOf,
} from "./python.ts";

const scratch = mkdtempSync(join(tmpdir(), "sluice-partitions-"));
after(() => rmSync(scratch, { recursive: true }));
const skip = pythonIsMissing ?? false;

const VALUES: readonly (string | null)[] = [
  ...[
    null,
    "",
    " ",
    " a ",
    "a.",
    "a..",
    ".",
    "..",
    "/",
    "/home",
    "a/../b",
    "\\",
    "C:\\x",
    ".hidden",
  ],
  ...[
    "%",
    "%2F",
    "%zz",
    "=",
    "a=b",
    "a+b",
    "&",
    "?",
    "#",
    "*",
    "[a]",
    "{b}",
    "'",
    '"',
    "`",
    "$x",
    "~",
  ],
  ...["__HIVE_DEFAULT_PARTITION__", "__hive_default_partition__", "null", "NULL", "None", "NaN"],
  ...["0", "007", "-1", "1.5", "1e3", "true", "2022-06-01", "2022-06-01 00:00:00", "12:30"],
  ...[
    "\0",
    "\t\n\r\x01\x7f",
    "\u2028",
    "\uFEFFa",
    "🌊",
    "日本語",
    "\u00e9",
    "e\u0301",
    "\u{10FFFF}",
  ],
  ...["A", "a", "CON", "nul", "_x", "x".repeat(200), "é".repeat(40)],
];

/** Writes an event for each value, whose id is the value's place. */
async function write(name: string, values: readonly (string | null)[]): Promise<string> {
  const directory = join(scratch, name);
  const lines = values.map((key, id) => JSON.stringify({ id, at: "2022-06-01T00:00:00Z", key }));
  const summary = await streamToParquet(lines.join("\n"), {
    store: new FsStore(directory),
    time: "at",
    partitionBy: ["key"],
  });
  assert.equal(summary.written, values.length);
  assert.equal(summary.partitions, new Set(values).size);
  return directory;
}

/** The values that were read, by id. */
function valuesOf({ rows }: ReadResult): (string | null)[] {
  const values: (string | null)[] = [];
  for (const { id, key } of rows) {
    values[Number(String(id).slice(2))] = key == null ? null : String(key).replace(/^s:/, "");
  }
  return values;
}

const odd: Promise<string> = write("odd", VALUES);
odd.catch(() => {}); // the first test to need it fails

test("odd partition values: DuckDB", async () => {
  const db = await openDuckDB();
  const files = literal(join(await odd, "**/*.parquet"));
  // Its client drops a byte order mark, so the bytes are asked for.
  const read = await query(
    db,
    `SELECT id, hex(key) AS key FROM read_parquet(${files}, hive_partitioning = true)`,
  );
  const values = valuesOf(read).map((hex) => hex && Buffer.from(hex, "hex").toString());
  assert.deepEqual(values, VALUES);
});

/** What a reader takes for null besides null. */
const NULLS: Readonly<Record<string, string>> = {
  // They decode a directory's name first, and then compare.
  pyarrow_dataset: "__HIVE_DEFAULT_PARTITION__",
  pandas_read_parquet: "__HIVE_DEFAULT_PARTITION__",
  polars_scan_parquet: "__HIVE_DEFAULT_PARTITION__",
  polars_scan_delta: "__HIVE_DEFAULT_PARTITION__",
  // Delta has no way to say "empty string" ("Partition Value Serialization").
  delta_to_pyarrow: "",
};

test("odd partition values: Python's readers", { skip }, async () => {
  const readers = [...Object.keys(NULLS), "delta_datafusion"];
  const directory = await odd;
  const answers = await askPython(readers.map((reader) => ({ do: reader, directory })));
  for (const [i, reader] of readers.entries()) {
    const expected = VALUES.map((value) => value === NULLS[reader] ? null : value);
    assert.deepEqual(valuesOf(resultOf(answers[i])), expected, reader);
  }
});

test("odd values of several partition columns", { skip }, async () => {
  const directory = join(scratch, "several");
  const rows = ["a/b", "", null].flatMap((first) =>
    ["%", "..", null].map((second) => ({ first, second }))
  );
  const lines = rows.map((row, id) => JSON.stringify({ id, at: 0, ...row }));
  const options = { time: "at", partitionBy: ["first", "second"] };
  await streamToParquet(lines.join("\n"), { store: new FsStore(directory), ...options });
  const { rows: found } = await python({ do: "polars_scan_parquet", directory });
  assert.equal(found.length, rows.length);
  for (const { id, first, second } of found) {
    const row = rows[Number(String(id).slice(2))]!;
    assert.equal(first, row.first === null ? null : `s:${row.first}`);
    assert.equal(second, row.second === null ? null : `s:${row.second}`);
  }
});

test("values that all look like numbers or dates: DuckDB", async () => {
  const values = ["7", "-1", "0"];
  const files = literal(join(await write("numbers", values), "**/*.parquet"));
  const db = await openDuckDB();
  const options = "hive_partitioning = true, hive_types = {key: VARCHAR}";
  const exact = await query(db, `FROM read_parquet(${files}, ${options})`);
  assert.deepEqual(valuesOf(exact), values);
  const guessed = await query(db, `FROM read_parquet(${files}, hive_partitioning = true)`);
  assert.equal(guessed.types["key"], "int64");
});

test("values that all look like numbers or dates: Python's readers", { skip }, async () => {
  const partition_types = { key: "string" };
  const readers = [
    { do: "pyarrow_dataset", partition_types },
    { do: "pandas_read_parquet", partition_types },
    { do: "polars_scan_parquet", partition_types },
    { do: "polars_scan_delta" },
    { do: "delta_to_pyarrow" },
    { do: "delta_datafusion" },
  ];
  const lists = [["007", "7", "-1"], ["2022-06-01", "2022-06-02"], ["1.50", "1.5"]];
  const cases: { request: PythonRequest; values: readonly string[] }[] = [];
  for (const values of lists) {
    const directory = await write(`look_like_${values[0]}`, values);
    for (const reader of readers) cases.push({ request: { ...reader, directory }, values });
  }
  const answers = await askPython(cases.map(({ request }) => request));
  for (const [i, { request, values }] of cases.entries()) {
    assert.deepEqual(valuesOf(resultOf(answers[i])), values, request.do);
  }
});

test("hundreds of partitions", async () => {
  const values = Array.from({ length: 500 }, (_, i) => `/page/${i}?q=${"%".repeat(i % 3)}`);
  const directory = await write("hundreds", values);
  const db = await openDuckDB();
  const files = literal(join(directory, "**/*.parquet"));
  const read = await query(db, `FROM read_parquet(${files}, hive_partitioning = true)`);
  assert.deepEqual(valuesOf(read), values);
  if (pythonIsMissing !== undefined) return;
  const readers = ["polars_scan_parquet", "delta_to_pyarrow"];
  for (const answer of await askPython(readers.map((reader) => ({ do: reader, directory })))) {
    assert.deepEqual(valuesOf(resultOf(answer)), values);
  }
});

test("names of partition columns", async () => {
  const db = await openDuckDB();
  const names = ["page path", "a.b", "a,b;(c)", "größe", "日本", "🌊", "select", "Key", "it's"];
  const tables = await Promise.all(names.map(async (name) => {
    const directory = join(scratch, `name_${Buffer.from(name).toString("hex")}`);
    const store = new FsStore(directory);
    const event = JSON.stringify({ id: 1, at: 0, [name]: "a/b" });
    await streamToParquet(event, { store, time: "at", partitionBy: [name] });
    return { directory, expected: [{ id: "i:1", at: "t:0", [name]: "s:a/b" }] };
  }));
  for (const { directory, expected } of tables) {
    const files = literal(join(directory, "**/*.parquet"));
    const { rows } = await query(db, `FROM read_parquet(${files}, hive_partitioning = true)`);
    assert.deepEqual(rows, expected);
  }
  if (pythonIsMissing !== undefined) return;
  for (const reader of ["pyarrow_dataset", "polars_scan_parquet", "polars_scan_delta"]) {
    const requests = tables.map(({ directory }) => ({ do: reader, directory }));
    for (const [i, answer] of (await askPython(requests)).entries()) {
      assert.deepEqual(resultOf(answer).rows, tables[i]!.expected, reader);
    }
  }
});

test("partition columns that are kept in the files are the same there", async () => {
  const directory = join(scratch, "kept");
  const store = new FsStore(directory);
  const options = { store, time: "at", partitionBy: ["key"], keepPartitionColumns: true };
  // Of several kinds in one run, and of others in the next.
  await streamToParquet('{"id":0,"at":0,"key":5}\n{"id":1,"at":0,"key":"x"}', options);
  await streamToParquet('{"id":2,"at":0,"key":[1.5]}\n{"id":3,"at":0,"key":null}', options);
  const expected = ["5", "x", "[1.5]", null];
  const db = await openDuckDB();
  const files = literal(join(directory, "**/*.parquet"));
  for (const hive of [true, false]) {
    const read = `FROM read_parquet(${files}, hive_partitioning = ${hive}, union_by_name = true)`;
    assert.deepEqual(valuesOf(await query(db, read)), expected);
  }
  if (pythonIsMissing !== undefined) return;
  const readers = ["delta_to_pyarrow", "delta_datafusion", "polars_scan_delta"];
  for (const answer of await askPython(readers.map((reader) => ({ do: reader, directory })))) {
    assert.deepEqual(valuesOf(resultOf(answer)), expected);
  }
});
