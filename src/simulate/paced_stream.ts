/** Makes chunks of events when asked to. */
export interface ChunkSource<T> {
  /** The events chunks are made of. */
  readonly events: {
    /** How many were taken so far. */
    readonly taken: number;
    /** Whether there is another. */
    hasNext(): boolean;
  };
  /** A chunk of at least one and at most `mostEvents` events; there is one at least. */
  take(mostEvents: number): T;
}

/** How a stream is held to real time and stopped. */
export interface Pace {
  /** Events per second; as fast as they are pulled when omitted. */
  readonly rate?: number | undefined;
  /** Ends the stream with an error: the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Real time unless given. */
  readonly clock?: Clock | undefined;
}

/** Time as it passes. */
export interface Clock {
  /** Milliseconds since any fixed moment. */
  now(): number;
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Timers take at most this long. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A stream of what a source makes, taken only when it is pulled and, with a `rate`, no sooner than
 * it is due. The first event is due at the first pull.
 */
export function streamOf<T>(source: ChunkSource<T>, pace: Pace): ReadableStream<T> {
  // Without a high water mark of 0 a stream pulls once before anyone reads.
  return new ReadableStream(new PacedSource(source, pace), { highWaterMark: 0 });
}

class PacedSource<T> implements UnderlyingDefaultSource<T> {
  readonly #source: ChunkSource<T>;
  readonly #rate: number | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  #startedAt: number | undefined;

  constructor(source: ChunkSource<T>, { rate, signal, clock = REAL_CLOCK }: Pace) {
    this.#source = source;
    this.#rate = rate;
    this.#signal = signal;
    this.#clock = clock;
  }

  start(controller: ReadableStreamDefaultController<T>): void {
    const signal = this.#signal;
    if (signal === undefined) return;
    const abort = (): void => {
      controller.error(signal.reason);
      this.#ended.abort();
    };
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { signal: this.#ended.signal });
  }

  async pull(controller: ReadableStreamDefaultController<T>): Promise<void> {
    if (!this.#source.events.hasNext()) {
      controller.close();
      this.#ended.abort();
      return;
    }
    const mostEvents = this.#rate === undefined ? Infinity : await this.#untilDue(this.#rate);
    if (!this.#ended.signal.aborted) controller.enqueue(this.#source.take(mostEvents));
  }

  cancel(): void {
    this.#ended.abort();
  }

  /** Waits until at least one event is due and says how many are. */
  async #untilDue(rate: number): Promise<number> {
    const { taken } = this.#source.events;
    this.#startedAt ??= this.#clock.now();
    while (!this.#ended.signal.aborted) {
      const elapsedMs = this.#clock.now() - this.#startedAt;
      const due = Math.floor(elapsedMs * rate / 1000) + 1 - taken;
      if (due > 0) return due;
      const waitMs = Math.ceil(taken * 1000 / rate - elapsedMs);
      await this.#clock.sleep(Math.min(waitMs, MAX_TIMER_MS), this.#ended.signal);
    }
    return 0;
  }
}

const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal.addEventListener("abort", wake);
    }),
};
