import { jsonRows } from "../columns/json_rows.ts";
import type { Field } from "../columns/schema.ts";
import { nullVector } from "../columns/concat.ts";
import { takeVector } from "../columns/take_vector.ts";
import type { Table, Vector } from "../columns/vector.ts";
import type { AddFile } from "../commit_log/actions.ts";
import { readSnapshot } from "../commit_log/snapshot.ts";
import type { Snapshot } from "../commit_log/table_state.ts";
import { atLeast } from "../options.ts";
import type { Store } from "../stores/store.ts";
import { alignTable, readDataFile } from "./data_file.ts";
import { comparePlaces, compareTexts, directoryOf, filePlace } from "./file_place.ts";

const STRING = { kind: "string" } as const;

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
      type: type.kind === "other" ? typeOf.get(name) ?? STRING : type,
    }));
  const { fields, vectors } = alignTable(table, columns, path);
  const inPath = partitionColumns.map((name) => {
    const kind = head.columns.find((column) => column.name === name)?.type.kind;
    return partitionVector(partitionValues[name]!, { isInt64: kind === "int64", rows: table.rows });
  });
  return {
    rows: table.rows,
    fields: [...fields, ...inPath.map(({ type }, i) => ({ name: partitionColumns[i]!, type }))],
    vectors: [...vectors, ...inPath],
  };
}

/** A partition's value for each of its rows: text, or a number where the column is one of int64. */
function partitionVector(
  text: string | null,
  { isInt64, rows }: { readonly isInt64: boolean; readonly rows: number },
): Vector {
  return takeVector(
    text === null ? nullVector(STRING, 1) : oneValue(text, isInt64),
    new Int32Array(rows),
  );
}

function oneValue(text: string, isInt64: boolean): Vector {
  const shape = { length: 1, nullCount: 0 };
  if (isInt64 && /^-?\d{1,18}$/.test(text)) {
    return { ...shape, type: { kind: "int64" }, ints: BigInt64Array.of(BigInt(text)) };
  }
  const bytes = new TextEncoder().encode(text);
  return { ...shape, type: STRING, offsets: Int32Array.of(0, bytes.length), bytes };
}
