// Reduces events by page and quarter of an hour to something else than files, in any runtime:
//
//   deno run examples/window_reduce.ts
//   bun examples/window_reduce.ts
//
// It is the "reduce epoch" step of dataflow libraries: a value for each key, made of all the events
// of a window, which comes out once the window is over.
import { simulateEvents, tumbling, type WebEvent, WindowReduceStream } from "sluice";

/** What is to be known of a page. */
interface Visits {
  views: number;
  readonly users: Set<string>;
}

const reductions = simulateEvents({ sessionsPerDay: 2000, duration: "1h" }).pipeThrough(
  new WindowReduceStream({
    window: tumbling("15m"),
    time: (event: WebEvent) => Date.parse(`${event.event_timestamp.replace(" ", "T")}Z`),
    key: (event) => event.page_url_path,
    init: (): Visits => ({ views: 0, users: new Set() }),
    reduce: (visits, { user_custom_id }) => {
      visits.views++;
      visits.users.add(user_custom_id);
      return visits;
    },
  }),
);

for await (const { key, window, value } of reductions) {
  const start = new Date(window.start).toISOString();
  console.log(`${start} ${key}: ${value.views} views by ${value.users.size} users`);
}
