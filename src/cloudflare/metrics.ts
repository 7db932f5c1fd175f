import type { ShardStatus } from "./shard_calls.ts";

const HELP: Readonly<Record<string, readonly [metric: string, help: string]>> = {
  events: ["events_total", "Events taken in, dead letters included."],
  deadLettered: ["dead_letters_total", "Events that were refused and kept as dead letters."],
  replayed: ["replayed_batches_total", "Batches that came again."],
  overloaded: ["overloaded_total", "Requests refused because too much was under way."],
  failed: ["failures_total", "Requests and closings of windows that failed."],
  reopened: ["reopened_total", "Times the writer was opened anew after a failure."],
  written: ["written_total", "Events that are in the table."],
  files: ["files_total", "Files put."],
  bytes: ["file_bytes_total", "Bytes of files put."],
  openWindows: ["open_windows", "Windows that are open."],
  inFlightBytes: ["in_flight_bytes", "Bytes of requests under way."],
  rememberedBatches: ["remembered_batches", "Batch ids that are remembered."],
  journalSegments: ["journal_segments", "Parts of the journal that are not committed yet."],
  journalBytes: ["journal_bytes", "Bytes that the journal takes, space to be used again included."],
};

/**
 * Counters and gauges of all shards in the text format of Prometheus. Counters begin at zero when a
 * shard wakes up, as scrapers expect of restarts.
 *
 * @param statuses By name; `undefined` for a shard that does not answer.
 */
export function metricsText(statuses: ReadonlyMap<string, ShardStatus | undefined>): string {
  const lines = ["# HELP sluice_up Whether the shard answers.", "# TYPE sluice_up gauge"];
  for (const [shard, status] of statuses) {
    lines.push(`sluice_up{shard="${shard}"} ${status === undefined ? 0 : 1}`);
  }
  for (const [name, [metric, help]] of Object.entries(HELP)) {
    const type = metric.endsWith("_total") ? "counter" : "gauge";
    lines.push(`# HELP sluice_${metric} ${help}`, `# TYPE sluice_${metric} ${type}`);
    for (const [shard, status] of statuses) {
      const value = status?.counters[name] ?? status?.gauges[name];
      if (value !== undefined) lines.push(`sluice_${metric}{shard="${shard}"} ${value}`);
    }
  }
  return `${lines.join("\n")}\n`;
}
