/**
 * Streams to partitioned Parquet, in any JavaScript runtime.
 *
 * {@linkcode streamToParquet} writes a stream of JSON events as Hive-partitioned Parquet, one file
 * for each partition and window of event time, in a directory that is also a Delta Lake table. The
 * stages it is made of are Web Streams and stand here too.
 *
 * @module
 */

// The whole way.
export {
  type StreamRun,
  streamToParquet,
  type StreamToParquetOptions,
  type Summary,
} from "./src/pipeline.ts";
export { type AppendResult, TableWriter, type TableWriterOptions } from "./src/table_writer.ts";
export type { Progress } from "./src/progress.ts";

export { setWorkerScript } from "./src/workers/worker_script.ts";
export type { WorkerPool } from "./src/workers/worker_pool.ts";

// Sources, and bytes to columns.
export type { EventChunk, EventObject, EventSource } from "./src/decode/byte_stream.ts";
export type { DecodeOptions, TimeField } from "./src/decode/decode_options.ts";
export type { TimeUnit } from "./src/decode/event_time.ts";
export type { DeadLetter, DeadLetterReason } from "./src/decode/dead_letter.ts";
export {
  type DecodeStart,
  JsonLinesDecoderStream,
} from "./src/decode/json_lines_decoder_stream.ts";
export type { ReplayableSource } from "./src/decode/replayable_source.ts";
export type { SourceStatus } from "./src/decode/resume.ts";
export type { ColumnBatch, SourceLine } from "./src/columns/column_batch.ts";
export type { Column } from "./src/columns/column.ts";
export type { Kind } from "./src/columns/kind.ts";
export type { StringPool } from "./src/columns/string_pool.ts";
export type { TypeName } from "./src/columns/type_name.ts";

export { GeneratorStream } from "./src/generator_stream.ts";

// Windows and partitions.
export type { Clock } from "./src/options.ts";
export { type Duration, formatDuration, parseDuration } from "./src/window/duration.ts";
export { tumbling, type TumblingWindows, type Window } from "./src/window/tumbling.ts";
export type { WindowOptions } from "./src/window/window_options.ts";
export { WindowedPartitionStream } from "./src/window/windowed_partition_stream.ts";
export {
  type WindowReduceOptions,
  WindowReduceStream,
  type WindowReduction,
} from "./src/window/window_reduce_stream.ts";
export type {
  CommitPoint,
  LatePolicy,
  PartRows,
  ResumePoint,
  SourcePosition,
  WindowingCounts,
  WindowingState,
} from "./src/window/windowed_partitions.ts";
export {
  day,
  hour,
  month,
  type PartitionColumn,
  type TimePart,
  year,
} from "./src/partition/partition_column.ts";
export { hiveSegment, parseHiveSegment } from "./src/partition/hive.ts";
export { parsePartKey, partKey, type PartName } from "./src/partition/part_key.ts";
export type { Partition } from "./src/partition/partitioner.ts";

// Parquet.
export { ParquetFileStream, type PartFile } from "./src/parquet/parquet_file_stream.ts";
export type { ParquetCompression, ParquetOptions } from "./src/parquet/parquet_options.ts";
export { setKernel } from "./src/set_kernel.ts";
export { loadParquetWasm, type ParquetWasmSource } from "./src/parquet/wasm.ts";
export type { ColumnStats, StatValue } from "./src/columns/stats.ts";
export type { DataType, Field } from "./src/columns/schema.ts";
export type { GatheredTable } from "./src/columns/table.ts";
export type { Table, Vector } from "./src/columns/vector.ts";

// Stores and the commit log.
export {
  assertStoreKey,
  assertStorePrefix,
  assertStoreRange,
  isUnderPrefix,
  resolveStoreRange,
  type Store,
  type StoreEntry,
  type StoreOptions,
  type StorePutOptions,
  type StoreRange,
} from "./src/stores/store.ts";
export { storeFailure, storeOperation } from "./src/stores/operation.ts";
export { MemoryStore } from "./src/stores/memory.ts";
export { prefixedStore } from "./src/stores/prefixed.ts";
export { StoreWritable } from "./src/stores/store_writable.ts";
export { readSnapshot, type ReadSnapshotOptions } from "./src/commit_log/snapshot.ts";
export type { Snapshot, TableHead } from "./src/commit_log/table_state.ts";
export type {
  AddFile,
  MetaData,
  PartitionValues,
  Protocol,
  RemoveFile,
  Txn,
} from "./src/commit_log/actions.ts";
export type { OtherType, TableColumn } from "./src/commit_log/schema.ts";
export type { CommittedCounts } from "./src/commit_log/table_committer.ts";

export {
  type CompactionProgress,
  type CompactionSummary,
  compactTable,
  type CompactTableOptions,
} from "./src/maintenance/compact.ts";
export { readTableRows, type ReadTableRowsOptions } from "./src/maintenance/read_rows.ts";
export {
  type VacuumSummary,
  vacuumTable,
  type VacuumTableOptions,
} from "./src/maintenance/vacuum.ts";
export { zipTable, type ZipTableOptions } from "./src/zip/zip_table.ts";

// The journal.
export type {
  Journal,
  JournalContents,
  JournalOpenOptions,
  JournalRecord,
  JournalSegment,
  JournalWarning,
} from "./src/journal/journal.ts";
export { MemoryJournal } from "./src/journal/memory.ts";
export {
  JournalCorruptError,
  JournalError,
  JournalFencedError,
  JournalLockedError,
  type JournalOperation,
} from "./src/journal/errors.ts";

// Errors to catch.
export { StoreError, WriterFencedError } from "./src/errors.ts";
export {
  CommitConflictError,
  CorruptLogError,
  TableMismatchError,
  UnsupportedTableError,
} from "./src/commit_log/errors.ts";

// Fake web events.
export {
  simulateEvents,
  simulateJsonLines,
  type SimulateOptions,
  type WebEvent,
} from "./src/simulate/mod.ts";
