import type { DeadLetterList } from "../protocol.ts";
import { element } from "./dom.ts";
import * as format from "./format.ts";

/** Lines that were no events: how many, why, and the newest of them. */
export function deadLetterView({ total, byReason, newest }: DeadLetterList): HTMLElement[] {
  if (total === 0) {
    return [
      element("p", { class: "empty" }, [
        "None. A line that is no event would be kept here, with its place and what was wrong with it.",
      ]),
    ];
  }
  return [
    element(
      "ul",
      { class: "reasons", "aria-label": "Reasons" },
      byReason.map(({ reason, count }) =>
        element("li", {}, [element("b", {}, [format.count(count)]), ` ${reason}`])
      ),
    ),
    element(
      "ol",
      { class: "letters", tabindex: "0", "aria-label": `The newest ${newest.length}` },
      newest.map(({ reason, message, raw }) =>
        element("li", {}, [
          element("p", {}, [element("span", { class: "tag" }, [reason]), message]),
          element("pre", {}, [raw]),
        ])
      ),
    ),
  ];
}
