import assert from "node:assert/strict";
import { test } from "node:test";
import * as arrow from "apache-arrow";
import fc from "fast-check";
import { Table as WasmTable, writeParquet } from "parquet-wasm/esm";
import { jsonRows } from "../../src/columns/json_rows.ts";
import type { DataType } from "../../src/columns/schema.ts";
import { encodeParquet } from "../../src/parquet/encode.ts";
import { readParquetTable } from "../../src/parquet/read.ts";
import { loadParquetWasm } from "../../src/parquet/wasm.ts";
import { ARBITRARY_TABLE, makeTable, tableValues } from "../columns/random_tables.ts";

test("a table comes back from Parquet as it was", async () => {
  await fc.assert(
    fc.asyncProperty(ARBITRARY_TABLE, async (table) => {
      const back = await readParquetTable(await encodeParquet(table, { compression: "snappy" }));
      assert.equal(back.rows, table.rows);
      assert.deepEqual(back.fields, table.fields);
      assert.deepEqual(tableValues(back), tableValues(table));
      for (const [i, { nullCount, length }] of back.vectors.entries()) {
        assert.equal(nullCount, table.vectors[i]!.nullCount);
        assert.equal(length, table.rows);
      }
    }),
    { numRuns: 40 },
  );
});

test("a table of several record batches comes back whole and in order", async () => {
  const rows = 150_000;
  const ids = BigInt64Array.from({ length: rows }, (_, row) => BigInt(row));
  const bytes = new TextEncoder().encode("x".repeat(rows));
  const offsets = Int32Array.from({ length: rows + 1 }, (_, row) => row);
  const validity = new Uint8Array(Math.ceil(rows / 8)).fill(0b1010_1010);
  const nullCount = rows / 2;
  const table = {
    rows,
    fields: [
      { name: "id", type: { kind: "int64" } },
      { name: "even", type: { kind: "bool" } },
      { name: "x", type: { kind: "string" } },
    ] as const,
    vectors: [
      { type: { kind: "int64" }, length: rows, nullCount: 0, ints: ids },
      {
        type: { kind: "bool" },
        length: rows,
        nullCount: 0,
        bits: new Uint8Array(validity.length).fill(0b0101_0101),
      },
      { type: { kind: "string" }, length: rows, nullCount, validity, offsets, bytes },
    ] as const,
  };
  const back = await readParquetTable(await encodeParquet(table, { compression: "none" }));
  assert.equal(back.rows, rows);
  assert.deepEqual(back.vectors[0]!.ints, ids);
  assert.equal(back.vectors[2]!.nullCount, nullCount);
  let row = 0;
  for (const text of jsonRows(back)) {
    const isEven = row % 2 === 0;
    assert.equal(text, `{"id":${row},"even":${isEven},"x":${isEven ? "null" : '"x"'}}`);
    row++;
  }
});

/** Values as Arrow lays them out; the second of three is null. */
function data(type: arrow.DataType, values: unknown, more: object = {}): arrow.Data {
  const nullBitmap = Uint8Array.of(0b101);
  return arrow.makeData<arrow.DataType>({
    ...{ type, length: 3, nullCount: 1, nullBitmap, data: values },
    ...more,
  });
}

const words = (...texts: string[]) => new TextEncoder().encode(texts.join(""));
const INT64 = { kind: "int64" } as const;
const STRING = { kind: "string" } as const;
const TIMESTAMP = { kind: "timestamp" } as const;

