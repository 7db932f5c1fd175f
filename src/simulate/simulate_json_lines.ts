import { planSimulation, type SimulateOptions } from "./options.ts";
import { streamOf } from "./paced_stream.ts";
import { type Pageview, Simulation } from "./simulation.ts";

/** A chunk is full from this many bytes on; it ends with the line that crosses it. */
const CHUNK_BYTES = 64 * 1024;

/** More than the longest line there can be. */
const MAX_LINE_BYTES = 2048;

/**
 * The events of {@linkcode simulateEvents} as newline-delimited JSON in UTF-8, about 1 KB a line.
 * Chunks are whole lines, about 64 KiB of them; with a `rate`, whatever lines are due.
 *
 * @throws {RangeError | TypeError} If an option has a value it cannot have.
 *
 * @example
 * ```ts
 * import { simulateJsonLines } from "sluice";
 *
 * const text = await new Response(simulateJsonLines({ events: 1000 })).text();
 * console.log(text.split("\n").length); // 1001: every line ends in a newline
 * ```
 */
export function simulateJsonLines(options: SimulateOptions = {}): ReadableStream<Uint8Array> {
  const plan = planSimulation(options);
  const simulation = new Simulation(plan);
  const encoder = new TextEncoder();
  return streamOf({
    events: simulation,
    take(mostEvents) {
      const mostBytes = Math.min(mostEvents * MAX_LINE_BYTES, CHUNK_BYTES + MAX_LINE_BYTES);
      const chunk = new Uint8Array(mostBytes);
      let length = 0;
      for (let i = 0; i < mostEvents && length < CHUNK_BYTES; i++) {
        const pageview = simulation.next();
        if (pageview === undefined) break;
        length += encoder.encodeInto(headOf(pageview), chunk.subarray(length)).written;
        chunk.set(pageview.user.jsonRest, length);
        length += pageview.user.jsonRest.length;
      }
      return chunk.subarray(0, length);
    },
  }, plan);
}

function headOf({ eventId, timestamp, page }: Pageview): string {
  return `{"event_id":"${eventId}","event_timestamp":"${timestamp}","event_type":"pageview",` +
    `"page_url":"http://www.dummywebsite.com/${page}","page_url_path":"/${page}",`;
}
