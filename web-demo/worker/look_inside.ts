import { loadParquetWasm, type Store } from "sluice";
import { Compression, Encoding, ParquetFile } from "parquet-wasm/esm";
import { jsonRows } from "../../src/columns/json_rows.ts";
import type { DataType } from "../../src/columns/schema.ts";
import { readParquetTable } from "../../src/parquet/read.ts";
import type { FileColumn, FileContents } from "../protocol.ts";

const MAX_ROWS = 20;

/**
 * Reads a stored file back: what its footer says of its columns, and its first rows.
 *
 * @throws {Error} If it is not there.
 */
export async function lookInside(store: Store, path: string): Promise<FileContents> {
  const bytes = await store.get(path);
  if (bytes === undefined) throw new Error(`Cannot open ${path}: it is not there`);
  await loadParquetWasm();
  const table = await readParquetTable(bytes);
  const types = new Map(table.fields.map(({ name, type }) => [name, typeText(type)]));
  const names = table.fields.map(({ name }) => name);
  const firstRows: (string | null)[][] = [];
  for (const text of jsonRows(table)) {
    const row = JSON.parse(text) as Record<string, unknown>;
    firstRows.push(names.map((name) => cellText(row[name])));
    if (firstRows.length === MAX_ROWS) break;
  }
  return { ...await footerOf(bytes, types), rows: table.rows, names, firstRows };
}

async function footerOf(
  bytes: Uint8Array,
  types: ReadonlyMap<string, string>,
): Promise<Pick<FileContents, "columns" | "createdBy" | "rowGroups">> {
  using file = await ParquetFile.fromFile(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  using metadata = file.metadata();
  using own = metadata.fileMetadata();
  const columns = new Map<string, FileColumn>();
  for (const group of metadata.rowGroups()) {
    for (const chunk of group.columns()) {
      const path = chunk.columnPath();
      const name = path.join(".");
      const known = columns.get(name);
      columns.set(name, {
        name,
        type: types.get(path[0]!) ?? "",
        encodings: chunk.encodings().map((encoding) => Encoding[encoding]),
        compression: Compression[chunk.compression()],
        compressedBytes: (known?.compressedBytes ?? 0) + chunk.compressedSize(),
        uncompressedBytes: (known?.uncompressedBytes ?? 0) + chunk.uncompressedSize(),
      });
      chunk.free();
    }
    group.free();
  }
  return {
    columns: [...columns.values()],
    createdBy: own.createdBy(),
    rowGroups: metadata.numRowGroups(),
  };
}

function cellText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function typeText(type: DataType): string {
  if (type.kind === "list") return `list<${typeText(type.item)}>`;
  if (type.kind === "struct") return `struct<${type.fields.map(({ name }) => name).join(", ")}>`;
  return type.kind;
}
