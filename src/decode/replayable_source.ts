/**
 * Bytes that can be read again from any place, such as a file: what was read of it is committed with
 * the events, so a run goes on where the one before left off, and no event is lost or doubled.
 *
 * @example
 * ```ts
 * import type { ReplayableSource } from "sluice";
 *
 * const text = new TextEncoder().encode('{"page":"/home"}\n');
 * const source: ReplayableSource = {
 *   id: "memory:example",
 *   open: async (offset) => new Blob([text.subarray(offset)]).stream(),
 * };
 * ```
 */
export interface ReplayableSource {
  /** Names the source: the same for the same content, and as it grows. */
  readonly id: string;
  /**
   * The bytes from `offset` to the end; none when the source is not that long.
   *
   * @param signal Gives up with the signal's reason.
   */
  open(offset: number, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

/** Whether a source can be read again. */
export function isReplayable(source: object | string): source is ReplayableSource {
  return typeof source === "object" && source !== null && "open" in source &&
    typeof source.open === "function" &&
    "id" in source && typeof source.id === "string";
}
