import type { Source } from "../protocol.ts";
import { all, byId, setText } from "./dom.ts";
import * as format from "./format.ts";

const SAMPLE_TEXT = [
  '{"time":"2026-06-01T08:00:02Z","page":"/home","user":17,"ms":41}',
  '{"time":"2026-06-01T08:03:40Z","page":"/cart","user":4,"ms":12.5}',
  '{"time":"2026-06-01T08:16:09Z","page":"/home","user":23,"tags":["new","mobile"]}',
  '{"time":"2026-06-01T08:17:30Z","page":"/home","us',
  '{"time":"2026-06-01T08:31:55Z","page":"/cart","user":17,"ms":8}',
  "",
].join("\n");

/** From here on the speed is as fast as it goes. */
export const FULL_SPEED = 100_000;

/** Where events are to come from: the upper half of the form. */
export class SourceForm {
  readonly #text = byId<HTMLTextAreaElement>("text");
  readonly #url = byId<HTMLInputElement>("url");
  readonly #fileInput = byId<HTMLInputElement>("file");
  readonly #speed = byId<HTMLInputElement>("speed");
  readonly #onChange: () => void;
  #file: File | undefined;

  /**
   * @param listeners `onChange`, when another source was chosen; `onSpeed`, for the events per
   * second.
   */
  constructor(
    { onChange, onSpeed }: {
      readonly onChange: () => void;
      readonly onSpeed: (eventsPerSecond: number) => void;
    },
  ) {
    this.#onChange = onChange;
    this.#text.value = SAMPLE_TEXT;
    this.#url.value = new URL("sample.ndjson.gz", location.href).href;
    for (const radio of all<HTMLInputElement>('input[name="source"]')) {
      radio.addEventListener("change", () => this.#changeKind());
    }
    this.#fileInput.addEventListener("change", () => this.#take(this.#fileInput.files?.[0]));
    let typing: ReturnType<typeof setTimeout> | undefined;
    this.#text.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(onChange, 300);
    });
    this.#speed.addEventListener("input", () => {
      this.#showSpeed();
      onSpeed(this.eventsPerSecond);
    });
    this.#acceptDrops();
    this.#showSpeed();
    this.#showKind();
  }

  /** What is chosen; `undefined` for a file that is yet to be. */
  get source(): Source | undefined {
    switch (this.#kind) {
      case "file":
        return this.#file && { kind: "file", file: this.#file };
      case "text":
        return { kind: "text", text: this.#text.value };
      case "url":
        return { kind: "url", url: this.#url.value };
      default:
        return {
          kind: "simulated",
          hasTrouble: byId<HTMLInputElement>("trouble").checked,
        };
    }
  }

  /** From 10 events a second on: five steps make it thrice as fast. */
  get eventsPerSecond(): number {
    const steps = Number(this.#speed.value);
    const exact = 10 ** (steps / 10);
    const digit = 10 ** Math.floor(Math.log10(exact));
    return Math.round(exact / digit) * digit;
  }

  /** Whether another source may be chosen. The speed can always be changed. */
  set isLocked(isLocked: boolean) {
    for (const input of [...all<HTMLInputElement>('input[name="source"]'), this.#fileInput]) {
      input.disabled = isLocked;
    }
    byId<HTMLInputElement>("trouble").disabled = isLocked;
    this.#text.disabled = isLocked;
    this.#url.disabled = isLocked;
  }

  get #kind(): Source["kind"] {
    const checked = all<HTMLInputElement>('input[name="source"]').find((radio) => radio.checked);
    return (checked?.value ?? "simulated") as Source["kind"];
  }

  #changeKind(): void {
    this.#showKind();
    this.#onChange();
  }

  #showKind(): void {
    const kind = this.#kind;
    for (const part of all("[data-source]")) part.hidden = part.dataset["source"] !== kind;
    this.#fileInput.required = kind === "file" && this.#file === undefined;
    this.#text.required = kind === "text";
    this.#url.required = kind === "url";
    this.#url.type = kind === "url" ? "url" : "text"; // what is hidden need not be valid
  }

  #showSpeed(): void {
    const speed = this.eventsPerSecond;
    const text = speed >= FULL_SPEED ? "as fast as it goes" : `${format.count(speed)} events/s`;
    setText(byId("speed-value"), text);
    this.#speed.setAttribute("aria-valuetext", text);
  }

  #take(file: File | undefined): void {
    if (file === undefined) return;
    this.#file = file;
    setText(byId("file-name"), file.name);
    setText(byId("file-hint"), `${format.bytes(file.size)}. Drop another to change it.`);
    byId<HTMLInputElement>("source-file").checked = true;
    this.#changeKind();
  }

  /** Anywhere on the page. */
  #acceptDrops(): void {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      const isFree = !this.#fileInput.disabled;
      event.dataTransfer!.dropEffect = isFree ? "copy" : "none";
      document.body.classList.toggle("dragging", isFree);
      if (isFree && this.#kind !== "file") {
        byId<HTMLInputElement>("source-file").checked = true;
        this.#changeKind();
      }
    });
    addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) document.body.classList.remove("dragging");
    });
    addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      document.body.classList.remove("dragging");
      if (!this.#fileInput.disabled) this.#take(event.dataTransfer!.files[0]);
    });
  }
}
