import type { FieldGuess, Source } from "../protocol.ts";
import { isGzip } from "./byte_sources.ts";

/** How much of a source is looked at. */
const HEAD_BYTES = 256 << 10;
const MAX_LINES = 200;
/** More distinct values than this make too many directories. */
const MAX_PARTITIONS = 24;

/** Looks at the first events of a source for a time, and for what they may be partitioned by. */
export async function guessFields(source: Source): Promise<FieldGuess> {
  const events = eventsIn(await headOf(source));
  const values = new Map<string, unknown[]>();
  for (const event of events) {
    for (const [name, value] of Object.entries(event)) {
      const known = values.get(name);
      if (known === undefined) values.set(name, [value]);
      else known.push(value);
    }
  }
  const times = [...values].filter(([, all]) => all.length === events.length && all.every(isTime));
  return {
    fields: [...values.keys()],
    timeField: (times.find(([name]) => /time|date|^ts$|^at$|_at$/i.test(name)) ?? times[0])?.[0],
    partitionField: partitionFieldOf(values, events.length),
  };
}

async function headOf(source: Source): Promise<string> {
  if (source.kind === "text") return source.text.slice(0, HEAD_BYTES);
  if (source.kind !== "file") return "";
  const { file } = source;
  if (!await isGzip(file)) return await file.slice(0, HEAD_BYTES).text();
  const reader = file.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (text.length < HEAD_BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text;
}

function eventsIn(text: string): Record<string, unknown>[] {
  const events: Record<string, unknown>[] = [];
  for (const line of text.split("\n", MAX_LINES)) {
    try {
      const event: unknown = JSON.parse(line);
      if (typeof event === "object" && event !== null && !Array.isArray(event)) {
        events.push(event as Record<string, unknown>);
      }
    } catch {
      // A broken line, or the last, which was cut.
    }
  }
  return events;
}

const EARLIEST_MS = Date.UTC(1995, 0);
const LATEST_MS = Date.UTC(2100, 0);

function isTime(value: unknown): boolean {
  if (typeof value === "number") return EARLIEST_MS < value && value < LATEST_MS;
  return typeof value === "string" && /^\d{4}-\d\d-\d\d([T ]|$)/.test(value);
}

function partitionFieldOf(
  values: ReadonlyMap<string, readonly unknown[]>,
  events: number,
): string | undefined {
  const candidates = [...values].filter(([, all]) => {
    const distinct = new Set(all).size;
    return all.length === events && all.every((value) => typeof value === "string") &&
      !all.every(isTime) && distinct > 1 && distinct <= Math.min(MAX_PARTITIONS, events / 2);
  }).map(([name]) => name);
  return candidates.find((name) => /path|page|type|kind|event|topic|country/i.test(name)) ??
    candidates[0];
}
