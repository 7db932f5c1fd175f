import { countRows, type RowRun } from "./held_rows.ts";
import { type KernelHolder, KernelRows, putRows } from "./kernel_rows.ts";
import { kernelHolderOf, putRuns } from "./kernel_table.ts";

/** Rows on their way from the memory of one kernel to that of another: see kernel/packed.ts. */
export interface PackedRows {
  readonly rows: number;
  readonly bytes: Uint8Array;
  /** The names of fields, by the numbers that stand for them in the bytes. */
  readonly names: readonly string[];
}

/** Packs the rows of some runs, in their order. `undefined` where no one kernel holds them all. */
export function packRows(runs: readonly RowRun[]): PackedRows | undefined {
  const holder = kernelHolderOf(runs);
  if (holder === undefined) return undefined;
  const { kernel, fieldNames } = holder;
  const rows = countRows(runs);
  if (kernel.pack(putRuns(holder, runs, rows)) === 0) return undefined;
  const bytes = new Uint8Array(kernel.memory.buffer, kernel.packedAt(), kernel.packedBytes());
  return { rows, bytes: bytes.slice(), names: fieldNames };
}

/** Has a kernel hold rows that another one has packed. */
export function unpackRows({ rows, bytes, names }: PackedRows, holder: KernelHolder): KernelRows {
  const { kernel } = holder;
  const at = kernel.input(bytes.length);
  const numbers = putRows(kernel, Uint32Array.from(names, (name) => holder.fieldId(name)));
  new Uint8Array(kernel.memory.buffer, at, bytes.length).set(bytes);
  // They are not held for long: nobody asks how much they take.
  return new KernelRows(holder, kernel.unpack(at, numbers), { rows, bytesPerRow: 0, poolBytes: 0 });
}
