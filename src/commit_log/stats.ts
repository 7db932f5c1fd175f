/** A bound in {@linkcode FileStats}: nested as the column is. */
export type StatValue = string | number | bigint | boolean | null | StatRecord;

/** Values by column name. */
export interface StatRecord {
  readonly [column: string]: StatValue;
}

/**
 * What is known of a data file's contents ("Per-file Statistics"). Bounds of strings may be cut
 * (rounded down and up), those of timestamps are ISO 8601 with milliseconds. A column without a
 * bound is left out.
 */
export interface FileStats {
  readonly numRecords: number;
  readonly minValues?: StatRecord;
  readonly maxValues?: StatRecord;
  readonly nullCount?: StatRecord;
}

/**
 * Statistics as the JSON text that {@linkcode AddFile} carries. A `bigint` is written with all its
 * digits; a number that JSON has no word for (NaN, ±Infinity) as null, which says nothing.
 *
 * @example
 * ```ts
 * formatStats({ numRecords: 2, maxValues: { id: 9007199254740993n } });
 * // '{"numRecords":2,"maxValues":{"id":9007199254740993}}'
 * ```
 */
export function formatStats(stats: FileStats): string {
  return isPlain(stats) ? JSON.stringify(stats) : toJson(stats);
}

/** Whether `JSON.stringify` makes of it what is meant, and faster. */
function isPlain(value: StatValue | FileStats | undefined): boolean {
  if (typeof value !== "object" || value === null) {
    return typeof value !== "bigint" && !Object.is(value, -0);
  }
  return Object.values(value).every(isPlain);
}

function toJson(value: StatValue | FileStats): string {
  if (typeof value === "bigint") return String(value);
  if (Object.is(value, -0)) return "-0.0"; // JSON.stringify makes it 0
  return typeof value === "object" && value !== null ? objectJson(value) : JSON.stringify(value);
}

function objectJson(members: StatRecord | FileStats): string {
  let text = "";
  for (const [name, member] of Object.entries(members)) {
    if (member !== undefined) text += `${text && ","}${JSON.stringify(name)}:${toJson(member)}`;
  }
  return `{${text}}`;
}

/** The reverse of {@linkcode formatStats}, but integers beyond 2^53 lose their last digits. */
export function parseStats(text: string): FileStats {
  return JSON.parse(text) as FileStats;
}
