// What runs in each worker: it decodes batches and encodes files, one job after the other.
import type { Decoder } from "../decode/decoder.ts";
import { newDecoder } from "../decode/new_decoder.ts";
import { setJsonKernel } from "../decode/kernel_module.ts";
import { setParquetKernel } from "../parquet/given_kernel.ts";
import { loadParquetWasm } from "../parquet/wasm.ts";
import { encodeTable } from "../parquet/encode_table.ts";
import { buffersIn } from "./buffers.ts";
import type { Job, JobResults, Request, Response, Setup } from "./messages.ts";
import { BatchPacker } from "./packed_batch.ts";
import { answerMessages } from "./worker_thread.ts";

const packer = new BatchPacker();
let arrivalMs = 0;
let decoder: Decoder | undefined;
let previous: Promise<void> = Promise.resolve();

answerMessages((message, post) => {
  if ("jsonKernel" in (message as Setup | Request)) return setUp(message as Setup);
  const { id, job } = message as Request;
  previous = previous.then(async () => {
    const answer = await doJob(job).then(
      (result): Response => ({ id, result }),
      (error: unknown): Response => ({ id, error }),
    );
    post(answer, buffersIn(answer, job));
  });
});

function setUp({ jsonKernel, parquetKernel, parquetWasm }: Setup): void {
  setJsonKernel(jsonKernel);
  setParquetKernel(parquetKernel);
  if (parquetKernel !== null) return;
  const source = typeof parquetWasm === "string" ? new URL(parquetWasm) : parquetWasm;
  loadParquetWasm(source).catch(() => {}); // the first file that is encoded tells why
}

async function doJob(job: Job): Promise<JobResults[Job["type"]]> {
  if (job.type === "encode") {
    const { table, compression } = job;
    return await encodeTable(table, { compression });
  }
  arrivalMs = job.arrivalMs;
  decoder ??= newDecoder({ ...job.options, now: () => arrivalMs, firstLine: 0 });
  decoder.goTo(0); // lines are counted from the batch's first one
  return packer.pack(decoder.decode(job.lines), job.lines);
}
