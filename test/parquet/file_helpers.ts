// Parquet files as readers that know nothing of the encoder find them.
import assert from "node:assert/strict";
import { type Compressors, parquetMetadata, parquetRead } from "hyparquet";
import { compressors as published } from "hyparquet-compressors";
import type { DataType } from "../../src/columns/schema.ts";
import { bitAt, isNull, type Table, type Vector } from "../../src/columns/vector.ts";
import { encodeByKernel } from "../../src/parquet/encode_by_kernel.ts";
import { type KernelCompression, parquetKernelFor } from "../../src/parquet/kernel_module.ts";
import { readParquetTable } from "../../src/parquet/read.ts";
import { type Value, valueAt } from "../columns/random_tables.ts";

/** All that the kernel compresses by. */
export const COMPRESSIONS: readonly KernelCompression[] = ["snappy", "none"];

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The file of a table, by the kernel and nothing else. */
export function encode(table: Table, compression: KernelCompression = "snappy"): Uint8Array {
  const kernel = parquetKernelFor(compression);
  assert.ok(kernel !== null, "there is a kernel");
  return encodeByKernel(table, { kernel, compression });
}

/** That both readers find the table in a file of it. */
export async function assertFileHolds(
  bytes: Uint8Array,
  table: Table,
  compressors: Compressors = published,
): Promise<void> {
  await assertReadBack(bytes, table);
  await assertReadByHyparquet(bytes, table, compressors);
}

/** That parquet-wasm reads a table from a file of it. */
export async function assertReadBack(bytes: Uint8Array, table: Table): Promise<void> {
  const back = await readParquetTable(bytes);
  assert.equal(back.rows, table.rows);
  assert.deepEqual(typesOf(back), typesOf(table));
  assert.deepEqual(
    back.vectors.map(({ length, nullCount }) => ({ length, nullCount })),
    table.vectors.map(({ length, nullCount }) => ({ length, nullCount })),
  );
  for (const [i, vector] of back.vectors.entries()) {
    const isSame = comparing(table.vectors[i]!, vector);
    for (let row = 0; row < table.rows; row++) {
      if (isSame(row, row)) continue;
      assertRow(table, { column: i, row, found: valueAt(vector, row) });
    }
  }
}

/** That hyparquet reads a table from a file of it. */
export async function assertReadByHyparquet(
  bytes: Uint8Array,
  table: Table,
  compressors?: Compressors,
): Promise<void> {
  const { fields } = table;
  const found = new Map(fields.map(({ name }): [string, ArrayLike<unknown>[]] => [name, []]));
  await parquetRead({
    file: new Uint8Array(bytes).buffer,
    ...(compressors && { compressors }),
    parsers: {
      timestampFromMicroseconds: (micros: bigint) => micros,
      stringFromBytes: (text: Uint8Array | undefined) => text && decoder.decode(text),
    },
    onChunk: ({ columnName, columnData }) => found.get(columnName)!.push(columnData),
  });
  for (const [i, { name, type }] of fields.entries()) {
    let row = 0;
    for (const chunk of found.get(name)!) {
      for (let j = 0; j < chunk.length; j++, row++) {
        if (isSame(type, valueAt(table.vectors[i]!, row), chunk[j])) continue;
        assertRow(table, { column: i, row, found: chunk[j] });
      }
    }
    assert.equal(row, table.rows, name);
  }
}

/** JSON is a string to readers. */
function typesOf({ fields }: Table): unknown {
  return JSON.parse(JSON.stringify(fields).replaceAll('"kind":"json"', '"kind":"string"'));
}

/** Says how what was found is not what is there. */
function assertRow(
  { fields, vectors }: Table,
  { column, row, found }: {
    readonly column: number;
    readonly row: number;
    readonly found: unknown;
  },
): never {
  const message = `row ${row} of ${fields[column]!.name}`;
  assert.deepEqual(found, valueAt(vectors[column]!, row), message);
  assert.fail(message);
}

/** Whether a row of a vector has the value of a row of another one. */
type Comparison = (row: number, other: number) => boolean;

/** Compares without making values, which takes long. */
function comparing(a: Vector, b: Vector): Comparison {
  const isSame = comparingPresent(a, b);
  if (a.validity === undefined && b.validity === undefined) return isSame;
  return (i, j) => isNull(a, i) ? isNull(b, j) : !isNull(b, j) && isSame(i, j);
}

function comparingPresent(a: Vector, b: Vector): Comparison {
  switch (a.type.kind) {
    case "bool":
      return (i, j) => bitAt(a.bits!, i) === bitAt(b.bits!, j);
    case "int64":
    case "timestamp":
      return (i, j) => a.ints![i] === b.ints![j];
    case "float64":
      return (i, j) => Object.is(a.floats![i], b.floats![j]);
    case "struct": {
      const members = a.children!.map((child, m) => comparing(child, b.children![m]!));
      return (i, j) => members.every((isSame) => isSame(i, j));
    }
    case "list":
      return comparingRanges(a, b, comparing(a.children![0]!, b.children![0]!));
    default:
      return comparingRanges(a, b, (i, j) => a.bytes![i] === b.bytes![j]);
  }
}

