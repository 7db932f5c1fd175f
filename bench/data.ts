import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { DataSet } from "./data_sets.ts";

const DIRECTORY = "bench/data";
const MOST_KEPT_BYTES = 1e9;

/** A file of this many events, newline-delimited JSON: made unless it is there. */
export async function eventsFile(set: DataSet, events: number): Promise<string> {
  const path = join(DIRECTORY, set.fileOf(events));
  if (existsSync(path)) return path;
  console.error(`making ${path}`);
  mkdirSync(DIRECTORY, { recursive: true });
  const unfinished = `${path}.part`;
  await pipeline(set.make(events), createWriteStream(unfinished));
  renameSync(unfinished, path);
  return path;
}

/** Removes a file of events that takes more room than a later run is worth. */
export function removeIfLarge(path: string): void {
  if (statSync(path).size > MOST_KEPT_BYTES) rmSync(path);
}
