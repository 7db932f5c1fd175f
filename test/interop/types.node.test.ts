// Every type that is written, as others read it.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { streamToParquet } from "../../mod.ts";
import {
  PARQUET_COMPRESSIONS,
  type ParquetCompression,
} from "../../src/parquet/parquet_options.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { type Row, sorted, text, typeText } from "./cells.ts";
import { literal, openDuckDB, query } from "./duckdb.ts";
import { readFile } from "./hyparquet.ts";
import {
  askPython,
  type PythonAnswer,
  pythonIsMissing,
  type ReadResult,
  resultOf,
} from "./python.ts";
import { TYPES_FIELDS, TYPES_LINES, TYPES_OPTIONS, TYPES_ROWS } from "./types_table.ts";

const scratch = mkdtempSync(join(tmpdir(), "sluice-types-"));
after(() => rmSync(scratch, { recursive: true }));

const TYPES: Readonly<Record<string, string>> = Object.fromEntries([
  ...TYPES_FIELDS.map(({ name, type }) => [name, typeText(type)]),
  ["part", "string"],
]);

/** The name of each codec in the footer (Parquet format, "CompressionCodec"). */
const CODECS: Readonly<Record<ParquetCompression, string>> = {
  snappy: "SNAPPY",
  zstd: "ZSTD",
  gzip: "GZIP",
  lz4: "LZ4_RAW",
  none: "UNCOMPRESSED",
};

/** The directory of a table with all types, for each compression. */
const tables: Promise<readonly (readonly [ParquetCompression, string])[]> = Promise.all(
  PARQUET_COMPRESSIONS.map(async (compression) => {
    const directory = join(scratch, compression);
    const store = new FsStore(directory);
    const summary = await streamToParquet(TYPES_LINES, { ...TYPES_OPTIONS, compression, store });
    assert.equal(summary.written, TYPES_ROWS.length);
    assert.equal(summary.rescued, 2);
    return [compression, directory] as const;
  }),
);

function assertRead({ rows, types }: ReadResult, expected: { message: string; types?: object }) {
  assert.deepEqual(sorted(rows), sorted(TYPES_ROWS), expected.message);
  assert.deepEqual({ ...types }, expected.types ?? TYPES, expected.message);
}

test("all types: DuckDB", async () => {
  const db = await openDuckDB();
  for (const [message, directory] of await tables) {
    const files = literal(join(directory, "**/*.parquet"));
    const read = `FROM read_parquet(${files}, hive_partitioning = true)`;
    assertRead(await query(db, read), { message });
  }
});

test("all types: hyparquet", async () => {
  for (const [compression, directory] of await tables) {
    const store = new FsStore(directory);
    const rows: Row[] = [];
    for await (const { key } of store.list("")) {
      if (!key.endsWith(".parquet")) continue;
      const { rows: some, metadata } = await readFile((await store.get(key))!);
      rows.push(...some.map((row) => ({ ...row, part: text(key.slice("part=".length, 6)) })));
      const codecs = metadata.row_groups.flatMap(({ columns }) =>
        columns.map(({ meta_data }) => meta_data?.codec)
      );
      assert.deepEqual(new Set(codecs), new Set([CODECS[compression]]));
    }
    assert.deepEqual(sorted(rows), sorted(TYPES_ROWS), compression);
  }
});

const READERS = [
  "pyarrow_dataset",
  "pandas_read_parquet",
  "polars_scan_parquet",
  "polars_scan_delta",
  "delta_to_pyarrow",
  "delta_datafusion",
];
let answers: Promise<PythonAnswer<ReadResult>[]> | undefined;

/** What all readers make of all tables, asked for once. */
async function askAll(): Promise<PythonAnswer<ReadResult>[]> {
  const found = await tables;
  return askPython(
    READERS.flatMap((reader) => found.map(([, directory]) => ({ do: reader, directory }))),
  );
}

for (const [i, reader] of READERS.entries()) {
  test(`all types: ${reader}`, { skip: pythonIsMissing ?? false }, async () => {
    // pandas makes categories of partition columns.
    const types = reader.startsWith("pandas") ? { ...TYPES, part: "dictionary<string>" } : TYPES;
    const found = await tables;
    answers ??= askAll();
    for (const [j, [message]] of found.entries()) {
      assertRead(resultOf((await answers)[i * found.length + j]), { message, types });
    }
  });
}
