import {
  BOOL,
  FLOAT64,
  INT64,
  JSON_TEXT,
  type Kind,
  LIST,
  STRING,
  STRUCT,
  TIMESTAMP,
} from "./kind.ts";
import type { DataType } from "./schema.ts";

const KINDS: Readonly<Record<DataType["kind"], Kind>> = {
  bool: BOOL,
  int64: INT64,
  float64: FLOAT64,
  string: STRING,
  json: JSON_TEXT,
  timestamp: TIMESTAMP,
  list: LIST,
  struct: STRUCT,
};

/** The kind of values that a column of a type has, as a rule. */
export function kindOfType({ kind }: DataType): Kind {
  return KINDS[kind];
}
