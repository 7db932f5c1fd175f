import type { ColumnBatch } from "../columns/column_batch.ts";
import { type Column, jsonText } from "../columns/column.ts";
import { MISSING, NULL, STRING, TIMESTAMP } from "../columns/kind.ts";
import { timestampText } from "../columns/time_text.ts";
import { hiveSegment } from "./hive.ts";
import { type PartitionColumn, partitionName, type TimePart } from "./partition_column.ts";

/** One combination of partition values: a directory. */
export interface Partition {
  /** The value of each partition column, as text; `null` for null and for missing. */
  readonly values: readonly (string | null)[];
  /** The Hive directory, `year=2022/month=6`; empty without partition columns. */
  readonly path: string;
}

/** A partition of the first columns, and those of one column more inside it. */
interface Node {
  /** `undefined` where a value is too long for a directory name. */
  readonly partition: Partition | undefined;
  readonly inside: Map<string | null, Node>;
}

/** A part of the time is the same for all of an hour. */
export const HOURS = { lengthMs: 3_600_000, offsetMs: 0 } as const;

/** Finds the partitions of rows of a batch. */
export class Partitioner {
  readonly #times: Float64Array;
  readonly #columns: readonly {
    readonly name: string;
    readonly textOf: (row: number) => string | null;
  }[];
  readonly #root: Node = { partition: { values: [], path: "" }, inside: new Map() };

  constructor(
    { columns, times }: Pick<ColumnBatch, "columns" | "times">,
    partitionBy: readonly PartitionColumn[],
  ) {
    this.#times = times;
    this.#columns = partitionBy.map((column) => {
      const name = partitionName(column);
      if (typeof column !== "string") return { name, textOf: this.#partsOfTime(column.part) };
      const values = columns.get(column);
      return { name, textOf: values === undefined ? () => null : (row) => textAt(values, row) };
    });
  }

  /** The partition of a row; `undefined` where a value is too long for a directory name. */
  partitionOf(row: number): Partition | undefined {
    let node = this.#root;
    for (const { name, textOf } of this.#columns) {
      const value = textOf(row);
      const { partition, inside } = node;
      let next = inside.get(value);
      if (next === undefined) {
        next = { partition: join(partition, { name, value }), inside: new Map() };
        inside.set(value, next);
      }
      node = next;
    }
    return node.partition;
  }

  #partsOfTime(part: TimePart["part"]): (row: number) => string {
    const known = new Map<number, string>();
    return (row) => {
      const hour = Math.floor(this.#times[row]! / 1000 / HOURS.lengthMs);
      let text = known.get(hour);
      if (text === undefined) known.set(hour, text = timePartText(hour, part));
      return text;
    };
  }
}

/** The partition of one more column inside another, if there can be a directory of that name. */
function join(
  partition: Partition | undefined,
  { name, value }: { readonly name: string; readonly value: string | null },
): Partition | undefined {
  const segment = hiveSegment(name, value);
  if (partition === undefined || segment === undefined) return undefined;
  const { values, path } = partition;
  return { values: [...values, value], path: path === "" ? segment : `${path}/${segment}` };
}

function textAt(column: Column, row: number): string | null {
  switch (column.kinds[row]) {
    case MISSING:
    case NULL:
      return null;
    case STRING:
      return column.pool!.get(column.codes[row]!);
    case TIMESTAMP:
      return timestampText(column.ints[row]!);
    default:
      return jsonText(column, row)!;
  }
}

function timePartText(hour: number, part: TimePart["part"]): string {
  const date = new Date(hour * HOURS.lengthMs);
  switch (part) {
    case "year":
      return String(date.getUTCFullYear());
    case "month":
      return String(date.getUTCMonth() + 1);
    case "day":
      return String(date.getUTCDate());
    case "hour":
      return String(date.getUTCHours());
  }
}