function comparingRanges(a: Vector, b: Vector, isSameItem: Comparison): Comparison {
  const [offsetsA, offsetsB] = [a.offsets!, b.offsets!];
  return (i, j) => {
    const atA = a.codes?.[i] ?? i;
    const atB = b.codes?.[j] ?? j;
    const startA = offsetsA[atA]!;
    const startB = offsetsB[atB]!;
    const size = offsetsA[atA + 1]! - startA;
    if (offsetsB[atB + 1]! - startB !== size) return false;
    for (let k = 0; k < size; k++) if (!isSameItem(startA + k, startB + k)) return false;
    return true;
  };
}

/** Members of structs are found by place, or by name. */
function isSame(type: DataType, expected: Value, found: unknown): boolean {
  if (expected === null) return found === null || found === undefined;
  if (type.kind === "list") {
    const items = expected as readonly Value[];
    return Array.isArray(found) && found.length === items.length &&
      items.every((item, i) => isSame(type.item, item, found[i]));
  }
  if (type.kind === "struct") {
    if (typeof found !== "object" || found === null) return false;
    const members = expected as readonly Value[];
    return Object.keys(found).length === members.length &&
      type.fields.every(({ name, type }, i) => {
        const member =
          (found as Readonly<Record<string, unknown>>)[Array.isArray(found) ? i : name];
        return isSame(type, members[i]!, member);
      });
  }
  return Object.is(expected, found);
}

/** What a file says of its columns, and the pages that they have. */
export interface ColumnPages {
  readonly path: string;
  readonly pages: readonly Page[];
}

/** What stands in the header of a page, and where the page is. */
export interface Page {
  readonly isDictionary: boolean;
  /** As in `Encoding` of parquet.thrift. */
  readonly encoding: number;
  readonly entries: number;
  readonly start: number;
  /** Where what was compressed begins. */
  readonly bodyStart: number;
  readonly end: number;
  /** With the header. */
  readonly uncompressedBytes: number;
}

/** The pages of each column of the first group of rows, one after the other. */
export function pagesOf(bytes: Uint8Array): ColumnPages[] {
  const { row_groups } = parquetMetadata(new Uint8Array(bytes).buffer);
  let at = 4;
  return row_groups[0]!.columns.map(({ meta_data }) => {
    const { path_in_schema, total_compressed_size } = meta_data!;
    const end = at + Number(total_compressed_size);
    const pages: Page[] = [];
    while (at < end) {
      const page = pageAt(bytes, at);
      pages.push(page);
      at = page.end;
    }
    assert.equal(at, end, "pages end where their column does");
    return { path: path_in_schema.join("."), pages };
  });
}

/** The pages of the only column. */
export function onlyPages(bytes: Uint8Array): readonly Page[] {
  const columns = pagesOf(bytes);
  assert.equal(columns.length, 1);
  return columns[0]!.pages;
}

/** `PageHeader` of parquet.thrift. */
function pageAt(bytes: Uint8Array, start: number): Page {
  const reader = { bytes, at: start };
  const fields = thriftStruct(reader);
  const [type, uncompressed, compressed] = [1, 2, 3].map((id) => fields.get(id) as number);
  const isDictionary = type === 2;
  assert.ok(isDictionary || type === 0, "a page of data or a dictionary");
  const header = fields.get(isDictionary ? 7 : 5) as ThriftFields;
  return {
    isDictionary,
    entries: header.get(1) as number,
    encoding: header.get(2) as number,
    start,
    bodyStart: reader.at,
    end: reader.at + compressed!,
    uncompressedBytes: reader.at - start + uncompressed!,
  };
}

type ThriftFields = Map<number, number | ThriftFields>;

/** A struct of i32 and structs, which is all that headers have here. */
function thriftStruct(reader: { readonly bytes: Uint8Array; at: number }): ThriftFields {
  const fields: ThriftFields = new Map();
  let id = 0;
  while (true) {
    const byte = reader.bytes[reader.at++]!;
    if (byte === 0) return fields;
    id += byte >> 4;
    const type = byte & 15;
    assert.ok(type === 5 || type === 12, `an i32 or a struct, and not ${type}`);
    fields.set(id, type === 12 ? thriftStruct(reader) : zigzag(reader));
  }
}

function zigzag(reader: { readonly bytes: Uint8Array; at: number }): number {
  let value = 0;
  for (let shift = 0;; shift += 7) {
    const byte = reader.bytes[reader.at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
  }
}
