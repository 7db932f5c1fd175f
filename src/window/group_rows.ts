/** Rows in order of their groups; those of group `i` are `rows[ends[i - 1] .. ends[i])`. */
export interface GroupedRows {
  readonly rows: Uint32Array;
  readonly ends: Uint32Array;
}

/**
 * Sorts rows by group; those of one group stay in their order.
 *
 * @param groups The number of each row's group.
 * @param count How many groups there are.
 */
export function groupRows(rows: Uint32Array, groups: Uint32Array, count: number): GroupedRows {
  const sorted = new Uint32Array(rows.length);
  const ends = new Uint32Array(count);
  for (let i = 0; i < groups.length; i++) ends[groups[i]!]!++;
  let end = 0;
  for (let i = 0; i < count; i++) [ends[i], end] = [end, end + ends[i]!]; // where each begins
  for (let i = 0; i < rows.length; i++) sorted[ends[groups[i]!]!++] = rows[i]!;
  return { rows: sorted, ends };
}
