import type { Job, JobResults } from "./messages.ts";
import { buffersOfPortion } from "./portion.ts";

// Large buffers are handed over instead of copied: nobody uses them where they come from any more.
// What is small beside them is copied, which takes less time.

/** The buffers that a job hands over. */
export function buffersOfJob(job: Job): ArrayBuffer[] {
  switch (job.type) {
    case "hold":
      return [bufferOf(job.lines.bytes)];
    case "encode":
      return job.given.flatMap(buffersOfPortion);
    default:
      return [];
  }
}

/** Those that are handed over with what comes of a job. */
export function buffersOfResult(result: JobResults[Job["type"]]): ArrayBuffer[] {
  if (result === undefined) return [];
  if ("lines" in result) return [bufferOf(result.lines.bytes)];
  return "bytes" in result ? [bufferOf(result.bytes)] : buffersOfPortion(result);
}

function bufferOf({ buffer }: Uint8Array): ArrayBuffer {
  return buffer as ArrayBuffer;
}
