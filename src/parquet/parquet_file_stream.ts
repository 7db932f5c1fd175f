import type { ColumnStats } from "../columns/stats.ts";
import {
  type ParquetOptions,
  type ParquetSettings,
  resolveParquetOptions,
} from "./parquet_options.ts";
import { GeneratorStream } from "../generator_stream.ts";
import { partKey } from "../partition/part_key.ts";
import type { Partition } from "../partition/partitioner.ts";
import type { Window } from "../window/tumbling.ts";
import type { CommitPoint, PartRows } from "../window/windowed_partitions.ts";
import { mapAhead } from "../workers/map_ahead.ts";
import type { WorkerPool } from "../workers/worker_pool.ts";
import type { PartContent } from "../window/part_table.ts";
import { encodePart } from "./on_demand.ts";

/** A whole Parquet file, and what it holds. */
export interface PartFile {
  readonly type: "file";
  /** Its key in the store: `page=%2Fhome/20220601T001500Z-15m-main-0.parquet`. */
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly rows: number;
  /** How many of the rows hold something in `_rescued_data`. */
  readonly rescued: number;
  readonly window: Window;
  readonly partition: Partition;
  /** Whether the file belongs to a later commit: that of its window, which is still open. */
  readonly isEarly: boolean;
  /** Of each column, by name. */
  readonly stats: Readonly<Record<string, ColumnStats>>;
}

/**
 * Parts of closed windows in, Parquet files out, one at a time. Commit points pass through.
 *
 * @example
 * ```ts
 * import { JsonLinesDecoderStream, ParquetFileStream, WindowedPartitionStream } from "sluice";
 *
 * const files = new Blob(['{"page":"/home","at":0}\n']).stream()
 *   .pipeThrough(new JsonLinesDecoderStream({ time: "at" }))
 *   .pipeThrough(new WindowedPartitionStream({ partitionBy: ["page"] }))
 *   .pipeThrough(new ParquetFileStream({ compression: "zstd" }));
 * for await (const file of files) {
 *   if (file.type === "file") console.log(file.key); // page=%2Fhome/19700101T000000Z-15m-main-0.parquet
 * }
 * ```
 */
export class ParquetFileStream
  extends GeneratorStream<PartRows | CommitPoint, PartFile | CommitPoint> {
  /** @throws {RangeError} If an option is not what it must be. */
  constructor(options: ParquetOptions = {}) {
    const settings = resolveParquetOptions(options);
    super((parts) => encodeParts(parts, settings));
  }
}

/**
 * Makes files of parts.
 *
 * @param pool Workers to encode in, instead of here.
 */
export function encodeParts(
  parts: AsyncIterable<PartRows | CommitPoint>,
  settings: ParquetSettings,
  pool?: WorkerPool,
): AsyncGenerator<PartFile | CommitPoint, void> {
  return mapAhead(
    parts,
    async (item) => item.type === "commit" ? item : await toPartFile(item, settings, pool),
    pool?.filesAhead ?? 0,
  );
}

/** Encodes the rows of a part: here, or in a worker. */
export async function toPartFile(
  part: PartRows,
  { compression, writer }: ParquetSettings,
  pool?: WorkerPool,
): Promise<PartFile> {
  const { window, partition, rows, isEarly } = part;
  const { bytes, stats, rescued } = pool === undefined
    ? await encodePart(part.content as PartContent, { compression })
    : await pool.encode(part.content);
  return {
    type: "file",
    key: partKey({ ...part, path: partition.path, writer }),
    bytes,
    rows,
    rescued,
    window,
    partition,
    isEarly,
    stats,
  };
}
