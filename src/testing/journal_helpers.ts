import type { Journal } from "../journal/journal.ts";
import { assertBytes } from "./assert.ts";

/** A record that tells its seed. */
export function record(segment: string, seed: number): { segment: string; payload: Uint8Array } {
  return { segment, payload: new Uint8Array([seed, 10, 0, 255]) };
}

/** Every verb that changes something, not yet called. */
export function everyChange(journal: Journal, segment: string): (() => Promise<void>)[] {
  return [
    () => journal.append([record(segment, 1)]),
    () => journal.seal([segment], 1),
    () => journal.delete([segment]),
  ];
}

/** Opens the journal; every segment, as text. */
export async function contentsOf(journal: Journal): Promise<string[]> {
  const { segments } = await journal.open();
  return segments.map(({ segment, number }) => `${segment}: ${number ?? "open"}`);
}

/** What `read` gives. */
export async function payloadsOf(journal: Journal, segment: string): Promise<Uint8Array[]> {
  const payloads = [];
  for await (const payload of journal.read(segment)) payloads.push(payload);
  return payloads;
}

/** The seeds of the records in a segment. */
export async function seedsOf(journal: Journal, segment: string): Promise<number[]> {
  const seeds = [];
  for (const payload of await payloadsOf(journal, segment)) {
    const seed = payload[0] ?? NaN;
    assertBytes(payload, record(segment, seed).payload, `segment ${segment}`);
    seeds.push(seed);
  }
  return seeds;
}
