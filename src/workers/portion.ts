import { asFloats, Column } from "../columns/column.ts";
import { ColumnRows } from "../columns/column_rows.ts";
import type { LocalRows, RowHolder, RowRun } from "../columns/held_rows.ts";
import type { KernelHolder } from "../columns/kernel_rows.ts";
import { hasCode } from "../columns/kind.ts";
import { type PackedRows, packRows, unpackRows } from "../columns/packed_rows.ts";
import { padded } from "../columns/padded.ts";
import { holdsJson } from "../columns/schema.ts";
import { StringPool } from "../columns/string_pool.ts";
import { type Columns, takeColumns } from "../columns/take.ts";
import type { PartContent } from "../window/part_table.ts";

/**
 * Rows that go from one worker to another: those that one of them holds of a file which the other
 * makes. They are in pieces, of which each has one or more whole runs.
 */
export type Portion = readonly Piece[];

type Piece = PackedRows | PackedColumns;

/** Rows that no kernel holds. */
interface PackedColumns {
  readonly rows: number;
  /** All arrays of the columns are in it. */
  readonly buffer: ArrayBuffer;
  readonly columns: ReadonlyMap<string, SentColumn>;
}

/** A column without its class, and without what it does not have. */
interface SentColumn {
  readonly kinds: Uint8Array;
  readonly ints?: Column["ints"];
  readonly codes?: Uint32Array;
  readonly pool?: Pick<StringPool, "interned" | "bytes" | "offsets" | "length">;
  readonly starts?: Uint32Array;
  readonly ends?: Uint32Array;
  readonly fields?: ReadonlyMap<string, SentColumn>;
  readonly items?: SentColumn;
}

/** Takes rows out of what holds them. */
export function toPortion({ runs, schema, isWhole }: PartContent): Portion {
  // JSON texts have fields in the order in which a run has them.
  const hasTexts = !isWhole || schema.some(({ type }) => holdsJson(type));
  const pieces = (hasTexts ? undefined : together(runs)) ?? runs.map(pieceOf);
  for (const { held, start, end } of runs) held.release(end - start);
  return pieces;
}

/** The buffers that a portion hands over. */
export function buffersOfPortion(portion: Portion): ArrayBuffer[] {
  return portion.map((piece) =>
    "bytes" in piece ? piece.bytes.buffer as ArrayBuffer : piece.buffer
  );
}

function together(runs: readonly RowRun[]): Piece[] | undefined {
  const packed = packRows(runs);
  return packed && [packed];
}

function pieceOf(run: RowRun): Piece {
  return packRows([run]) ?? packColumns(columnsOf(run), run.end - run.start);
}

/** The rows of a run, with those strings alone that they have. */
function columnsOf({ held, start, end }: RowRun): Columns {
  const rows = Uint32Array.from({ length: end - start }, (_, i) => start + i);
  const columns = takeColumns(held.columns, rows);
  for (const column of columns.values()) useOwnPool(column);
  return columns;
}

function useOwnPool(column: Column): void {
  const { kinds, codes, pool, fields, items } = column;
  for (const field of fields.values()) useOwnPool(field);
  if (items !== undefined) useOwnPool(items);
  if (pool === undefined) return;
  const own = new StringPool({ interned: pool.interned });
  const codeOf = new Map<number, number>();
  for (const [row, code] of codes.entries()) {
    if (!hasCode(kinds[row]!)) continue;
    let found = codeOf.get(code);
    if (found === undefined) codeOf.set(code, found = own.addBytes(pool.slice(code)));
    codes[row] = found;
  }
  column.pool = own;
}

function packColumns(columns: Columns, rows: number): PackedColumns {
  let bytes = 0;
  for (const column of columns.values()) bytes += bytesOf(column);
  const buffer = new ArrayBuffer(bytes);
  let end = 0;
  const place = (length: number, size: number): [ArrayBuffer, number, number] => {
    const at = end;
    end += padded(length * size);
    return [buffer, at, length];
  };
  const pack = (column: Column): SentColumn => {
    const { kinds, ints, codes, pool, starts, ends, fields, items } = column;
    return {
      kinds: copy(kinds, new Uint8Array(...place(kinds.length, 1))),
      ...(ints.length > 0 && { ints: copy(ints, new BigInt64Array(...place(ints.length, 8))) }),
      ...(pool !== undefined && {
        codes: copy(codes, new Uint32Array(...place(codes.length, 4))),
        pool: {
          interned: pool.interned,
          length: pool.length,
          bytes: copy(
            pool.bytes.subarray(0, pool.byteLength),
            new Uint8Array(...place(pool.byteLength, 1)),
          ),
          offsets: copy(
            pool.offsets.subarray(0, pool.length + 1),
            new Uint32Array(...place(pool.length + 1, 4)),
          ),
        },
      }),
      ...(starts.length > 0 && {
        starts: copy(starts, new Uint32Array(...place(starts.length, 4))),
        ends: copy(ends, new Uint32Array(...place(ends.length, 4))),
      }),
      ...(fields.size > 0 && {
        fields: new Map(Array.from(fields, ([name, field]) => [name, pack(field)])),
      }),
      ...(items !== undefined && { items: pack(items) }),
    };
  };
  return {
    rows,
    buffer,
    columns: new Map(Array.from(columns, ([name, column]) => [name, pack(column)])),
  };
}

function bytesOf({ kinds, ints, codes, pool, starts, fields, items }: Column): number {
  let bytes = padded(kinds.length) + 8 * ints.length + 2 * padded(4 * starts.length);
  if (pool !== undefined) {
    bytes += padded(4 * codes.length) + padded(pool.byteLength) + padded(4 * (pool.length + 1));
  }
  for (const field of fields.values()) bytes += bytesOf(field);
  return items === undefined ? bytes : bytes + bytesOf(items);
}

function copy<A extends Uint8Array | Uint32Array | BigInt64Array>(from: A, to: A): A {
  to.set(from as never);
  return to;
}

/** Runs of rows that were given away, in their order. */
export class PortionReader {
  readonly #pieces: LocalRows[];
  #at = 0;

  /** @param holder What holds them, in the memory of a kernel if they were in one. */
  constructor(portion: Portion, holder: RowHolder) {
    this.#pieces = portion.map((piece) => {
      if ("bytes" in piece) return unpackRows(piece, holder as KernelHolder);
      const columns = Array.from(
        piece.columns,
        ([name, column]) => [name, toColumn(column)] as const,
      );
      return new ColumnRows(new Map(columns), piece.rows, 0);
    });
  }

  /** The next rows, which are in one piece. */
  take(rows: number): RowRun {
    const [held] = this.#pieces as [LocalRows];
    const run = { held, start: this.#at, end: this.#at + rows };
    this.#at = run.end;
    if (run.end === held.rows) {
      this.#pieces.shift();
      this.#at = 0;
    }
    return run;
  }
}

function toColumn({ kinds, ints, codes, pool, starts, ends, fields, items }: SentColumn): Column {
  const column = new Column(0);
  column.kinds = kinds;
  if (ints !== undefined) {
    column.ints = ints;
    column.floats = asFloats(ints);
  }
  if (codes !== undefined) {
    column.codes = codes;
    column.pool = Object.assign(new StringPool({ interned: pool!.interned }), pool!);
  }
  if (starts !== undefined) {
    column.starts = starts;
    column.ends = ends!;
  }
  for (const [name, field] of fields ?? []) column.fields.set(name, toColumn(field));
  if (items !== undefined) column.items = toColumn(items);
  return column;
}
