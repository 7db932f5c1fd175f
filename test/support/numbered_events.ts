// Events that can be told apart, and counted again in a table.
import assert from "node:assert/strict";
import type { Row } from "./table_rows.ts";

/** Values that need care in the names of directories. */
const PAGES = ["/home", "100%", "ä b", "x=y/%2F", ""];
const BASE = Date.UTC(2022, 5, 1);

/** An event whose every field follows from its number, but for the time. */
export interface NumberedEvent {
  readonly id: number;
  readonly at: number;
  readonly page: string;
  readonly text: string;
}

/** The event of a number, so many seconds into the day. */
export function eventOf(id: number, second: number = id): NumberedEvent {
  return { id, at: BASE + second * 1000, page: pageOf(id), text: textOf(id) };
}

function pageOf(id: number): string {
  return PAGES[id % PAGES.length]!;
}

function textOf(id: number): string {
  return `event ${id}`;
}

/** Options for tables of these events: windows of a minute, partitions by page. */
export const NUMBERED = { time: "at", partitionBy: ["page"] } as const;

/** The numbers of the events in a table, in order; each row must be as it was appended. */
export function idsOf(rows: readonly Row[]): number[] {
  const ids = rows.map(({ id: value, page, text }) => {
    const id = Number(value);
    assert.deepEqual({ page, text }, { page: pageOf(id), text: textOf(id) }, `event ${id}`);
    return id;
  });
  return ids.sort((a, b) => a - b);
}

/** Whether everything that was acknowledged is there once, and nothing twice. */
export function assertOnce(
  ids: readonly number[],
  { acknowledged, attempted }: {
    readonly acknowledged: Iterable<number>;
    readonly attempted: Iterable<number>;
  },
): void {
  const found = new Set(ids);
  const known = new Set(attempted);
  assert.deepEqual([...acknowledged].filter((id) => !found.has(id)), [], "lost");
  assert.deepEqual(ids.filter((id, i) => ids[i - 1] === id), [], "doubled");
  assert.deepEqual(ids.filter((id) => !known.has(id)), [], "out of nowhere");
}
