import type { Summary } from "../pipeline.ts";
import { alignTable, counted, formatBytes, formatCount, formatSeconds } from "./format.ts";

/** What is known of a run besides its counts. */
export interface RunNotes {
  /** What the input is called. */
  readonly input: string;
  /** The directory of the table. */
  readonly out: string;
  /** Whether a signal ended the source. */
  readonly stoppedEarly: boolean;
}

/** A summary for people: what became of the events, one count a line. */
export function summaryText(summary: Summary, { input, out, stoppedEarly }: RunNotes): string {
  const { accepted, written, late, rescued, deadLettered, dropped } = summary;
  const { files, bytes, windows, partitions, elapsedMs } = summary;
  const notes: string[] = [];
  if (stoppedEarly) notes.push("stopped early: what was read until then is written");
  if (summary.source === "unchanged") {
    notes.push(`nothing new: earlier runs have written all there is in ${input}`);
  } else if (summary.source === "resumed") {
    notes.push(`resumed: ${input} is read from where the last run left off`);
  } else if (summary.source === "replaced") {
    notes.push(`replaced: ${input} is not what it was, so it is read as a new source`);
  }
  const speed = accepted / Math.max(elapsedMs, 1) * 1000;
  const rows = [
    [
      "accepted",
      formatCount(accepted),
      `events in ${formatSeconds(elapsedMs / 1000)}, ${formatCount(speed)}/s`,
    ],
    [
      "written",
      formatCount(written),
      `${formatCount(late)} of them late, ${formatCount(rescued)} rescued`,
    ],
    ["dead letters", formatCount(deadLettered), deadLettered > 0 ? `see ${out}/_dead_letter` : ""],
    ["dropped", formatCount(dropped), ""],
    [
      "files",
      formatCount(files),
      `${formatBytes(bytes)}, ${counted(windows, "window")}, ${counted(partitions, "partition")}`,
    ],
  ];
  return notes.map((note) => `${note}\n`).join("") + alignTable(rows, [false, true, false]);
}
