import { type Duration, parseDuration } from "./duration.ts";
import { type TumblingWindows, type Window, windowStart } from "./tumbling.ts";

/** What {@linkcode WindowReduceStream} takes. */
export interface WindowReduceOptions<Event, Key, Value> {
  /** Which windows. */
  readonly window: TumblingWindows;
  /** Time of an event: a `Date`, or milliseconds since the epoch. */
  readonly time: (event: Event) => Date | number;
  /** What an event is reduced with: those of equal keys (as in a `Map`) in one window. */
  readonly key: (event: Event) => Key;
  /** The value a key begins with in each window. */
  readonly init: (event: Event) => Value;
  /** The value with one more event in it. */
  readonly reduce: (value: Value, event: Event) => Value;
  /** How long a window waits for events out of order, after it ended; `0` by default. */
  readonly lateness?: Duration;
  /** Told of events whose window is closed; without it they are passed over. */
  readonly onLate?: (event: Event) => void;
}

/** The value of one key in one window. */
export interface WindowReduction<Key, Value> {
  readonly key: Key;
  readonly window: Window;
  readonly value: Value;
}

/**
 * Reduces events by key and window: any accumulation, not only to Parquet. The reductions of a
 * window come when the watermark has passed its end, keys in order of first appearance; the rest at
 * the end of the stream.
 *
 * @example
 * ```ts
 * import { simulateEvents, tumbling, WindowReduceStream } from "sluice";
 *
 * const viewsPerPage = simulateEvents({ duration: "1h" }).pipeThrough(
 *   new WindowReduceStream({
 *     window: tumbling("15m"),
 *     time: (event) => Date.parse(`${event.event_timestamp.replace(" ", "T")}Z`),
 *     key: (event) => event.page_url_path,
 *     init: () => 0,
 *     reduce: (count) => count + 1,
 *     lateness: "10s",
 *   }),
 * );
 * for await (const { key, window, value } of viewsPerPage) {
 *   console.log(new Date(window.start).toISOString(), key, value);
 * }
 * ```
 */
export class WindowReduceStream<Event, Key, Value>
  extends TransformStream<Event, WindowReduction<Key, Value>> {
  /** @throws {RangeError} If `lateness` is no duration. */
  constructor(options: WindowReduceOptions<Event, Key, Value>) {
    const { window: windows, time, key, init, reduce, onLate } = options;
    const latenessMs = parseDuration(options.lateness ?? 0, "lateness");
    const open = new Map<number, Map<Key, Value>>();
    let watermark = -Infinity;

    /** Lets out the windows that end by a time, the oldest first. */
    function* close(through: number): Iterable<WindowReduction<Key, Value>> {
      for (const start of [...open.keys()].sort((a, b) => a - b)) {
        const window = { start, end: start + windows.lengthMs };
        if (window.end > through) continue;
        for (const [key, value] of open.get(start)!) yield { key, window, value };
        open.delete(start);
      }
    }

    super({
      transform(event, controller) {
        const at = Number(time(event));
        if (Number.isNaN(at)) {
          throw new TypeError("Cannot reduce an event: its time is not a number or a valid Date");
        }
        const start = windowStart(windows, at);
        if (start + windows.lengthMs <= watermark) return onLate?.(event);
        let values = open.get(start);
        if (values === undefined) open.set(start, values = new Map());
        const name = key(event);
        values.set(name, reduce(values.has(name) ? values.get(name)! : init(event), event));
        if (at - latenessMs > watermark) {
          watermark = at - latenessMs;
          for (const reduction of close(watermark)) controller.enqueue(reduction);
        }
      },
      flush(controller) {
        for (const reduction of close(Infinity)) controller.enqueue(reduction);
      },
    });
  }
}
