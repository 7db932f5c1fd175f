import type { ColumnBatch } from "../../src/columns/column_batch.ts";
import type { Field } from "../../src/columns/schema.ts";
import { type GatheredTable, gatherTable } from "../../src/columns/table.ts";
import { ColumnHolder } from "../../src/columns/column_rows.ts";
import type { HeldRows, RowHolder, RowRun } from "../../src/columns/held_rows.ts";
import { extendSchema } from "../../src/columns/table_schema.ts";
import { mergeSummary, summaryOf, type TypeSummary } from "../../src/columns/type_summary.ts";
import { decodeAll } from "../decode/decode_helpers.ts";

/** Every row of a batch. */
export function allRows(batch: ColumnBatch, holder: RowHolder = new ColumnHolder()): RowRun {
  const rows = Uint32Array.from({ length: batch.rows }, (_, i) => i);
  return { held: holder.load(batch.columns, batch.rows).hold(rows), start: 0, end: batch.rows };
}

/** Adds the kinds of values of rows to summaries of fields. */
export function addSeen(seen: Map<string, TypeSummary>, { seen: own }: HeldRows): void {
  for (const [name, summary] of own) mergeSummary(summaryOf(seen, name), summary);
}

/** Which kinds of values the columns hold. */
export function seenIn(runs: readonly RowRun[]): Map<string, TypeSummary> {
  const seen = new Map<string, TypeSummary>();
  for (const { held } of runs) addSeen(seen, held);
  return seen;
}

/** The table that a window of these rows gives. */
export function toTable(
  runs: readonly RowRun[],
  { pinned = [], inPath = [] }: {
    readonly pinned?: readonly Field[];
    readonly inPath?: readonly string[];
  } = {},
): GatheredTable {
  const schema = extendSchema(pinned, seenIn(runs), inPath);
  return gatherTable(runs, schema, new Set(inPath));
}

/** The table of JSON lines, decoded in batches of `batchBytes`. */
export function tableOfLines(
  lines: readonly string[],
  options: Parameters<typeof toTable>[1] & { readonly batchBytes?: number } = {},
): GatheredTable {
  const text = lines.map((line) => `${line}\n`).join("");
  const batches = decodeAll(text, { batchBytes: options.batchBytes ?? 1 << 20 });
  return toTable(batches.map((batch) => allRows(batch)), options);
}
