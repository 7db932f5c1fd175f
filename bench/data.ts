import { createWriteStream, existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { simulateJsonLines } from "../mod.ts";

const DIRECTORY = "bench/data";

/**
 * What the events are like: a night's hour has a few thousand, a busy one 17,000, about 1 KB each.
 * A name for each set of parameters, so that other parameters are other files.
 */
const SIMULATION = { users: 1000, sessionsPerDay: 100_000, seed: 1 };

/** A file of this many simulated events, newline-delimited JSON: made unless it is there. */
export async function eventsFile(events: number): Promise<string> {
  const { users, sessionsPerDay, seed } = SIMULATION;
  const path = join(
    DIRECTORY,
    `events-${events}-users-${users}-sessions-${sessionsPerDay}-seed-${seed}.ndjson`,
  );
  if (existsSync(path)) return path;
  console.error(`making ${path}`);
  mkdirSync(DIRECTORY, { recursive: true });
  const unfinished = `${path}.part`;
  const lines = simulateJsonLines({ ...SIMULATION, events });
  await lines.pipeTo(Writable.toWeb(createWriteStream(unfinished)));
  renameSync(unfinished, path);
  return path;
}
