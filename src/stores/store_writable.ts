import { deadLetterBytes, deadLetterKey } from "../decode/dead_letter_file.ts";
import type { PartFile } from "../parquet/parquet_file_stream.ts";
import type { CommitPoint } from "../window/windowed_partitions.ts";
import type { Store } from "./store.ts";

/**
 * Puts files into a store as they come: plain Hive-partitioned Parquet, with no commit log. Files
 * of two runs may have the same names; a table that is to grow wants a `TableWriter`.
 *
 * @example
 * ```ts
 * import { JsonLinesDecoderStream, MemoryStore, ParquetFileStream, StoreWritable, WindowedPartitionStream } from "sluice";
 *
 * const store = new MemoryStore();
 * await new Blob(['{"page":"/home","at":0}\n']).stream()
 *   .pipeThrough(new JsonLinesDecoderStream({ time: "at" }))
 *   .pipeThrough(new WindowedPartitionStream({ partitionBy: ["page"] }))
 *   .pipeThrough(new ParquetFileStream())
 *   .pipeTo(new StoreWritable(store));
 * ```
 */
export class StoreWritable extends WritableStream<PartFile | CommitPoint> {
  constructor(store: Store, options: { readonly writer?: string } = {}) {
    const { writer = "main" } = options;
    super({
      async write(item) {
        if (item.type === "file") await store.put(item.key, item.bytes);
        else if (item.deadLetters.length > 0) {
          await store.put(deadLetterKey(writer, item.number), deadLetterBytes(item.deadLetters));
        }
      },
    });
  }
}
