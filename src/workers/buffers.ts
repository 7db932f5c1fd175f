import type { Job } from "./messages.ts";

/**
 * The buffers in a job or its answer that can be handed over instead of copied: those that typed
 * arrays have to themselves, since a view of a part would drag along what others may still use; and
 * that of the lines, whose rest is of no use to anybody.
 */
export function buffersIn(message: unknown, job: Job): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  if (job.type === "decode") buffers.add(job.lines.bytes.buffer as ArrayBuffer);
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (ArrayBuffer.isView(value)) {
      if (value.byteLength === value.buffer.byteLength) buffers.add(value.buffer as ArrayBuffer);
    } else if (value instanceof Map) { for (const item of value.values()) visit(item); }
    else for (const item of Object.values(value)) visit(item);
  };
  visit(message);
  return [...buffers];
}
