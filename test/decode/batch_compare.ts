import assert from "node:assert/strict";
import type { ColumnBatch } from "../../src/columns/column_batch.ts";
import type { Column } from "../../src/columns/column.ts";
import { hasCode, hasNumber, LIST } from "../../src/columns/kind.ts";

/** A column as plain values: equal ones hold the same, whatever codes and pools they have. */
interface PlainColumn {
  readonly kinds: readonly number[];
  readonly values: readonly unknown[];
  readonly fields: readonly (readonly [name: string, PlainColumn])[];
  readonly items: PlainColumn | undefined;
}

function plainColumn(column: Column, rows: number): PlainColumn {
  const kinds = Array.from(column.kinds.subarray(0, rows));
  const values = kinds.map((kind, row) => {
    if (hasCode(kind)) return column.pool!.get(column.codes[row]!);
    if (hasNumber(kind)) return column.ints[row]!; // the bits of a double too
    return kind === LIST ? [column.starts[row], column.ends[row]] : undefined;
  });
  const itemCount = Math.max(0, ...kinds.map((kind, row) => kind === LIST ? column.ends[row]! : 0));
  assertPools(column, kinds);
  return {
    kinds,
    values,
    fields: Array.from(column.fields, ([name, field]) => [name, plainColumn(field, rows)]),
    items: column.items && plainColumn(column.items, itemCount),
  };
}

/** In a pool that is said to be interned, equal strings have equal codes. */
function assertPools(column: Column, kinds: readonly number[]): void {
  if (column.pool?.interned !== true) return;
  const codes = new Map<string, number>();
  for (const [row, kind] of kinds.entries()) {
    if (!hasCode(kind)) continue;
    const code = column.codes[row]!;
    const text = column.pool.get(code);
    assert.equal(codes.get(text) ?? code, code);
    codes.set(text, code);
  }
}

/** Asserts that two batches have the same events, dead letters and places in the source. */
export function assertSameBatches(actual: ColumnBatch, expected: ColumnBatch): void {
  const plain = (batch: ColumnBatch) => ({
    ...batch,
    columns: Array.from(batch.columns, ([name, column]) => [name, plainColumn(column, batch.rows)]),
    line: Array.from({ length: batch.rows }, (_, row) => batch.line(row)),
  });
  assert.deepEqual(plain(actual), plain(expected));
}
