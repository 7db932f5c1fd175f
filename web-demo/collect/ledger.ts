import type { Batch, RefusedBatch, TakenBatch } from "../../src/client/mod.ts";
import type { ClickEvent } from "./click_event.ts";

/** Where an event is. `dead`: the Worker keeps it as a dead letter. */
export type Place = "kept" | "sent" | "taken" | "dead" | "refused";

/** An event, and where it is. */
export interface Entry {
  readonly event: ClickEvent;
  place: Place;
}

/** How many of the newest events are remembered once they were answered. */
const NEWEST = 8;

/** Where the events of this page are, and those that earlier pages have left. */
export class Ledger {
  readonly counts: Record<Place, number> = { kept: 0, sent: 0, taken: 0, dead: 0, refused: 0 };
  /** Why events are dead letters or refused, and how many. */
  readonly reasons: Map<string, number> = new Map();
  #newest: Entry[] = [];
  /** Those that were not answered yet. */
  readonly #open: Map<string, Entry> = new Map();

  /** The newest first. */
  get newest(): readonly Entry[] {
    return this.#newest;
  }

  /** Events that the client keeps. */
  keep(events: readonly ClickEvent[]): void {
    for (const event of events) if (!this.#open.has(event.event_id)) this.#put(event, "kept");
  }

  /** A batch that is on its way. */
  send({ body }: Batch): void {
    for (const event of eventsOf(body)) this.#put(event, "sent");
  }

  /** No answer came. */
  delay(): void {
    for (const { event, place } of this.#open.values()) {
      if (place === "sent") this.#put(event, "kept");
    }
  }

  /** A batch that the Worker has taken in. */
  take({ body, deadLetters }: TakenBatch): void {
    const letters = new Map(deadLetters.map((letter) => [letter.line, letter]));
    for (const [i, event] of eventsOf(body).entries()) {
      const letter = letters.get(i + 1);
      this.#put(event, letter === undefined ? "taken" : "dead");
      if (letter !== undefined) this.#explain(letter.reason, 1);
    }
  }

  /** A batch that the Worker will never take in. */
  refuse({ body, status, message }: RefusedBatch): void {
    const events = eventsOf(body);
    for (const event of events) this.#put(event, "refused");
    this.#explain(`${status}: ${message}`, events.length);
  }

  #put(event: ClickEvent, place: Place): void {
    let entry = this.#open.get(event.event_id);
    if (entry === undefined) {
      entry = { event, place };
      this.#open.set(event.event_id, entry);
      this.#newest = [entry, ...this.#newest].slice(0, NEWEST);
    } else {
      this.counts[entry.place]--;
      entry.place = place;
    }
    this.counts[place]++;
    if (place !== "kept" && place !== "sent") this.#open.delete(event.event_id);
  }

  #explain(reason: string, events: number): void {
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + events);
  }
}

function eventsOf(body: Uint8Array): ClickEvent[] {
  const lines = new TextDecoder().decode(body).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as ClickEvent);
}
