import type { FieldGuess, StorageKind, TableSettings, TimePartName } from "../protocol.ts";
import { all, byId, element, setText } from "./dom.ts";

/** What the simulated events have. */
const SIMULATED: FieldGuess = {
  fields: [
    "event_timestamp",
    "page_url_path",
    "geo_country",
    "browser_name",
    "os_name",
    "device_type",
    "utm_source",
    "utm_medium",
  ],
  timeField: "event_timestamp",
  partitionField: "page_url_path",
};

/** How the table is to be made: the lower half of the form. */
export class SettingsForm {
  readonly #fieldset = byId<HTMLFieldSetElement>("settings");
  readonly #window = byId<HTMLSelectElement>("window");
  readonly #time = byId<HTMLInputElement>("time-field");
  readonly #fields = byId<HTMLInputElement>("partition-fields");
  readonly #lateness = byId<HTMLSelectElement>("lateness");
  readonly #compression = byId<HTMLSelectElement>("compression");

  constructor() {
    this.suggest(SIMULATED);
    this.#fieldset.addEventListener("input", () => this.#summarise());
  }

  /** What is chosen. */
  get settings(): TableSettings {
    return {
      windowLength: this.#window.value,
      timeField: this.#time.value.trim(),
      timeParts: checkedValues("part") as TimePartName[],
      fields: [
        ...new Set(this.#fields.value.split(",").map((name) => name.trim()).filter(Boolean)),
      ],
      lateness: this.#lateness.value,
      compression: this.#compression.value as TableSettings["compression"],
      storage: (checkedValues("storage")[0] ?? "opfs") as StorageKind,
    };
  }

  /** Shows how a table was made. */
  set settings(settings: TableSettings) {
    this.#window.value = String(settings.windowLength);
    this.#time.value = settings.timeField;
    check("part", settings.timeParts);
    this.#fields.value = settings.fields.join(", ");
    this.#lateness.value = String(settings.lateness);
    this.#compression.value = settings.compression;
    check("storage", [settings.storage]);
    this.#summarise();
  }

  /** Fills in what was found in the source. */
  suggest(guess: FieldGuess | undefined): void {
    const { fields, timeField = "", partitionField = "" } = guess ?? SIMULATED;
    this.#time.value = timeField;
    this.#fields.value = partitionField;
    byId("fields").replaceChildren(...fields.map((value) => element("option", { value })));
    this.#summarise();
  }

  /** A table that is there stays as it was made. */
  set isLocked(isLocked: boolean) {
    this.#fieldset.disabled = isLocked;
    byId("choices-hint").hidden = !isLocked;
  }

  #summarise(): void {
    const { timeParts, fields, storage } = this.settings;
    const parts = [...timeParts, ...fields].join(" / ") || "no partitions";
    const kept = storage === "opfs" ? "private files" : "IndexedDB";
    const windowText = this.#window.selectedOptions[0]!.text;
    setText(byId("choices-summary"), `every ${windowText}, by ${parts}, in ${kept}`);
  }
}

function checkedValues(name: string): string[] {
  return all<HTMLInputElement>(`input[name="${name}"]`)
    .filter(({ checked }) => checked)
    .map(({ value }) => value);
}

function check(name: string, values: readonly string[]): void {
  for (const input of all<HTMLInputElement>(`input[name="${name}"]`)) {
    input.checked = values.includes(input.value);
  }
}
