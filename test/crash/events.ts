/** How many events are appended, and acknowledged, together. */
export const APPEND_SIZE = 6;

/** An event: two a second of event time, some of them out of order by more than the lateness. */
export function eventOf(id: number): { id: number; at: number; page: string; text: string } {
  const delay = id % 37 === 0 ? 90_000 : id % 5 === 0 ? 3000 : 0;
  return {
    id,
    at: Math.max(0, id * 500 - delay),
    page: `/page${id % 3}`,
    text: "x".repeat(id % 50),
  };
}
