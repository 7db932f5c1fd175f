import type { EventEmitter } from "node:events";

/** A signal has stopped the run before it was done. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
  /** 128 and the number of the signal, as shells have it. */
  readonly exitCode: number;

  constructor(signal: StopSignal, consequence: string) {
    super(`Stopped by ${signal}: ${consequence}`);
    this.exitCode = EXIT_CODES[signal];
  }
}

type StopSignal = keyof typeof EXIT_CODES;

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 };

/** What {@linkcode listenForStop} takes. */
export interface StopOptions {
  /** Whether the run can end in good order now. */
  readonly canEnd: () => boolean;
  /** What it means that the run did not, for the error. */
  readonly consequence: string;
}

/** How a run is told to stop. */
export interface StopSignals {
  /** Aborted by the first signal: the source is to end here. */
  readonly end: AbortSignal;
  /** Aborted by the second one, or by the first when the run cannot end in good order. */
  readonly abort: AbortSignal;
  /** Leaves signals to do what they do by default. */
  stopListening(): void;
}

/** Listens for SIGINT, which is Ctrl-C, and SIGTERM. */
export function listenForStop(
  signals: Pick<EventEmitter, "on" | "off">,
  { canEnd, consequence }: StopOptions,
): StopSignals {
  const end = new AbortController();
  const abort = new AbortController();
  const listeners = Object.keys(EXIT_CODES).map((signal) => {
    const listener = (): void => {
      if (!end.signal.aborted && canEnd()) return end.abort();
      stopListening(); // the next one kills
      abort.abort(new StoppedError(signal as StopSignal, consequence));
    };
    signals.on(signal, listener);
    return { signal, listener };
  });
  function stopListening(): void {
    for (const { signal, listener } of listeners) signals.off(signal, listener);
  }
  return { end: end.signal, abort: abort.signal, stopListening };
}
