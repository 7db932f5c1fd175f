import { basename } from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  day,
  month,
  type StorePutOptions,
  type StreamToParquetOptions,
  tumbling,
  year,
} from "../../mod.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { readBatches } from "./batches.ts";

/** How many events arrive in a second. */
export const EVENTS_PER_SECOND = 2500;
/** As long as some 450 events take on average: a window closes about five times a second. */
export const WINDOW = "3m";

const WINDOW_MS = 180_000;
const LATENESS_MS = 10_000;
const EVENTS_PER_CHUNK = 25;
const CHUNK_MS = EVENTS_PER_CHUNK * 1000 / EVENTS_PER_SECOND;

/** What is written, and how. */
export const OPTIONS: Omit<StreamToParquetOptions, "store"> = {
  time: "event_timestamp",
  window: tumbling(WINDOW),
  lateness: LATENESS_MS,
  partitionBy: [year(), month(), day(), "page_url_path"],
  compression: "snappy",
};

/**
 * Events that arrive at a steady rate, some at a time, whatever becomes of them; and a store that
 * tells when their windows were committed.
 */
export class Arrivals {
  readonly #chunks: readonly Uint8Array[];
  /** Which chunk closes a window, by the window's start. */
  readonly #closedBy: ReadonlyMap<number, number>;
  readonly #committed = new Map<number, number>();
  #started = 0;

  constructor(input: string) {
    this.#chunks = readBatches(input, EVENTS_PER_CHUNK);
    this.#closedBy = findClosing(this.#chunks);
  }

  /** The chunks, each when it is due, or as soon after that as it is asked for. */
  async *chunks(): AsyncGenerator<Uint8Array, void> {
    this.#started = performance.now();
    for (const [i, chunk] of this.#chunks.entries()) {
      const wait = this.#due(i) - performance.now();
      if (wait > 0) await setTimeout(wait);
      yield chunk;
    }
  }

  /** A store in a directory. */
  store(directory: string): FsStore {
    return new ObservedStore(directory, (windows) => {
      const now = performance.now();
      for (const start of windows) {
        if (!this.#committed.has(start)) this.#committed.set(start, now);
      }
    });
  }

  /**
   * For each window that an event closed: how long after that event was due it was committed. So
   * whoever falls behind is charged with the delay of what comes later, too.
   */
  latenciesMs(): number[] {
    return Array.from(this.#closedBy, ([start, chunk]) => {
      const committed = this.#committed.get(start);
      if (committed === undefined) throw new Error(`the window at ${start} was not committed`);
      return committed - this.#due(chunk);
    });
  }

  #due(chunk: number): number {
    return this.#started + chunk * CHUNK_MS;
  }
}

/** A store that tells which windows had files in a commit, once the commit is durable. */
class ObservedStore extends FsStore {
  readonly #onCommit: (windows: readonly number[]) => void;
  #windows: number[] = [];

  constructor(directory: string, onCommit: (windows: readonly number[]) => void) {
    super(directory);
    this.#onCommit = onCommit;
  }

  override async put(
    key: string,
    bytes: Uint8Array,
    options?: StorePutOptions,
  ): Promise<boolean> {
    const isDone = await super.put(key, bytes, options);
    if (key.endsWith(".parquet")) this.#windows.push(startOf(key));
    else if (isDone && /^_delta_log\/\d+\.json$/.test(key)) {
      this.#onCommit(this.#windows);
      this.#windows = [];
    }
    return isDone;
  }
}

/** The start of the window that a file is of: its name begins with `20220601T001500Z`. */
function startOf(key: string): number {
  const [, date, hour, minute, second] = /^(\d{8})T(\d\d)(\d\d)(\d\d)Z/.exec(basename(key))!;
  const isoDate = date!.replace(/^(\d{4})(\d\d)/, "$1-$2-");
  return Date.parse(`${isoDate}T${hour}:${minute}:${second}Z`);
}

/** Which chunk brings the watermark to the end of each window that had events by then. */
function findClosing(chunks: readonly Uint8Array[]): Map<number, number> {
  const utf8 = new TextDecoder();
  const open = new Set<number>();
  const closedBy = new Map<number, number>();
  let watermark = -Infinity;
  for (const [i, chunk] of chunks.entries()) {
    for (const line of utf8.decode(chunk).trimEnd().split("\n")) {
      const event = JSON.parse(line) as { readonly event_timestamp: string };
      const time = Date.parse(`${event.event_timestamp}Z`);
      const start = time - time % WINDOW_MS;
      if (start + WINDOW_MS > watermark) open.add(start);
      watermark = Math.max(watermark, time - LATENESS_MS);
    }
    for (const start of open) {
      if (start + WINDOW_MS > watermark) continue;
      open.delete(start);
      closedBy.set(start, i);
    }
  }
  return closedBy;
}
