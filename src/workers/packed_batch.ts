import type { ColumnBatch } from "../columns/column_batch.ts";
import { asFloats, Column } from "../columns/column.ts";
import { StringPool } from "../columns/string_pool.ts";
import { BatchLines } from "../decode/batch_lines.ts";
import type { DeadLetter } from "../decode/dead_letter.ts";
import type { LineBatch } from "../decode/line_batcher.ts";

/** A column without its class, without what it does not have, and with the number of its pool. */
interface PackedColumn {
  readonly kinds: Uint8Array;
  readonly ints?: Column["ints"];
  readonly codes?: Uint32Array;
  readonly starts?: Uint32Array;
  readonly ends?: Uint32Array;
  readonly pool?: number;
  readonly fields?: ReadonlyMap<string, PackedColumn>;
  readonly items?: PackedColumn;
}

/** What a pool got since it was last sent; the receiver keeps a copy of it. */
interface PoolNews {
  readonly id: number;
  readonly interned: boolean;
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

/**
 * A batch as it goes from one thread to another. Lines are counted from the batch's first one, for
 * who decodes it does not know how many came before.
 */
export interface PackedBatch {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, PackedColumn>;
  readonly pools: readonly PoolNews[];
  /** Pools that will not be spoken of again. */
  readonly forgotten: readonly number[];
  readonly times: Float64Array;
  readonly lineIndices: Uint32Array;
  readonly deadLetters: readonly DeadLetter[];
  readonly lines: LineBatch;
  readonly lineCount: number;
}

/** Pools that have not been used for as many batches are forgotten, on both sides. */
const POOL_LIFE = 16;

/** Makes batches ready to leave their thread, which must not use them any more. */
export class BatchPacker {
  readonly #sent: Map<StringPool, { id: number; length: number; lastUse: number }> = new Map();
  #nextId = 0;
  #batches = 0;
  #news: PoolNews[] = [];

  pack(batch: ColumnBatch, lines: LineBatch): PackedBatch {
    this.#batches++;
    this.#news = [];
    const columns = new Map(
      Array.from(batch.columns, ([name, column]) => [name, this.#column(column)]),
    );
    const forgotten: number[] = [];
    for (const [pool, { id, lastUse }] of this.#sent) {
      if (this.#batches - lastUse < POOL_LIFE) continue;
      forgotten.push(id);
      this.#sent.delete(pool);
    }
    return {
      rows: batch.rows,
      columns,
      pools: this.#news,
      forgotten,
      times: batch.times,
      lineIndices: batch.lineIndices,
      deadLetters: batch.deadLetters,
      lines,
      lineCount: batch.nextLine - batch.firstLine,
    };
  }

  #column(column: Column): PackedColumn {
    const { kinds, ints, codes, starts, ends, pool, fields, items } = column;
    return {
      kinds,
      ...(ints.length > 0 && { ints }),
      ...(codes.length > 0 && { codes }),
      ...(starts.length > 0 && { starts, ends }),
      ...(pool !== undefined && { pool: this.#poolId(pool) }),
      ...(fields.size > 0 && {
        fields: new Map(Array.from(fields, ([name, field]) => [name, this.#column(field)])),
      }),
      ...(items !== undefined && { items: this.#column(items) }),
    };
  }

  #poolId(pool: StringPool): number {
    let sent = this.#sent.get(pool);
    if (sent === undefined || sent.length < pool.length) {
      sent ??= { id: this.#nextId++, length: 0, lastUse: 0 };
      this.#sent.set(pool, sent);
      this.#news.push({
        id: sent.id,
        interned: pool.interned,
        bytes: pool.bytes.slice(pool.offsets[sent.length], pool.byteLength),
        ends: pool.offsets.slice(sent.length + 1, pool.length + 1),
      });
      sent.length = pool.length;
    }
    sent.lastUse = this.#batches;
    return sent.id;
  }
}

/** Makes batches out of what came of one thread, in the order it came. */
export class BatchUnpacker {
  readonly #pools: Map<number, StringPool> = new Map();

  /** Takes a batch, which can be made once it is known how many lines came before. */
  take(packed: PackedBatch, maxEventBytes: number): (firstLine: number) => ColumnBatch {
    for (const { id, interned, bytes, ends } of packed.pools) {
      let pool = this.#pools.get(id);
      if (pool === undefined) this.#pools.set(id, pool = new StringPool({ interned }));
      pool.append(bytes, ends);
    }
    const columns = new Map(
      Array.from(packed.columns, ([name, column]) => [name, this.#column(column)]),
    );
    for (const id of packed.forgotten) this.#pools.delete(id);
    const { rows, times, lineIndices, deadLetters, lines } = packed;
    let described: BatchLines | undefined;
    return (firstLine) => ({
      rows,
      columns,
      times,
      lineIndices,
      deadLetters: deadLetters.map((letter) => ({ ...letter, line: letter.line + firstLine })),
      accepted: rows + deadLetters.length,
      start: lines.start,
      end: lines.end,
      firstLine,
      nextLine: firstLine + packed.lineCount,
      isQuiet: lines.isQuiet ?? false,
      line(row) {
        described ??= new BatchLines(lines, firstLine);
        return described.describe(lineIndices[row]!, maxEventBytes);
      },
    });
  }

  #column(packed: PackedColumn): Column {
    const column = new Column(0);
    column.kinds = packed.kinds;
    if (packed.ints !== undefined) {
      column.ints = packed.ints;
      column.floats = asFloats(packed.ints);
    }
    if (packed.codes !== undefined) column.codes = packed.codes;
    if (packed.starts !== undefined) column.starts = packed.starts;
    if (packed.ends !== undefined) column.ends = packed.ends;
    column.pool = packed.pool === undefined ? undefined : this.#pools.get(packed.pool);
    for (const [name, field] of packed.fields ?? []) column.fields.set(name, this.#column(field));
    column.items = packed.items && this.#column(packed.items);
    return column;
  }
}
