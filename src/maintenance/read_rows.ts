import { jsonRows } from "../columns/json_rows.ts";
import type { DataType, Field } from "../columns/schema.ts";
import { nullVector } from "../columns/concat.ts";
import { takeVector } from "../columns/take_vector.ts";
import { parseTimeText } from "../columns/time_text.ts";
import type { Table, Vector } from "../columns/vector.ts";
import type { AddFile } from "../commit_log/actions.ts";
import { readSnapshot } from "../commit_log/snapshot.ts";
import type { Snapshot } from "../commit_log/table_state.ts";
import { atLeast } from "../options.ts";
import type { Store } from "../stores/store.ts";
import { alignTable, readDataFile } from "./data_file.ts";
import { comparePlaces, compareTexts, directoryOf, filePlace } from "./file_place.ts";

/** What {@linkcode readTableRows} takes. */
export interface ReadTableRowsOptions {
  /** At most this many rows; all by default. */
  readonly limit?: number | undefined;
  /** Stops reading. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The rows of a table as its commit log has it, each as a JSON object: its columns in order, the
 * partition columns, which only the path holds, at the end. See {@linkcode jsonRows} for how values
 * are written.
 *
 * Rows are in the order of their partition's path and window. One file at a time is in memory, and
 * all files are of one version.
 *
 * @throws {RangeError} If `limit` is not a whole number.
 * @throws {Error} If there is no table, or a file is gone: it was vacuumed meanwhile.
 * @throws {TableMismatchError} If a file has another type in a column than the table.
 *
 * @example
 * ```ts
 * import { MemoryStore, readTableRows, streamToParquet } from "sluice";
 *
 * const store = new MemoryStore();
 * await streamToParquet([{ page: "/home", at: 0 }], { store, partitionBy: ["page"], time: "at" });
 * for await (const row of readTableRows(store)) console.log(row);
 * // {"at":"1970-01-01T00:00:00.000000Z","page":"/home"}
 * ```
 */
export async function* readTableRows(
  store: Store,
  options: ReadTableRowsOptions = {},
): AsyncIterable<string> {
  const { limit = Infinity, signal } = options;
  let left = limit === Infinity ? limit : atLeast(limit, "limit", 0);
  const snapshot = await readSnapshot(store, { signal });
  if (snapshot === undefined) throw new Error("Cannot read a table: the store has no commit log");
  for (const file of inOrder(snapshot)) {
    if (left === 0) return;
    const table = toTableColumns(await readDataFile(store, file, { signal }), file, snapshot);
    for (const row of jsonRows(table)) {
      if (left-- === 0) return;
      yield row;
    }
  }
}

function inOrder({ files }: Snapshot): AddFile[] {
  const placed = Array.from(files.values(), (file) => ({ file, place: filePlace(file.path) }));
  placed.sort((a, b) =>
    compareTexts(directoryOf(a.file.path), directoryOf(b.file.path)) ||
    (a.place && b.place
      ? comparePlaces(a.place, b.place)
      : Number(b.place !== undefined) - Number(a.place !== undefined)) ||
    compareTexts(a.file.path, b.file.path)
  );
  return placed.map(({ file }) => file);
}

function toTableColumns(table: Table, { path, partitionValues }: AddFile, head: Snapshot): Table {
  const { partitionColumns } = head.metaData;
  const typeOf = new Map(table.fields.map(({ name, type }) => [name, type]));
  const columns = head.columns
    .filter(({ name }) => !partitionColumns.includes(name))
    .map(({ name, type }): Field => ({
      name,
      // Types of other engines become whatever they are near to.
      type: type.kind === "other" ? typeOf.get(name) ?? { kind: "string" } : type,
    }));
  const { fields, vectors } = alignTable(table, columns, path);
  const inPath = partitionColumns.map((name) => {
    const type = head.columns.find((column) => column.name === name)?.type;
    return partitionVector(type as DataType | undefined, partitionValues[name]!, table.rows);
  });
  return {
    rows: table.rows,
    fields: [...fields, ...inPath.map(({ type }, i) => ({ name: partitionColumns[i]!, type }))],
    vectors: [...vectors, ...inPath],
  };
}

/** A partition's value for each of its rows; one that is not of the column's type stays text. */
function partitionVector(
  type: DataType | undefined,
  text: string | null,
  rows: number,
): Vector {
  const one = text === null ? nullVector({ kind: "string" }, 1) : vectorOfOne(type, text);
  return takeVector(one, new Int32Array(rows));
}

function vectorOfOne(type: DataType | undefined, text: string): Vector {
  const shape = { length: 1, nullCount: 0 };
  if (type?.kind === "int64" && /^-?\d+$/.test(text)) {
    return { ...shape, type, ints: BigInt64Array.of(BigInt(text)) };
  }
  if (type?.kind === "float64" && text.trim() !== "" && !Number.isNaN(Number(text))) {
    return { ...shape, type, floats: Float64Array.of(Number(text)) };
  }
  if (type?.kind === "bool" && (text === "true" || text === "false")) {
    return { ...shape, type, bits: Uint8Array.of(text === "true" ? 1 : 0) };
  }
  const micros = type?.kind === "timestamp" ? parseTimeText(text) : undefined;
  if (micros !== undefined) {
    return { ...shape, type: { kind: "timestamp" }, ints: BigInt64Array.of(BigInt(micros)) };
  }
  const bytes = new TextEncoder().encode(text);
  return { ...shape, type: { kind: "string" }, offsets: Int32Array.of(0, bytes.length), bytes };
}
