import type { Table } from "../columns/vector.ts";
import type { LineBatch } from "../decode/line_batcher.ts";
import type { EventOptions } from "../decode/event_reader.ts";
import type { EncodedTable } from "../parquet/encode_table.ts";
import type { ParquetCompression } from "../parquet/parquet_options.ts";
import type { SharedParquetWasm } from "../parquet/wasm.ts";
import type { PackedBatch } from "./packed_batch.ts";

/** What a worker is asked to do. The first message of a decoder tells it about the events. */
export type Job =
  | {
    readonly type: "decode";
    readonly lines: LineBatch;
    readonly options: EventOptions;
    /** Arrival time, in milliseconds since the epoch. */
    readonly arrivalMs: number;
  }
  | { readonly type: "encode"; readonly table: Table; readonly compression: ParquetCompression };

/** What comes of a job. */
export interface JobResults {
  readonly decode: PackedBatch;
  readonly encode: EncodedTable;
}

/** The first message to each worker: what it need not find and compile by itself. */
export interface Setup {
  readonly jsonKernel: WebAssembly.Module | null;
  readonly parquetKernel: WebAssembly.Module | null;
  /** For what has no kernel; a URL as text, for those cannot be sent. */
  readonly parquetWasm: Exclude<SharedParquetWasm, URL> | string;
}

/** A job as it is sent. Each worker does its jobs in order, and answers each one. */
export interface Request {
  readonly id: number;
  readonly job: Job;
}

/** The answer to a job. */
export type Response =
  | { readonly id: number; readonly result: JobResults[Job["type"]] }
  | { readonly id: number; readonly error: unknown };
