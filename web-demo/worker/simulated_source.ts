import { simulateJsonLines } from "sluice";
import { withTrouble } from "./trouble.ts";

/** About 250,000 events a day: more at noon, fewer at night. */
const SESSIONS_PER_DAY = 100_000;
const USERS = 2000;
const NEWLINE = 10;
/** How often events are handed over. */
const TICK_MS = 50;
/** From this speed on, events come as fast as they are written. */
export const FULL_SPEED = 100_000;
/** Most events that are handed over at once. */
const MAX_EVENTS = 2000;

/** Visitors of a shop whose clicks come at a speed that can be changed meanwhile. */
export class SimulatedSource {
  readonly #lines: AsyncIterator<Uint8Array>;
  #eventsPerSecond: number;
  #isStopped = false;

  /**
   * @param options `seed` and `startMs` of the simulation; `hasTrouble` for late, broken and odd
   * events among them.
   */
  constructor(
    options: {
      readonly seed: number;
      readonly startMs: number;
      readonly hasTrouble: boolean;
      readonly eventsPerSecond: number;
    },
  ) {
    const { seed, startMs, hasTrouble } = options;
    const chunks = simulateJsonLines({
      seed,
      start: startMs,
      sessionsPerDay: SESSIONS_PER_DAY,
      users: USERS,
    });
    const lines = linesOf(chunks);
    this.#lines = (hasTrouble ? withTrouble(lines) : lines)[Symbol.asyncIterator]();
    this.#eventsPerSecond = options.eventsPerSecond;
  }

  set eventsPerSecond(value: number) {
    this.#eventsPerSecond = value;
  }

  /** Ends the stream after the piece that is under way. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Pieces of whole lines. */
  async *pieces(): AsyncGenerator<Uint8Array, void, void> {
    let due = 0;
    let last = performance.now();
    while (!this.#isStopped) {
      const now = performance.now();
      const isFull = this.#eventsPerSecond >= FULL_SPEED;
      // What could not be done in time is not made up for: the speed was too high.
      due = isFull
        ? MAX_EVENTS
        : Math.min(due + (now - last) * this.#eventsPerSecond / 1000, MAX_EVENTS);
      last = now;
      const count = Math.floor(due);
      if (count > 0) {
        due -= count;
        yield await this.#take(count);
      }
      const waitMs = isFull ? 0 : TICK_MS - (performance.now() - now);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
    }
  }

  async #take(count: number): Promise<Uint8Array> {
    const lines: Uint8Array[] = [];
    let size = 0;
    while (lines.length < count) {
      const { done, value } = await this.#lines.next();
      if (done) break;
      lines.push(value);
      size += value.length;
    }
    const piece = new Uint8Array(size);
    let at = 0;
    for (const line of lines) {
      piece.set(line, at);
      at += line.length;
    }
    return piece;
  }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length;) {
      const end = chunk.indexOf(NEWLINE, start) + 1;
      yield chunk.subarray(start, end);
      start = end;
    }
  }
}
