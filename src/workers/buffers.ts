/**
 * The buffers in a message, which are handed over instead of copied: nobody uses them where they come
 * from any more.
 */
export function buffersIn(message: unknown): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (ArrayBuffer.isView(value)) {
      // Empty arrays may be one and the same everywhere.
      if (value.byteLength > 0) buffers.add(value.buffer as ArrayBuffer);
    } else if (value instanceof Map) { for (const item of value.values()) visit(item); }
    else for (const item of Object.values(value)) visit(item);
  };
  visit(message);
  return [...buffers];
}
