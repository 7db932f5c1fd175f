import type { CommittedCounts } from "./commit_log/table_committer.ts";
import type { WindowingCounts } from "./window/windowed_partitions.ts";

/** How far a run has come. All counts are of this run. */
export interface Progress extends CommittedCounts, WindowingCounts {
  /** Bytes read from the source. */
  readonly bytesRead: number;
  /** Since the run began, in milliseconds. */
  readonly elapsedMs: number;
}

/** Collects what the stages report, and hands it to whoever wants to know. */
export class ProgressFeed {
  readonly #onProgress: ((progress: Progress) => void) | undefined;
  readonly #started: number = performance.now();
  #bytesRead = 0;
  #last: Progress | undefined;
  #waiting: (() => void)[] = [];
  #hasEnded = false;

  constructor(onProgress: ((progress: Progress) => void) | undefined) {
    this.#onProgress = onProgress;
  }

  /** Counts bytes that were read. */
  addBytes(count: number): void {
    this.#bytesRead += count;
  }

  /** Takes the counts of the stages, and makes the progress of them. */
  report(counts: CommittedCounts & WindowingCounts): Progress {
    const elapsedMs = Math.round(performance.now() - this.#started);
    this.#last = { ...counts, bytesRead: this.#bytesRead, elapsedMs };
    this.#onProgress?.(this.#last);
    this.#wake();
    return this.#last;
  }

  /** The run is over: those that wait for progress get no more. */
  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  /** The newest progress each time; one that is slow to ask misses what came between. */
  async *iterate(run: Promise<unknown>): AsyncGenerator<Progress, void> {
    let seen: Progress | undefined;
    while (true) {
      if (this.#last !== undefined && this.#last !== seen) yield seen = this.#last;
      else if (this.#hasEnded) break;
      else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    await run; // fails as the run did
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
