import type { Progress } from "../progress.ts";
import type { Extent } from "../sources/extent.ts";
import { counted, formatBytes, formatCount, formatSeconds, formatTime } from "./format.ts";
import { StatusLines, type Terminal } from "./status_lines.ts";

/** How often the lines are redrawn. */
const REDRAW_MS = 200;
/** Speeds are those of the last few seconds. */
const MEMORY_MS = 5000;

interface Sample {
  readonly time: number;
  readonly position: number;
  readonly accepted: number;
}

/** Two lines at the bottom of a terminal that say how far a run has come. */
export class ProgressLine {
  readonly #lines: StatusLines;
  readonly #extent: Extent;
  readonly #timer: ReturnType<typeof setInterval>;
  #progress: Progress | undefined;
  #samples: Sample[] = [];

  /** @param extent How far the input is read: looked at again each time. */
  constructor(terminal: Terminal, extent: Extent) {
    this.#lines = new StatusLines(terminal);
    this.#extent = extent;
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
  }

  /** Takes what is to be shown from now on. */
  update(progress: Progress): void {
    const isFirst = this.#progress === undefined;
    this.#progress = progress;
    if (isFirst) this.#draw();
  }

  /** Removes the lines. To be called before anything else is written; they come back. */
  clear(): void {
    this.#lines.clear();
  }

  /** Removes the lines for good. */
  end(): void {
    clearInterval(this.#timer);
    this.#lines.clear();
  }

  #draw(): void {
    if (this.#progress === undefined) return;
    this.#takeSample(this.#progress);
    this.#lines.draw(progressText(this.#progress, this.#extent, this.#speeds()));
  }

  #takeSample({ accepted }: Progress): void {
    const time = performance.now();
    this.#samples.push({ time, position: this.#extent.position, accepted });
    while (this.#samples[1] !== undefined && this.#samples[1].time <= time - MEMORY_MS) {
      this.#samples.shift();
    }
  }

  #speeds(): Speeds {
    const first = this.#samples[0]!;
    const last = this.#samples.at(-1)!;
    const seconds = (last.time - first.time) / 1000;
    if (seconds === 0) return { bytesPerSecond: 0, eventsPerSecond: 0 };
    return {
      bytesPerSecond: (last.position - first.position) / seconds,
      eventsPerSecond: (last.accepted - first.accepted) / seconds,
    };
  }
}

/** How fast it goes at present. */
export interface Speeds {
  readonly bytesPerSecond: number;
  readonly eventsPerSecond: number;
}

/** The two lines. */
export function progressText(
  { accepted, openWindows, watermark, files, bytes }: Progress,
  { position, size }: Readonly<Extent>,
  { bytesPerSecond, eventsPerSecond }: Speeds,
): readonly [string, string] {
  const read = size === undefined || size === 0 ? [`${formatBytes(position)} read`] : [
    `${Math.min(100, Math.floor(position / size * 100))}%`,
    `${formatBytes(position)} of ${formatBytes(size)}`,
    bytesPerSecond > 0 && `${formatSeconds(Math.max(0, size - position) / bytesPerSecond)} left`,
  ];
  const events = [
    counted(accepted, "event"),
    eventsPerSecond > 0 && `${formatCount(eventsPerSecond)} events/s`,
  ];
  const windows = [
    counted(openWindows, "open window"),
    watermark !== undefined && `watermark ${formatTime(watermark)}`,
    `${counted(files, "file")} written`,
    bytes > 0 && formatBytes(bytes),
  ];
  return [joined([...read, ...events]), joined(windows)];
}

function joined(parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false).join(", ");
}
