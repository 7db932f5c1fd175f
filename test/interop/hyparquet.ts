import {
  type Compressors,
  type FileMetaData,
  parquetMetadata,
  parquetReadObjects,
} from "hyparquet";
import { compressors as published } from "hyparquet-compressors";
import { type Cell, float, int, type Row, text, time } from "./cells.ts";

/**
 * LZ4 writes nothing as one byte, which this decompressor does not know. It is what the empty
 * dictionary of a column of nulls becomes.
 */
const compressors: Compressors = {
  ...published,
  LZ4_RAW: (input, outputLength) =>
    outputLength === 0 ? new Uint8Array(0) : published.LZ4_RAW!(input, outputLength),
};

/** A timestamp: hyparquet makes a `Date` of it unless told otherwise, which has no microseconds. */
class Micros {
  readonly micros: bigint;

  constructor(micros: bigint) {
    this.micros = micros;
  }
}

/** The rows of one file, and what its footer says. */
export async function readFile(
  bytes: Uint8Array,
): Promise<{ readonly rows: readonly Row[]; readonly metadata: FileMetaData }> {
  const file = new Uint8Array(bytes).buffer;
  const objects = await parquetReadObjects({
    file,
    compressors,
    parsers: { timestampFromMicroseconds: (micros) => new Micros(micros) },
  });
  const rows = objects.map((object): Row => {
    const cells = Object.entries(object).map(([name, value]) => [name, toCell(value)] as const);
    return Object.fromEntries(cells);
  });
  return { rows, metadata: parquetMetadata(file) };
}

function toCell(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value;
  if (typeof value === "bigint") return int(value);
  if (typeof value === "number") return float(value);
  if (typeof value === "string") return text(value);
  if (value instanceof Micros) return time(value.micros);
  if (Array.isArray(value)) return value.map(toCell);
  if (value instanceof Date) return `date:${value.toISOString()}`;
  const members = Object.entries(value as object);
  return Object.fromEntries(members.map(([name, member]) => [name, toCell(member)]));
}
