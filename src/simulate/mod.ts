export type { SimulateOptions } from "./options.ts";
export { simulateEvents } from "./simulate_events.ts";
export { simulateJsonLines } from "./simulate_json_lines.ts";
export type { WebEvent } from "./web_event.ts";
