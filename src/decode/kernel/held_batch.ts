// What was read, for rows of it to be held: with columns/kernel, where both are one kernel.
import { Held, STRUCT } from "../../columns/kernel/held.ts";
import { newBuffer, roomFor } from "../../kernel/buffer.ts";
import { activeField, Column, lengthen, takeUnnumbered } from "./column.ts";
import { root } from "./events.ts";
import { rowCount } from "./mod.ts";

/** The columns of the batch, as those of held rows, but that they have all arrays. */
const columns = newBuffer();

/**
 * Takes a column whose name has no number yet, which is to be put where the fourth of its words is; 0
 * where all have one. First are where the name is, and its length.
 */
export function unnumbered(): usize {
  return changetype<usize>(takeUnnumbered());
}

/** Where the events of the batch are that was finished, until the next one begins. */
export function batch(): usize {
  columns.length = 0;
  roomFor(columns, countOf(root) * offsetof<Held>());
  const events = nextHeld(1);
  describe(events, root, rowCount());
  events.kinds = 0;
  events.seen = 1 << STRUCT;
  return changetype<usize>(events);
}

function countOf(column: Column): u32 {
  let count: u32 = 1;
  for (let i: u32 = 0; i < column.activeLength; i++) count += countOf(activeField(column, i));
  const items = column.items;
  return items !== null && items.isActive ? count + countOf(items) : count;
}

function nextHeld(count: u32): Held {
  const at = columns.start + columns.length;
  columns.length += count * <u32>offsetof<Held>();
  memory.fill(at, 0, count * offsetof<Held>());
  return changetype<Held>(at);
}

function describe(held: Held, column: Column, rows: u32): void {
  held.field = column.field;
  held.rows = rows;
  if (column !== root) lengthen(column, rows);
  held.kinds = column.kinds;
  if (column.numbersRows > 0) held.numbers = column.numbers;
  const dictionary = column.dictionary;
  if (dictionary !== null && column.codesRows > 0) {
    const pool = dictionary.pool;
    held.codes = column.codes;
    held.pool = pool;
    held.bytes = pool.bytes;
    held.offsets = pool.offsets;
  }
  if (column.listsRows > 0) {
    held.starts = column.starts;
    held.ends = column.ends;
  }
  if (column.activeLength > 0) {
    held.fieldCount = column.activeLength;
    const first = nextHeld(column.activeLength);
    held.fields = changetype<usize>(first);
    for (let i: u32 = 0; i < column.activeLength; i++) {
      const field = changetype<Held>(held.fields + i * offsetof<Held>());
      describe(field, activeField(column, i), rows);
    }
  }
  const items = column.items;
  if (items === null || !items.isActive || column.itemCount == 0) return;
  const heldItems = nextHeld(1);
  held.items = heldItems;
  describe(heldItems, items, column.itemCount);
}
