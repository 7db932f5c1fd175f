import { countRows } from "../columns/held_rows.ts";
import { kernelHolderOf, putRuns } from "../columns/kernel_table.ts";
import { type PartContent, partTable } from "../window/part_table.ts";
import { CODECS } from "./encode_by_kernel.ts";
import { type EncodedTable, encodeTable } from "./encode_table.ts";
import { FilePlan } from "./file_plan.ts";
import { isForKernel } from "./kernel_module.ts";
import type { ParquetCompression } from "./parquet_options.ts";

/** The file of a part, and how many of its rows hold something in `_rescued_data`. */
export interface EncodedPart extends EncodedTable {
  readonly rescued: number;
}

/**
 * Makes the file of a part, and gives its rows free. Where a kernel holds the rows, and there is
 * nothing odd about them, it makes the file by itself; else a table is made of them first.
 */
export async function encodePart(
  content: PartContent,
  options: { readonly compression: ParquetCompression },
): Promise<EncodedPart> {
  const encoded = encodeInKernel(content, options.compression);
  if (encoded === undefined) {
    const table = partTable(content);
    return { ...await encodeTable(table, options), rescued: table.rescued };
  }
  for (const { held, start, end } of content.runs) held.release(end - start);
  return { ...encoded, rescued: 0 };
}

function encodeInKernel(
  { runs, schema, isWhole, keepPartitionColumns }: PartContent,
  compression: ParquetCompression,
): EncodedTable | undefined {
  const holder = kernelHolderOf(runs);
  const isOdd = !isWhole || keepPartitionColumns || schema.length === 0;
  if (holder === undefined || isOdd || !isForKernel(compression)) return undefined;
  const plan = FilePlan.of(holder, schema);
  if (plan === undefined) return undefined;
  const rows = countRows(runs);
  const bytes = plan.encode(putRuns(holder, runs, rows), { rows, codec: CODECS[compression] });
  return bytes && { bytes, stats: plan.stats() };
}
