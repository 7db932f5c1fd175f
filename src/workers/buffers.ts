/**
 * The buffers in a message that can be handed over instead of copied: those that typed arrays have
 * to themselves. A view of a part would drag along what others may still use.
 */
export function buffersIn(message: unknown): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
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
