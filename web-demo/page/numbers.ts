import type { State } from "../protocol.ts";
import { byId, setText } from "./dom.ts";
import * as format from "./format.ts";

const COUNTERS = {
  "count-accepted": "accepted",
  "count-held": "held",
  "count-written": "written",
  "count-late": "late",
  "count-rescued": "rescued",
  "count-dead": "deadLettered",
} as const;

/** Writes the counters, the progress and the storage in use. */
export function showNumbers({ counts, progress, storage, phase }: State): void {
  for (const [id, name] of Object.entries(COUNTERS)) {
    const target = byId(id);
    setText(target, format.count(counts[name]));
    target.dataset["value"] = String(counts[name]);
  }
  showProgress(phase === "running" || phase === "finishing" ? progress : undefined);
  setText(
    byId("result-summary"),
    counts.files === 0
      ? "empty"
      : `${format.countOf(counts.written, "row")} · ${format.countOf(counts.files, "file")} · ${
        format.bytes(counts.bytes)
      }`,
  );
  setText(
    byId("show-dead"),
    counts.deadLettered === 0
      ? "Dead letters"
      : `Dead letters (${format.count(counts.deadLettered)})`,
  );
  if (storage === undefined) return;
  const { usage, quota } = storage;
  setText(
    byId("storage-text"),
    `Storage: ${format.bytes(usage)} of ${format.bytes(quota)} used`,
  );
  byId<HTMLMeterElement>("storage-meter").value = quota === 0 ? 0 : usage / quota;
}

function showProgress(progress: State["progress"]): void {
  byId("progress").hidden = progress === undefined;
  if (progress === undefined) return;
  const { bytesRead, bytesTotal, etaMs } = progress;
  const bar = byId<HTMLProgressElement>("progress-bar");
  if (bytesTotal === undefined) {
    bar.removeAttribute("value");
    setText(byId("progress-text"), `${format.bytes(bytesRead)} read`);
    return;
  }
  const percent = bytesTotal === 0 ? 100 : Math.min(100, 100 * bytesRead / bytesTotal);
  bar.value = percent;
  const left = etaMs === undefined || percent === 100 ? "" : `, ${format.duration(etaMs)} left`;
  setText(
    byId("progress-text"),
    `${Math.floor(percent)} %: ${format.bytes(bytesRead)} of ${format.bytes(bytesTotal)}${left}`,
  );
}
