import type { BodyLine } from "./split_events.ts";

/** What one shard gets of a body. */
export interface ShardShare {
  readonly shard: number;
  readonly lines: readonly BodyLine[];
  /** Length of the lines with their newlines. */
  readonly bytes: number;
}

/**
 * Deals the events of a body out to shards by the fields that they are partitioned by, so that all
 * events of a key come to one shard, and each file is written by one. What has no key, or is no
 * event, goes by its bytes. It depends on nothing else, so that a repeated batch goes the same way.
 */
export function routeEvents(
  lines: readonly BodyLine[],
  { shards, keyFields, maxEventBytes }: {
    readonly shards: number;
    readonly keyFields: readonly string[];
    readonly maxEventBytes: number;
  },
): ShardShare[] {
  const shares = new Map<number, { lines: BodyLine[]; bytes: number }>();
  for (const line of lines) {
    const { bytes } = line;
    const key = keyFields.length === 0 || bytes.length > maxEventBytes
      ? undefined
      : keyOf(bytes, keyFields);
    const hash = key === undefined ? hashBytes(bytes) : hashText(key);
    const shard = hash % shards;
    let share = shares.get(shard);
    if (share === undefined) shares.set(shard, share = { lines: [], bytes: 0 });
    share.lines.push(line);
    share.bytes += bytes.length + 1;
  }
  return [...shares].map(([shard, share]) => ({ shard, ...share }));
}

const decoder = new TextDecoder();

function keyOf(bytes: Uint8Array, fields: readonly string[]): string | undefined {
  try {
    const event: unknown = JSON.parse(decoder.decode(bytes));
    if (typeof event !== "object" || event === null) return undefined;
    return JSON.stringify(
      fields.map((field) => Object.hasOwn(event, field) ? event[field as never] : undefined),
    );
  } catch {
    return undefined;
  }
}

/** FNV-1a, 32 bits. */
function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
