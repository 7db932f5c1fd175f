// What runs in each worker: it decodes batches, holds their rows, and makes files of them, one job
// after the other.
import type { LocalRows, RowHolder } from "../columns/held_rows.ts";
import type { Field } from "../columns/schema.ts";
import type { Decoder } from "../decode/decoder.ts";
import { setJsonKernel } from "../decode/kernel_module.ts";
import { newDecoder } from "../decode/new_decoder.ts";
import { encodePart } from "../parquet/encode_part.ts";
import { setParquetKernel } from "../parquet/given_kernel.ts";
import type { ParquetCompression } from "../parquet/parquet_options.ts";
import { rowHolderFor } from "../parquet/row_holder.ts";
import { loadParquetWasm } from "../parquet/wasm.ts";
import { holdBatch } from "../window/hold_batch.ts";
import type { PartContent } from "../window/part_table.ts";
import { buffersOfResult } from "./buffers.ts";
import type {
  GivenRows,
  Job,
  JobResults,
  NumberedRows,
  Request,
  Response,
  SentBatch,
  SentContent,
  Setup,
} from "./messages.ts";
import { PortionReader, toPortion } from "./portion.ts";
import { answerMessages } from "./worker_thread.ts";

let compression: ParquetCompression;
let holder: RowHolder;
let decoder: Decoder | undefined;
let arrivalMs = 0;
/** Rows by their numbers. */
const held: Map<number, LocalRows> = new Map();
/** What was told last, and need not be told again. */
let lastSeen: LocalRows["seen"] | undefined;
let schema: readonly Field[] = [];
let previous: Promise<void> = Promise.resolve();

answerMessages((message, post) => {
  if ("jsonKernel" in (message as Setup | Request)) return setUp(message as Setup);
  const { id, job } = message as Request;
  previous = previous.then(async () => {
    let result;
    try {
      result = await doJob(job);
    } catch (error) {
      return post({ id, error } satisfies Response, []);
    }
    post({ id, result } satisfies Response, buffersOfResult(result));
  });
});

function setUp(setup: Setup): void {
  const { jsonKernel, parquetKernel, parquetWasm } = setup;
  ({ compression } = setup);
  setJsonKernel(jsonKernel);
  setParquetKernel(parquetKernel);
  holder = rowHolderFor(compression);
  if (parquetKernel !== null) return;
  const source = typeof parquetWasm === "string" ? new URL(parquetWasm) : parquetWasm;
  loadParquetWasm(source).catch(() => {}); // the first file that is encoded tells why
}

async function doJob(job: Job): Promise<JobResults[Job["type"]]> {
  switch (job.type) {
    case "hold":
      return hold(job);
    case "take":
      held.set(job.number, held.get(job.from)!.take(job.rows));
      return undefined;
    case "release":
      held.get(job.number)!.release(job.rows);
      return forget(job.number);
    case "give":
      return give(job);
    case "encode":
      return await encode(job);
  }
}

type JobOf<T extends Job["type"]> = Extract<Job, { readonly type: T }>;

function hold(job: JobOf<"hold">): SentBatch {
  const { lines, partitionBy, rules, tellsRows } = job;
  arrivalMs = job.arrivalMs;
  decoder ??= newDecoder(
    { ...job.events, now: () => arrivalMs, firstLine: 0, isLent: true },
    holder.kernel,
  );
  decoder.goTo(0); // lines are counted from the batch's first one
  const decoded = decoder.decode(lines);
  const batch = holdBatch(decoded, { partitionBy, rules, holder });
  return {
    lines,
    lineCount: batch.nextLine,
    accepted: batch.accepted,
    deadLetters: batch.deadLetters,
    maxTime: batch.maxTime,
    windows: batch.windows.map((window, i) => {
      const { start, partitions, ends, held: own } = window;
      held.set(job.firstNumber + i, own);
      const { seen } = own;
      const isNew = seen !== lastSeen;
      lastSeen = seen;
      return {
        start,
        rows: tellsRows ? window.rows.map((row) => decoded.lineIndices[row]!) : NO_ROWS,
        partitions,
        ends,
        held: {
          rows: own.rows,
          bytes: own.bytes,
          poolBytes: own.poolBytes,
          seen: isNew ? seen : undefined,
        },
      };
    }),
  };
}

const NO_ROWS = new Uint32Array(0);

/** What a file is made of, where the rows are. */
function contentHere(
  content: SentContent<NumberedRows | GivenRows>,
  readers: readonly PortionReader[],
): PartContent {
  schema = content.schema ?? schema;
  const runs = content.runs.map(({ held: rows, start, end }) =>
    "number" in rows
      ? { held: held.get(rows.number)!, start, end }
      : readers[rows.portion]!.take(end - start)
  );
  return { ...content, schema, runs };
}

function forgetAll({ runs }: SentContent<NumberedRows | GivenRows>): void {
  for (const { held: rows } of runs) if ("number" in rows) forget(rows.number);
}

/** Forgets rows if none is needed any more. */
function forget(number: number): undefined {
  if (held.get(number)?.rowsLeft === 0) held.delete(number);
}

function give({ content }: JobOf<"give">): JobResults["give"] {
  const portion = toPortion(contentHere(content, []));
  forgetAll(content);
  return portion;
}

async function encode({ content, given }: JobOf<"encode">): Promise<JobResults["encode"]> {
  const readers = given.map((portion) => new PortionReader(portion, holder));
  const encoded = await encodePart(contentHere(content, readers), { compression });
  forgetAll(content);
  return encoded;
}
