import { asFloats, Column } from "./column.ts";
import { hasCode, LIST } from "./kind.ts";
import { StringPool } from "./string_pool.ts";
import { itemRows } from "./type_summary.ts";

/** A copy of some rows of a column, which keeps nothing else of the batch in memory. */
export function takeRows(column: Column, rows: Uint32Array): Column {
  const taken = new Column(rows.length);
  takeKinds(column, rows, taken);
  if (column.ints.length > 0) takeNumbers(column, rows, taken);
  if (column.codes.length > 0) takeStrings(column, rows, taken);
  for (const [name, field] of column.fields) taken.fields.set(name, takeRows(field, rows));
  if (column.items !== undefined) {
    taken.starts = new Uint32Array(rows.length);
    taken.ends = new Uint32Array(rows.length);
    let end = 0;
    rows.forEach((from, row) => {
      taken.starts[row] = end;
      if (column.kinds[from] === LIST) end += column.ends[from]! - column.starts[from]!;
      taken.ends[row] = end;
    });
    taken.items = takeRows(column.items, itemRows(column, rows));
  } else if (column.starts.length > 0) {
    taken.starts = new Uint32Array(rows.length); // lists, all of them empty
    taken.ends = new Uint32Array(rows.length);
  }
  return taken;
}

// Small functions of plain loops, which are compiled soon, and once.

function takeKinds(column: Column, rows: Uint32Array, taken: Column): void {
  for (let row = 0; row < rows.length; row++) taken.kinds[row] = column.kinds[rows[row]!]!;
}

function takeNumbers(column: Column, rows: Uint32Array, taken: Column): void {
  taken.ints = new BigInt64Array(rows.length);
  taken.floats = asFloats(taken.ints);
  // By bits: some bits of a number mean nothing as the other type.
  for (let row = 0; row < rows.length; row++) taken.ints[row] = column.ints[rows[row]!] ?? 0n;
}

function takeStrings(column: Column, rows: Uint32Array, taken: Column): void {
  const pool = column.pool!;
  taken.codes = new Uint32Array(rows.length);
  // An interned pool is shared with other batches; another would be kept alive for these few rows.
  const own = pool.interned ? undefined : new StringPool({ interned: false });
  taken.pool = own ?? pool;
  for (let row = 0; row < rows.length; row++) {
    const from = rows[row]!;
    if (!hasCode(column.kinds[from]!)) continue;
    const code = column.codes[from]!;
    taken.codes[row] = own === undefined ? code : own.addBytes(pool.slice(code));
  }
}
