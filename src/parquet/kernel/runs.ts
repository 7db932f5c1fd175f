// Rows that are held, to the columns of a file: each is gathered and written in turn, as
// ../encode_by_kernel.ts has it done for what was gathered before.
import { BOOL, FLOAT64, LIST, STRING, STRUCT } from "../../columns/kernel/held.ts";
import {
  gatherRuns,
  keep,
  Runs,
  runsOfField,
  runsOfItems,
  Vector,
} from "../../columns/kernel/gather.ts";
import { fillTo, newBuffer, roomFor } from "../../kernel/buffer.ts";
import { BITS, FLOATS, INTEGERS, setCodes, setColumn, setNesting, STRINGS } from "./column.ts";
import { Bound, hasBounds, lower, setBound, upper } from "./extremes.ts";
import { enterLists, entriesAt, passNulls, startLevels } from "./levels.ts";
import { endColumn, putColumn } from "./mod.ts";

/** Longer strings are cut, the least downwards and the greatest upwards: as ../../columns/stats.ts. */
const MAX_BOUND_LENGTH: u32 = 32;
/** U+10FFFF. */
const GREATEST: u32 = 0xbfbf8ff4;
const MAX_LEVEL: u32 = 254;

/** A column of the schema, which is followed by those in it; its layout is known to ../file_plan.ts. */
// @ts-ignore: decorator
@unmanaged
class Planned {
  kind: u32;
  field: u32;
  childCount: u32;
  /** Its `path_in_schema`, a list as Thrift has it, if it has values of its own. */
  path: usize;
  pathLength: u32;
}

/** What the log says of a column. */
// @ts-ignore: decorator
@unmanaged
class Stats {
  nullCount: u32;
  hasBounds: u32;
  /** A value of eight bytes, or where a string is and its length. */
  min: u64;
  max: u64;
}

const stats = newBuffer();
/** The column that comes next. */
let planned: usize = 0;

/** Writes the columns of a plan; says whether it could. */
export function putRuns(runs: Runs, plan: usize, count: u32): bool {
  stats.length = 0;
  planned = plan;
  for (let i: u32 = 0; i < count; i++) {
    if (!putField(runs)) return false;
  }
  return true;
}

/** Of each column of the plan, in its order. */
export function statsStart(): usize {
  return stats.start;
}

function nextPlanned(): Planned {
  const next = changetype<Planned>(planned);
  planned += offsetof<Planned>();
  return next;
}

/** Notes the statistics of a column; gives their place, since others may follow. */
function noteNulls(vector: Vector): u32 {
  const place = stats.length;
  const at = roomFor(stats, offsetof<Stats>());
  memory.fill(at, 0, offsetof<Stats>());
  changetype<Stats>(at).nullCount = vector.nullCount;
  fillTo(stats, at + offsetof<Stats>());
  return place;
}

function putField(events: Runs): bool {
  const column = nextPlanned();
  const runs = runsOfField(events, column.field);
  if (column.kind != STRUCT && column.kind != LIST) {
    const vector = gatherRuns(runs, column.kind);
    if (vector === null) return false;
    beginLeaf(column, vector);
    endLeaf(column, vector);
    return true;
  }
  startLevels(runs.rows);
  return putNested(column, runs, 0);
}

function putNested(column: Planned, runs: Runs, above: u32): bool {
  if (above >= MAX_LEVEL) return false;
  const vector = gatherRuns(runs, column.kind);
  if (vector === null) return false;
  const depth = above + 1;
  passNulls(above, vector.nullCount == 0 ? 0 : vector.validity);
  if (column.kind == STRUCT) {
    noteNulls(vector);
    for (let i: u32 = 0; i < column.childCount; i++) {
      const child = nextPlanned();
      if (!putNested(child, runsOfField(runs, child.field), depth)) return false;
    }
    return true;
  }
  if (column.kind == LIST) {
    noteNulls(vector);
    enterLists(depth, vector.offsets);
    return putNested(nextPlanned(), runsOfItems(runs), depth + 1);
  }
  const entries = entriesAt(depth);
  // A value beneath what is null would have to be left out.
  if (entries.present != vector.length - vector.nullCount) return false;
  beginLeaf(column, vector);
  setNesting(entries.count, entries.definitions, entries.repetitions, depth, entries.lists);
  endLeaf(column, vector);
  return true;
}

function beginLeaf(column: Planned, vector: Vector): void {
  const kind = column.kind;
  setColumn(
    kind == BOOL ? BITS : kind == FLOAT64 ? FLOATS : kind == STRING ? STRINGS : INTEGERS,
    vector.length,
    vector.length - vector.nullCount,
    vector.values,
    vector.nullCount == 0 ? 0 : vector.validity,
  );
  if (kind == STRING) setCodes(vector.codes, vector.offsets, vector.distinct);
}

function endLeaf(column: Planned, vector: Vector): void {
  putColumn();
  const place = noteNulls(vector);
  if (hasBounds) {
    if (column.kind == STRING) {
      cut(lower, false);
      cut(upper, true);
    }
    const noted = changetype<Stats>(stats.start + place);
    noted.hasBounds = 1;
    noted.min = boundOf(lower, column.kind);
    noted.max = boundOf(upper, column.kind);
  }
  endColumn(column.path, column.pathLength);
}

function boundOf(bound: Bound, kind: u32): u64 {
  return kind == STRING ? <u64>bound.at | <u64>bound.length << 32 : bound.value;
}

/** Cuts a bound that is a long string. */
function cut(bound: Bound, isUpper: bool): void {
  const end = bound.at + bound.length;
  if (utf16Length(bound.at, end) <= MAX_BOUND_LENGTH) return;
  let to = bound.at;
  for (let i: u32 = 0; i < MAX_BOUND_LENGTH && to < end; i++) {
    to++;
    while (to < end && (load<u8>(to) & 0xc0) == 0x80) to++;
  }
  if (to == end) return;
  if (isUpper) while (to + 4 <= end && load<u32>(to) == GREATEST) to += 4;
  let length = <u32>(to - bound.at);
  const at = keep(length + 4);
  memory.copy(at, bound.at, length);
  if (isUpper) {
    store<u32>(at + length, GREATEST);
    length += 4;
  }
  setBound(bound, at, length, false);
}

/** How many code units of UTF-16 a text has. */
function utf16Length(at: usize, end: usize): u32 {
  let units: u32 = 0;
  for (; at < end; at++) {
    const byte = load<u8>(at);
    units += <u32>((byte & 0xc0) != 0x80) + <u32>(byte >= 0xf0);
  }
  return units;
}
