import type { Job } from "./messages.ts";

/**
 * The buffers in a job or its answer that are handed over instead of copied. Lines and batches go
 * with all they have, for nobody uses them where they come from any more. Of a table only the
 * arrays that have a buffer to themselves: others may be views of what is still in use.
 */
export function buffersIn(message: unknown, job: Job): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (ArrayBuffer.isView(value)) {
      const isOwner = job.type === "decode" || value.byteLength === value.buffer.byteLength;
      // Empty arrays may be one and the same everywhere.
      if (isOwner && value.byteLength > 0) buffers.add(value.buffer as ArrayBuffer);
    } else if (value instanceof Map) { for (const item of value.values()) visit(item); }
    else for (const item of Object.values(value)) visit(item);
  };
  visit(message);
  return [...buffers];
}
