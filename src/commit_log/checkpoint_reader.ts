import { jsonRows } from "../columns/json_rows.ts";
import { readParquetTable } from "../parquet/on_demand.ts";
import { toAction } from "./action_json.ts";
import type { Action } from "./actions.ts";
import { CorruptLogError } from "./errors.ts";

/**
 * The actions in the Parquet file of a checkpoint, which another engine has written: each row has
 * one, in the column of its name ("Checkpoint Schema"). But for maps, a row as JSON is what the line
 * of a commit is.
 *
 * @param key The file, for messages.
 * @throws {CorruptLogError} If it is no such file.
 */
export async function readCheckpoint(bytes: Uint8Array, key: string): Promise<Action[]> {
  try {
    const rows = jsonRows(await readParquetTable(bytes));
    return Array.from(rows, (row) => toAction(JSON.parse(row, withMaps)))
      .filter((action) => action !== undefined);
  } catch (cause) {
    throw new CorruptLogError(key, "is no checkpoint that can be read", { cause });
  }
}

/** The members of actions that are maps: Parquet has them as lists of entries. */
const MAPS: ReadonlySet<string> = new Set(["partitionValues", "tags", "options", "configuration"]);

function withMaps(name: string, value: unknown): unknown {
  if (!MAPS.has(name) || !Array.isArray(value)) return value;
  return Object.fromEntries(
    value.map(({ key, value }: { readonly key: string; readonly value: string | null }) => [
      key,
      value,
    ]),
  );
}
