import type { Rates } from "../protocol.ts";

const SAMPLE_MS = 1000;
/** Two minutes. */
const MAX_SAMPLES = 120;

/** What has been counted by some moment. */
interface Totals {
  readonly events: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Rates of the last minutes, from totals that only grow. */
export class RateLog {
  readonly #times: number[] = [];
  readonly #events: number[] = [];
  readonly #bytesRead: number[] = [];
  readonly #bytesWritten: number[] = [];
  #last: { readonly at: number; readonly totals: Totals } | undefined;

  /** Takes the totals of now, any number of times a second. */
  add(totals: Totals): void {
    const at = Date.now();
    if (this.#last === undefined) {
      this.#last = { at, totals };
      return;
    }
    const seconds = (at - this.#last.at) / 1000;
    if (seconds * 1000 < SAMPLE_MS) return;
    const { totals: before } = this.#last;
    const rate = (now: number, then: number) => Math.max(0, (now - then) / seconds);
    this.#times.push(at / 1000);
    this.#events.push(rate(totals.events, before.events));
    this.#bytesRead.push(rate(totals.bytesRead, before.bytesRead));
    this.#bytesWritten.push(rate(totals.bytesWritten, before.bytesWritten));
    this.#last = { at, totals };
    for (const values of [this.#times, this.#events, this.#bytesRead, this.#bytesWritten]) {
      if (values.length > MAX_SAMPLES) values.shift();
    }
  }

  /** A run begins: what is counted begins at nothing. */
  restart(): void {
    this.#last = undefined;
  }

  /** Forgets all. */
  clear(): void {
    this.restart();
    for (const values of [this.#times, this.#events, this.#bytesRead, this.#bytesWritten]) {
      values.length = 0;
    }
  }

  /** The rates so far. */
  get rates(): Rates {
    return {
      times: this.#times,
      eventsPerSecond: this.#events,
      bytesReadPerSecond: this.#bytesRead,
      bytesWrittenPerSecond: this.#bytesWritten,
    };
  }
}
