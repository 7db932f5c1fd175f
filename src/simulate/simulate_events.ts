import { planSimulation, type SimulateOptions } from "./options.ts";
import { streamOf } from "./paced_stream.ts";
import { type Pageview, Simulation } from "./simulation.ts";
import type { WebEvent } from "./web_event.ts";

/**
 * A stream of fake web events: visitors walking through a small shop, in the fields, frequencies
 * and order of Python's fake-web-events. Nothing is generated before it is pulled, and the same
 * options give the same events in every runtime.
 *
 * @throws {RangeError | TypeError} If an option has a value it cannot have.
 *
 * @example
 * ```ts
 * import { simulateEvents } from "sluice";
 *
 * for await (const event of simulateEvents({ duration: "1h", seed: 7 })) {
 *   console.log(event.event_timestamp, event.page_url_path);
 * }
 * ```
 */
export function simulateEvents(options: SimulateOptions = {}): ReadableStream<WebEvent> {
  const plan = planSimulation(options);
  const simulation = new Simulation(plan);
  return streamOf({ events: simulation, take: () => toWebEvent(simulation.next()!) }, plan);
}

function toWebEvent({ eventId, timestamp, page, user }: Pageview): WebEvent {
  return {
    event_id: eventId,
    event_timestamp: timestamp,
    event_type: "pageview",
    page_url: `http://www.dummywebsite.com/${page}`,
    page_url_path: `/${page}`,
    ...user.attributes,
  };
}
