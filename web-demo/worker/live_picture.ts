import type { Counts, State, TableSettings, WindowState } from "../protocol.ts";
import type { TableWatch } from "./table_watch.ts";
import type { Tally } from "./tally.ts";

/** How many windows the timeline shows, and how many keys the heat map. */
const MAX_WINDOWS = 48;
const MAX_KEYS = 10;

/** The field that rows are counted by. */
export function keyFieldOf({ fields }: TableSettings): string | undefined {
  return fields[0];
}

/** The newest windows and their rows by key: what is in the table, and what is held. */
export function picture(
  watch: TableWatch,
  tally: Tally | undefined,
): Pick<State, "windows" | "keys"> {
  const held = tally?.windows ?? new Map<number, Map<string, number>>();
  for (const start of [...held.keys()]) {
    // Its files are there.
    if (watch.windows.has(start) && !tally!.isOpen(start)) tally!.forget(start);
  }
  const starts = [...new Set([...watch.windows.keys(), ...held.keys()])].sort((a, b) => a - b);
  const shown = starts.slice(-MAX_WINDOWS);
  const keys = commonKeys(shown, watch, held);
  const windows = shown.map((start): WindowState => {
    const committed = watch.windows.get(start);
    const own = held.get(start);
    const rowsByKey = keys.map((key) =>
      (committed?.rowsByKey.get(key) ?? 0) + (own?.get(key) ?? 0)
    );
    let rows = committed?.rows ?? 0;
    for (const count of own?.values() ?? []) rows += count;
    return {
      start,
      end: committed?.end ?? start + tally!.windowMs,
      status: own === undefined ? "closed" : tally!.isOpen(start) ? "open" : "closing",
      rows,
      files: committed?.files ?? 0,
      rowsByKey,
    };
  });
  return { windows, keys };
}

/** The keys with the most rows in the windows shown, in the order of their names. */
function commonKeys(
  starts: readonly number[],
  watch: TableWatch,
  held: ReadonlyMap<number, ReadonlyMap<string, number>>,
): string[] {
  const totals = new Map<string, number>();
  for (const start of starts) {
    for (const byKey of [watch.windows.get(start)?.rowsByKey, held.get(start)]) {
      for (const [key, rows] of byKey ?? []) totals.set(key, (totals.get(key) ?? 0) + rows);
    }
  }
  const byRows = [...totals].sort(([, a], [, b]) => b - a).slice(0, MAX_KEYS);
  return byRows.map(([key]) => key).sort();
}

/** What is counted, of the table and of the run. */
export function countsOf(
  watch: TableWatch,
  run: { readonly accepted: number; readonly held: number },
): Counts {
  return {
    accepted: run.accepted,
    held: run.held,
    written: watch.rows,
    late: watch.late,
    rescued: watch.rescued,
    deadLettered: watch.deadLettered,
    files: watch.files,
    bytes: watch.bytes,
  };
}
