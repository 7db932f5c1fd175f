/**
 * A partition column: the name of an event's own field, or a part of its time from
 * {@linkcode year}, {@linkcode month}, {@linkcode day} or {@linkcode hour}.
 */
export type PartitionColumn = string | TimePart;

/** A partition column made from the time of an event, in UTC. */
export interface TimePart {
  /** What the column is called. */
  readonly name: string;
  readonly part: "year" | "month" | "day" | "hour";
}

/**
 * Partitions by the year of an event's time, in UTC: `year=2022`.
 *
 * @param name What the column is called.
 *
 * @example
 * ```ts
 * import { day, month, year } from "sluice";
 *
 * const partitionBy = [year(), month(), day(), "page_url_path"];
 * ```
 */
export function year(name: string = "year"): TimePart {
  return { name, part: "year" };
}

/** Partitions by the month of an event's time, in UTC: `month=6`. See {@linkcode year}. */
export function month(name: string = "month"): TimePart {
  return { name, part: "month" };
}

/** Partitions by the day of the month of an event's time, in UTC: `day=1`. See {@linkcode year}. */
export function day(name: string = "day"): TimePart {
  return { name, part: "day" };
}

/** Partitions by the hour of an event's time, in UTC: `hour=13`. See {@linkcode year}. */
export function hour(name: string = "hour"): TimePart {
  return { name, part: "hour" };
}

/** What a partition column is called. */
export function partitionName(column: PartitionColumn): string {
  return typeof column === "string" ? column : column.name;
}

const TIME_PARTS: readonly unknown[] = ["year", "month", "day", "hour"];

/**
 * Checks the `partitionBy` option.
 *
 * @throws {TypeError} If it is no list of columns, a name is empty or too long for a directory, or
 * two are the same but for case.
 */
export function assertPartitionColumns(columns: readonly PartitionColumn[]): void {
  if (!Array.isArray(columns)) {
    throw new TypeError(
      `Cannot use option "partitionBy": it must be a list of columns: current value is ${
        JSON.stringify(columns)
      }`,
    );
  }
  const names = new Set<string>();
  for (const column of columns as readonly PartitionColumn[]) {
    const isColumn = typeof column === "string" || TIME_PARTS.includes(column?.part);
    const name = isColumn ? partitionName(column) : undefined;
    if (typeof name !== "string" || name === "" || name.length > 64) {
      throw new TypeError(
        `Cannot use option "partitionBy": a column must be a name of 1 to 64 characters, or a ` +
          `part of the time with such a name: current value is ${JSON.stringify(column)}`,
      );
    }
    if (names.has(name.toLowerCase())) {
      throw new TypeError(
        `Cannot use option "partitionBy": columns must have different names: ` +
          `current value has ${JSON.stringify(name)} twice`,
      );
    }
    names.add(name.toLowerCase());
  }
}
