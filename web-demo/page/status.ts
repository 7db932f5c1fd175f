import type { State } from "../protocol.ts";
import { byId, setText } from "./dom.ts";
import * as format from "./format.ts";

/** Says, above the picture, what is under way, what was kept and what went wrong. */
export class Status {
  #wasLive = false;
  #isDone = false;

  show(state: State): void {
    const isLive = state.phase === "running" || state.phase === "finishing";
    if (isLive) this.#isDone = false;
    else if (this.#wasLive && state.phase === "ready" && state.error === undefined) {
      this.#isDone = true;
    }
    this.#wasLive = isLive;
    if (state.settings === undefined) this.#isDone = false;

    const text = this.#textOf(state);
    const banner = byId("banner");
    banner.hidden = text === undefined;
    setText(byId("banner-text"), text ?? "");
    byId("go-on").hidden = state.phase !== "kept" || !canGoOn(state);
    setText(byId("go-on"), state.kept?.source === "simulated" ? "Go on" : "Write them");
    byId("banner-clear").hidden = state.phase !== "kept";
    const error = byId("error");
    error.hidden = state.error === undefined;
    setText(error, state.error ?? "");
  }

  #textOf({ phase, kept, counts, note }: State): string | undefined {
    const table = `${format.countOf(counts.written, "row")} in ${
      format.countOf(counts.files, "file")
    }, ${format.bytes(counts.bytes)}`;
    if (phase === "following") {
      return "Another tab is at work on this table. This one follows, and takes over when that " +
        "one is closed.";
    }
    if (phase === "finishing") return "Writing the last windows …";
    if (phase === "kept") {
      if (kept!.source === "file" && kept!.journalled === 0) {
        return `${kept!.name} was not read to its end: ${table} so far. Choose it again, press ` +
          `Start, and it goes on from there.`;
      }
      const events = counts.written + counts.deadLettered + kept!.journalled;
      return `${format.countOf(events, "event")} of the last run ${events === 1 ? "is" : "are"} ` +
        `kept: ${format.count(counts.written)} in the table, ${
          format.count(kept!.journalled)
        } in ` +
        `the journal. Nothing that was accepted is lost.`;
    }
    if (phase === "ready" && (this.#isDone || note !== undefined)) {
      return `${note === undefined ? "Done:" : `${note} The table has`} ${table}.`;
    }
    return undefined;
  }
}

function canGoOn({ kept }: State): boolean {
  return kept !== undefined && (kept.source !== "file" || kept.journalled > 0);
}
