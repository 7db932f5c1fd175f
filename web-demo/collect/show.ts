import { byId, element, setText } from "../page/dom.ts";
import * as format from "../page/format.ts";
import type { Entry, Ledger, Place } from "./ledger.ts";

const WORDS: Readonly<Record<Place, string>> = {
  kept: "kept here",
  sent: "on the way",
  taken: "acknowledged",
  dead: "dead letter",
  refused: "refused",
};

/** Shows where events are: how many, why, and the newest one by one. */
export function showLedger({ counts, reasons, newest }: Ledger): void {
  for (const [place, count] of Object.entries(counts)) {
    const target = byId(`count-${place}`);
    setText(target, format.count(count));
    target.dataset["value"] = String(count);
  }
  byId("reasons").hidden = reasons.size === 0;
  byId("reasons").replaceChildren(
    ...Array.from(
      reasons,
      ([reason, count]) =>
        element("li", {}, [element("b", {}, [format.count(count)]), ` ${reason}`]),
    ),
  );
  if (newest.length > 0) byId("events").replaceChildren(...newest.map(lineOf));
}

function lineOf({ event, place }: Entry): HTMLLIElement {
  const { event_timestamp, event_name, target, page_url_path } = event;
  const time = event_timestamp === undefined
    ? "no time"
    : new Date(event_timestamp).toLocaleTimeString("en-GB");
  return element("li", { "data-state": place }, [
    element("span", {}, [
      element("time", { datetime: event_timestamp }, [time]),
      `${target ?? event_name.replace("_", " ")} on ${page_url_path}`,
    ]),
    element("b", {}, [WORDS[place]]),
  ]);
}

/** How the line to the Worker is. */
export interface Line {
  /** Where events go; `undefined` if nothing is collected. */
  readonly host: string | undefined;
  /** Whether the page pretends to be offline. */
  readonly isCut: boolean;
  /** Why the last batch was not answered. */
  readonly trouble: unknown;
  /** What else there is to say. */
  readonly note: string | undefined;
}

/** Says how the line is. Without numbers, since each change is read aloud. */
export function showLine(line: Line): void {
  const text = textOf(line);
  byId("banner").hidden = text === undefined;
  byId("banner").classList.toggle("trouble", line.host === undefined || !isWell(line));
  setText(byId("banner-text"), text ?? "");
}

function isWell({ isCut, trouble }: Line): boolean {
  return !isCut && navigator.onLine && trouble === undefined;
}

function textOf(line: Line): string | undefined {
  const { host, isCut, trouble, note } = line;
  if (host === undefined) return note;
  if (isWell(line)) return `Online: events go to ${host}.`;
  if (isCut) return "Offline, as you wish: events are kept here until you untick it.";
  if (!navigator.onLine) {
    return "Offline: events are kept here, and sent when the network is back.";
  }
  // All that a browser tells a page of a line that is down, or of a server that does not allow it.
  if (trouble instanceof TypeError) {
    return `No answer from ${host}: the Worker is not there, or its options do not allow this ` +
      `page. Events are kept here, and sent again and again.`;
  }
  const message = trouble instanceof Error ? trouble.message : String(trouble);
  return `${message} Events are kept here, and sent again and again.`;
}