/** Columns of other engines: as Arrow has them, and what becomes of the first and last value. */
const OTHERS: readonly (readonly [arrow.Data, DataType, first: string, last: string])[] = [
  [data(new arrow.Int8(), Int8Array.of(1, 0, -3)), INT64, "1", "-3"],
  [data(new arrow.Int16(), Int16Array.of(1, 0, -3)), INT64, "1", "-3"],
  [data(new arrow.Int32(), Int32Array.of(1, 0, -3)), INT64, "1", "-3"],
  [data(new arrow.Uint32(), Uint32Array.of(1, 0, 4294967295)), INT64, "1", "4294967295"],
  [
    data(new arrow.Uint64(), BigUint64Array.of(1n, 0n, 2n ** 64n - 1n)),
    STRING,
    '"1"',
    '"18446744073709551615"',
  ],
  [
    data(new arrow.Float16(), Uint16Array.of(0x3e00, 0, 0x8001)),
    { kind: "float64" },
    "1.5",
    "-5.960464477539063e-8",
  ],
  [data(new arrow.Float32(), Float32Array.of(0.5, 0, -2)), { kind: "float64" }, "0.5", "-2.0"],
  [
    data(new arrow.LargeUtf8(), words("a", "é"), {
      valueOffsets: BigInt64Array.of(0n, 1n, 1n, 3n),
    }),
    STRING,
    '"a"',
    '"é"',
  ],
  [
    data(new arrow.Binary(), Uint8Array.of(1, 255), { valueOffsets: Int32Array.of(0, 2, 2, 2) }),
    STRING,
    '"Af8="',
    '""',
  ],
  [data(new arrow.FixedSizeBinary(2), Uint8Array.of(1, 2, 0, 0, 3, 4)), STRING, '"AQI="', '"AwQ="'],
  [
    data(new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()), Int32Array.of(1, 0, 0), {
      dictionary: arrow.vectorFromArray(["zero", "one"], new arrow.Utf8()),
    }),
    STRING,
    '"one"',
    '"zero"',
  ],
  [data(new arrow.DateDay(), Int32Array.of(19_144, 0, -1)), STRING, '"2022-06-01"', '"1969-12-31"'],
  [
    data(new arrow.TimestampMillisecond(), BigInt64Array.of(1n, 0n, -1n)),
    TIMESTAMP,
    '"1970-01-01T00:00:00.001000Z"',
    '"1969-12-31T23:59:59.999000Z"',
  ],
  [
    data(new arrow.TimestampMicrosecond(), BigInt64Array.of(1n, 0n, 2n ** 63n - 1n)),
    TIMESTAMP,
    '"1970-01-01T00:00:00.000001Z"',
    "9223372036854775807",
  ],
  [
    data(new arrow.TimestampNanosecond("Europe/Paris"), BigInt64Array.of(1_999n, 0n, -1n)),
    TIMESTAMP,
    '"1970-01-01T00:00:00.000001Z"',
    '"1969-12-31T23:59:59.999999Z"',
  ],
  [
    data(new arrow.TimeMillisecond(), Int32Array.of(0, 0, 86_399_999)),
    STRING,
    '"00:00:00.000"',
    '"23:59:59.999"',
  ],
  [
    data(new arrow.TimeMicrosecond(), BigInt64Array.of(1n, 0n, 3_600_000_000n)),
    STRING,
    '"00:00:00.000001"',
    '"01:00:00.000000"',
  ],
  [
    data(new arrow.Decimal(2, 38, 128), Uint32Array.of(12345, 0, 0, 0, 0, 0, 0, 0, -5, -1, -1, -1)),
    STRING,
    '"123.45"',
    '"-0.05"',
  ],
  [
    data(new arrow.FixedSizeList(2, new arrow.Field("item", new arrow.Int32(), true)), undefined, {
      child: arrow.makeData({
        type: new arrow.Int32(),
        length: 6,
        nullCount: 0,
        data: Int32Array.of(1, 2, 0, 0, 5, 6),
      }),
    }),
    { kind: "list", item: INT64 },
    "[1,2]",
    "[5,6]",
  ],
];

async function readArrow(column: arrow.Data): Promise<ReturnType<typeof readParquetTable>> {
  await loadParquetWasm();
  const table = new arrow.Table({ c: new arrow.Vector([column]) });
  const bytes = writeParquet(WasmTable.fromIPCStream(arrow.tableToIPC(table, "stream")));
  return await readParquetTable(bytes);
}

for (const [column, type, first, last] of OTHERS) {
  test(`a column of ${column.type} becomes ${type.kind}`, async () => {
    const table = await readArrow(column);
    assert.deepEqual(table.fields, [{ name: "c", type }]);
    assert.deepEqual([...jsonRows(table)], [`{"c":${first}}`, '{"c":null}', `{"c":${last}}`]);
  });
}

test("a column without values becomes strings", async () => {
  const table = await readArrow(arrow.makeData({ type: new arrow.Null(), length: 2 }));
  assert.deepEqual(table.fields, [{ name: "c", type: STRING }]);
  assert.deepEqual([...jsonRows(table)], ['{"c":null}', '{"c":null}']);
});

test("a dictionary of other values is spelt out too", async () => {
  const type = new arrow.Dictionary(new arrow.Int32(), new arrow.Int32());
  const dictionary = arrow.vectorFromArray([7, 8], new arrow.Int32());
  const table = await readArrow(data(type, Int32Array.of(1, 0, 0), { dictionary }));
  assert.deepEqual([...jsonRows(table)], ['{"c":8}', '{"c":null}', '{"c":7}']);
});

test("views of strings, short and long, become strings", async () => {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 3, true);
  bytes.set(words("abc"), 4);
  view.setInt32(16, 14, true);
  bytes.set(words("long"), 20);
  view.setInt32(28, 1, true);
  const column = arrow.makeData({
    type: new arrow.Utf8View(),
    length: 2,
    nullCount: 0,
    views: bytes,
    variadicBuffers: [words("_long string xx")],
  });
  assert.deepEqual(
    [...jsonRows(await readArrow(column))],
    ['{"c":"abc"}', '{"c":"long string xx"}'],
  );
});

test("a time that does not fit is an error and not another time", async () => {
  const column = data(new arrow.TimestampMillisecond(), BigInt64Array.of(1n, 0n, 2n ** 62n));
  await assert.rejects(readArrow(column), { name: "RangeError", message: /the column "c"/ });
});

test("a type that none is near to is an error that names it", async () => {
  const column = data(new arrow.DurationMillisecond(), BigInt64Array.of(1n, 0n, 2n));
  await assert.rejects(readArrow(column), { name: "TypeError", message: /"c".*Duration/ });
});

test("what is no Parquet file, or half of one, is an error", async () => {
  const table = makeTable([{ name: "a", type: STRING }], [["x"], ["y"]]);
  const whole = await encodeParquet(table, { compression: "none" });
  for (const bytes of [new Uint8Array(0), words("PAR1 but not really PAR1"), whole.slice(0, -1)]) {
    await assert.rejects(readParquetTable(bytes), /Cannot read a Parquet file/);
  }
  assert.equal((await readParquetTable(whole)).rows, 2);
});
