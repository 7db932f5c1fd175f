import type { HeldRows } from "../columns/held_rows.ts";
import type { Field } from "../columns/schema.ts";
import type { EventOptions } from "../decode/event_reader.ts";
import type { LineBatch } from "../decode/line_batcher.ts";
import type { EncodedPart } from "../parquet/encode_part.ts";
import type { ParquetCompression } from "../parquet/parquet_options.ts";
import type { SharedParquetWasm } from "../parquet/wasm.ts";
import type { PartitionColumn } from "../partition/partition_column.ts";
import type { AssignmentRules } from "../window/assign_rows.ts";
import type { HeldBatch, WindowOfBatch } from "../window/hold_batch.ts";
import type { PartContent } from "../window/part_table.ts";
import type { Portion } from "./portion.ts";

/** The first message to each worker: what it need not find and compile by itself, and what is to do. */
export interface Setup {
  /** `undefined` for the one at hand. */
  readonly jsonKernel: WebAssembly.Module | null | undefined;
  readonly parquetKernel: WebAssembly.Module | null;
  /** For what has no kernel; a URL as text, for those cannot be sent. */
  readonly parquetWasm: Exclude<SharedParquetWasm, URL> | string;
  readonly compression: ParquetCompression;
}

/** What a worker is asked to do. Rows that it holds have a number, which those who ask give out. */
export type Job =
  /** Decodes a batch and holds its rows, those of each window under the next number. */
  | {
    readonly type: "hold";
    readonly lines: LineBatch;
    readonly events: EventOptions;
    /** Arrival time, in milliseconds since the epoch. */
    readonly arrivalMs: number;
    readonly partitionBy: readonly PartitionColumn[];
    readonly rules: AssignmentRules;
    readonly tellsRows: boolean;
    readonly firstNumber: number;
  }
  /** Holds some of the rows under another number too. */
  | {
    readonly type: "take";
    readonly from: number;
    readonly rows: Uint32Array;
    readonly number: number;
  }
  | { readonly type: "release"; readonly number: number; readonly rows: number }
  /** Gives rows away, for another worker to make a file of. */
  | { readonly type: "give"; readonly content: SentContent<NumberedRows> }
  /** Makes a file of rows held here, and of those that others gave away. */
  | {
    readonly type: "encode";
    readonly content: SentContent<NumberedRows | GivenRows>;
    readonly given: readonly Portion[];
  };

/** What a file is to be like. */
export interface SentContent<R> extends Omit<PartContent<R>, "schema"> {
  /** `undefined` if it is that of the worker's last file. */
  readonly schema: readonly Field[] | undefined;
}

/** Rows that a worker holds under a number. */
export interface NumberedRows {
  readonly number: number;
}

/** The next rows of a portion. */
export interface GivenRows {
  readonly portion: number;
}

/** What comes of a job. */
export interface JobResults {
  readonly hold: SentBatch;
  readonly take: undefined;
  readonly release: undefined;
  readonly give: Portion;
  readonly encode: EncodedPart;
}

/** A {@linkcode HeldBatch}, whose lines are counted from its first one. */
export interface SentBatch extends Pick<HeldBatch, "accepted" | "deadLetters" | "maxTime"> {
  readonly lines: LineBatch;
  readonly lineCount: number;
  readonly windows: readonly SentWindow[];
}

/** Rows of one window, by the numbers of their lines where those are told. */
export interface SentWindow extends Omit<WindowOfBatch, "held"> {
  readonly held: Pick<HeldRows, "rows" | "bytes" | "poolBytes"> & {
    /** `undefined` if it is what the worker told last. */
    readonly seen: HeldRows["seen"] | undefined;
  };
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
