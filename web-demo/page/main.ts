/** The page: shows what the worker says, and tells it what the user wants. */

import type { DeadLetterList, FieldGuess, FileContents, State, TableFile } from "../protocol.ts";
import { deadLetterView } from "./dead_letter_view.ts";
import { byId, element, setText } from "./dom.ts";
import { downloadFile, downloadZip } from "./download.ts";
import { FileTree } from "./file_tree.ts";
import { fileView } from "./file_view.ts";
import { HeatMap } from "./heat_map.ts";
import { showNumbers } from "./numbers.ts";
import { RateCharts } from "./rate_charts.ts";
import { SettingsForm } from "./settings_form.ts";
import { SourceForm } from "./source_form.ts";
import { Status } from "./status.ts";
import { Tanks } from "./tanks.ts";
import { onThemeChange } from "./theme.ts";
import { WorkerClient } from "./worker_client.ts";

let state: State | undefined;
let hadTable = false;
let isClearing = false;
let shownDeadLetters = -1;

const worker = new WorkerClient((news) => {
  if (news.type === "state") show(news.state);
  else if (news.type === "files") tree.add(news.files);
  else reset();
}, showError);

const status = new Status();
const tanks = new Tanks(byId<HTMLCanvasElement>("tanks"));
const heatMap = new HeatMap(byId<HTMLCanvasElement>("heat"));
const charts = new RateCharts();
const inside = byId("inside");
const insideWhenEmpty = [...inside.childNodes];
const tree = new FileTree(byId("tree"), (file) => void lookInside(file));
const settingsForm = new SettingsForm();
const sourceForm = new SourceForm({
  onChange: () => void guess(),
  onSpeed: (eventsPerSecond) => worker.tell({ type: "speed", eventsPerSecond }),
});
worker.tell({ type: "speed", eventsPerSecond: sourceForm.eventsPerSecond });

onThemeChange(() => heatMap.draw());

byId("controls").addEventListener("submit", (event) => {
  event.preventDefault();
  const { source } = sourceForm;
  if (source === undefined) return;
  worker.tell({ type: "start", source, settings: settingsForm.settings });
  // On a phone the picture is below the form.
  if (matchMedia("(max-width: 1039px)").matches) byId("live").scrollIntoView();
});
byId("stop").addEventListener("click", () => worker.tell({ type: "stop" }));
byId("go-on").addEventListener("click", () => worker.tell({ type: "go-on" }));
for (const id of ["clear", "banner-clear"]) byId(id).addEventListener("click", askToClear);
byId("zip").addEventListener("click", () => void whileBusy("zip", () => downloadZip(worker)));
byId("show-files").addEventListener("click", () => showView("files"));
byId("show-dead").addEventListener("click", () => showView("dead"));

function show(next: State): void {
  const before = state?.phase;
  state = next;
  const { phase, settings, counts } = next;
  const isLive = phase === "running" || phase === "finishing";
  const mayStart = phase === "ready" || phase === "kept";
  document.body.dataset["phase"] = phase;
  const hadFocus = document.activeElement === byId("start") ||
    document.activeElement === byId("stop");
  byId("start").hidden = isLive;
  byId<HTMLButtonElement>("start").disabled = !mayStart;
  byId("stop").hidden = !isLive;
  // It keeps the focus until the end, so it is not disabled.
  byId("stop").ariaDisabled = String(phase === "finishing");
  setText(byId("stop"), phase === "finishing" ? "Finishing …" : "Stop and finish");
  // The button that has the focus gives it to the one that takes its place.
  if (hadFocus && before !== phase) byId(isLive ? "stop" : "start").focus({ preventScroll: true });
  if (isClearing && phase === "ready") {
    isClearing = false;
    byId("start").focus({ preventScroll: true });
  }
  if (before !== phase || (before !== undefined && hadTable !== (settings !== undefined))) {
    hadTable = settings !== undefined;
    sourceForm.isLocked = !mayStart;
    if (settings !== undefined) settingsForm.settings = settings;
    settingsForm.isLocked = hadTable || !mayStart;
  }
  byId("intro").hidden = settings !== undefined;
  byId<HTMLButtonElement>("zip").disabled = counts.files === 0 || isBusy;
  byId<HTMLButtonElement>("clear").disabled = settings === undefined || !mayStart;
  status.show(next);
  showNumbers(next);
  tanks.show(next);
  heatMap.show(next);
  charts.show(next.rates);
  if (!byId("dead-view").hidden) void showDeadLetters();
}

function reset(): void {
  tree.reset();
  inside.replaceChildren(...insideWhenEmpty);
  shownDeadLetters = -1;
}

/** Looks what fields the events of a source have, while they can still be chosen. */
async function guess(): Promise<void> {
  if (state?.settings !== undefined) return;
  const { source } = sourceForm;
  if (source === undefined) return;
  try {
    const isKnown = source.kind === "simulated" || source.kind === "url";
    const found = isKnown ? undefined : await worker.ask<FieldGuess>({ type: "guess", source });
    if (state?.settings === undefined) settingsForm.suggest(found);
  } catch (error) {
    showError(messageOf(error));
  }
}

async function lookInside(file: TableFile): Promise<void> {
  try {
    const contents = await worker.ask<FileContents>({ type: "look-inside", path: file.path });
    const view = fileView(file, contents, () => {
      downloadFile(worker, file.path).catch((error) => showError(messageOf(error)));
    });
    inside.replaceChildren(...view);
    inside.scrollTop = 0;
    if (matchMedia("(max-width: 859px)").matches) inside.scrollIntoView({ block: "nearest" });
  } catch (error) {
    inside.replaceChildren(element("p", { class: "empty" }, [messageOf(error)]));
  }
}

function showView(view: "files" | "dead"): void {
  byId("files-view").hidden = view !== "files";
  byId("dead-view").hidden = view !== "dead";
  byId("show-files").ariaPressed = String(view === "files");
  byId("show-dead").ariaPressed = String(view === "dead");
  if (view === "dead") void showDeadLetters();
}

async function showDeadLetters(): Promise<void> {
  const count = state?.counts.deadLettered ?? 0;
  if (count === shownDeadLetters) return;
  shownDeadLetters = count;
  const none: DeadLetterList = { total: 0, byReason: [], newest: [] };
  const list = count === 0 ? none : await worker.ask<DeadLetterList>({ type: "dead-letters" });
  byId("dead-view").replaceChildren(...deadLetterView(list));
}

function askToClear(): void {
  const dialog = byId<HTMLDialogElement>("confirm");
  const { counts, kept } = state!;
  const rows = (counts.written + (kept?.journalled ?? 0)).toLocaleString("en");
  byId("confirm-text").textContent =
    `Clear the table and its ${rows} events? They are nowhere else, unless you have downloaded them.`;
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") return;
    isClearing = true;
    worker.tell({ type: "clear" });
  };
  dialog.showModal();
}

let isBusy = false;

async function whileBusy(id: string, run: () => Promise<void>): Promise<void> {
  const button = byId<HTMLButtonElement>(id);
  const text = button.textContent;
  isBusy = button.disabled = true;
  button.textContent = "Packing …";
  try {
    await run();
  } catch (error) {
    showError(messageOf(error));
  } finally {
    isBusy = button.disabled = false;
    button.textContent = text;
  }
}

function showError(message: string): void {
  byId("error").hidden = false;
  byId("error").textContent = message;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
