import type { DataType, Field } from "../columns/schema.ts";
import { parseType, type TypeName } from "../columns/type_name.ts";
import { atLeast, type Clock, MIB, oneOf } from "../options.ts";
import {
  assertPartitionColumns,
  type PartitionColumn,
  partitionName,
} from "../partition/partition_column.ts";
import { type Duration, parseDuration } from "./duration.ts";
import { assertWindows, tumbling, type TumblingWindows } from "./tumbling.ts";
import type { LatePolicy, WindowingOptions } from "./windowed_partitions.ts";

/** How events are gathered by window and partition. */
export interface WindowOptions {
  /** Which windows; `tumbling("15m")` by default. */
  readonly window?: TumblingWindows;
  /** The columns that make the directories, outermost first; none by default. */
  readonly partitionBy?: readonly PartitionColumn[];
  /**
   * Whether event fields in `partitionBy` are columns of the files too, as the text that the path
   * has; `false` by default.
   */
  readonly keepPartitionColumns?: boolean;
  /** How long a window waits for events out of order, after it ended; `0` by default. */
  readonly lateness?: Duration;
  /** What becomes of events whose window was closed; `"append"` by default. */
  readonly late?: LatePolicy;
  /**
   * Events further ahead of the clock than this are dead letters, so that one wrong clock does not
   * close everybody's windows. For live sources; off by default.
   */
  readonly maxFutureSkew?: Duration;
  /** Most rows of a part file; one million by default. */
  readonly maxRows?: number;
  /** Past this, the largest accumulations are written early; 256 MiB by default. */
  readonly memoryLimitBytes?: number;
  /** Types of columns that are known beforehand; others are inferred. */
  readonly schema?: Readonly<Record<string, TypeName>>;
  /** Tells arrival time; `Date` by default. */
  readonly clock?: Clock;
}

/** Checks {@linkcode WindowOptions}. */
export function resolveWindowOptions(options: WindowOptions): WindowingOptions {
  const { partitionBy = [], maxFutureSkew, clock = Date } = options;
  assertPartitionColumns(partitionBy);
  return {
    window: assertWindows(options.window ?? tumbling("15m")),
    partitionBy,
    keepPartitionColumns: options.keepPartitionColumns ?? false,
    latenessMs: parseDuration(options.lateness ?? 0, "lateness"),
    late: oneOf(options.late ?? "append", "late", ["append", "dead-letter", "drop"]),
    maxFutureSkewMs: maxFutureSkew === undefined
      ? undefined
      : parseDuration(maxFutureSkew, "maxFutureSkew"),
    maxRows: atLeast(options.maxRows ?? 1_000_000, "maxRows", 1),
    memoryLimitBytes: atLeast(options.memoryLimitBytes ?? 256 * MIB, "memoryLimitBytes", MIB),
    now: () => clock.now(),
  };
}

/**
 * The columns that a table has at the beginning of a run: its own, then those of the `schema` option
 * that it does not have yet.
 *
 * @throws {TypeError} If a type is none, or not the one that the column has in the table or as a
 * partition column, or if two names are the same but for case.
 */
export function initialSchema(
  pinned: readonly Field[],
  options: WindowOptions,
): readonly Field[] {
  const { schema = {}, partitionBy = [] } = options;
  const kindInPath = new Map(
    partitionBy.map((column) => [
      partitionName(column).toLowerCase(),
      typeof column === "string" ? "string" : "int64",
    ]),
  );
  const fields = new Map(pinned.map((field) => [field.name.toLowerCase(), field]));
  const declared = new Set<string>();
  for (const [name, typeName] of Object.entries(schema)) {
    const folded = name.toLowerCase();
    const type = parseType(typeName, `schema.${name}`);
    const kind = kindInPath.get(folded);
    const known = fields.get(folded);
    if (declared.has(folded)) {
      throw new TypeError(
        `Cannot use option "schema": columns must have different names: ` +
          `current value has ${JSON.stringify(name)} twice`,
      );
    }
    declared.add(folded);
    if (kind !== undefined ? kind !== type.kind : known !== undefined && !agree(known.type, type)) {
      const what = kind === undefined
        ? `the table has the column as "${known!.type.kind}"`
        : `a partition column of this kind is "${kind}"`;
      throw new TypeError(
        `Cannot use option "schema.${name}": ${what}: current value is ${JSON.stringify(typeName)}`,
      );
    }
    if (kind === undefined && known === undefined) fields.set(folded, { name, type });
  }
  return [...fields.values()];
}

/** Whether a column of one type can be told to be of another; members may be missing in either. */
function agree(a: DataType, b: DataType): boolean {
  if (a.kind === "list" && b.kind === "list") return agree(a.item, b.item);
  if (a.kind !== "struct" || b.kind !== "struct") return a.kind === b.kind;
  const types = new Map(a.fields.map(({ name, type }) => [name, type]));
  return b.fields.every(({ name, type }) => {
    const own = types.get(name);
    return own === undefined || agree(own, type);
  });
}
