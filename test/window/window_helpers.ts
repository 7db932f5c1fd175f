import type { ColumnBatch } from "../../src/columns/column_batch.ts";
import { ColumnHolder } from "../../src/columns/column_rows.ts";
import type { GatheredTable } from "../../src/columns/table.ts";
import { isNull } from "../../src/columns/vector.ts";
import { ReferenceDecoder } from "../../src/decode/reference_decoder.ts";
import { resolveWindowOptions, type WindowOptions } from "../../src/window/window_options.ts";
import {
  type CommitPoint,
  type PartRows,
  WindowedPartitions,
  type WindowingState,
} from "../../src/window/windowed_partitions.ts";
import { utf8 } from "../decode/decode_helpers.ts";

export const MINUTE = 60_000;

/** An event of these tests: its time in minutes, and a number of its own. */
export interface Event {
  readonly t: number | string | null;
  readonly id: number;
  readonly [field: string]: unknown;
}

/** Decodes events batch by batch, as a stream of them would be. */
export class Batches {
  readonly #decoder: ReferenceDecoder;
  #end = 0;

  constructor(options: { readonly time?: string; readonly now?: () => number } = {}) {
    const { time = "t", now = () => 0 } = options;
    this.#decoder = new ReferenceDecoder({
      time: time === "" ? undefined : { field: time, unit: "ms" },
      maxEventBytes: 1 << 20,
      now,
      firstLine: 1,
    });
  }

  /** The next batch; times are in minutes. Text is a line as it is. */
  next(...events: readonly (Event | string)[]): ColumnBatch {
    const lines = events.map((event) => {
      if (typeof event === "string") return event;
      const t = typeof event.t === "number" ? event.t * MINUTE : event.t;
      return JSON.stringify({ ...event, t });
    });
    const bytes = utf8(lines.map((line) => `${line}\n`).join(""));
    const start = this.#end;
    this.#end += bytes.length;
    return this.#decoder.decode({ bytes, start, end: this.#end });
  }
}

/** Windows of ten minutes, unless told otherwise. */
export function openWindows(
  options: WindowOptions = {},
  state?: WindowingState,
): WindowedPartitions {
  const defaults = { window: { lengthMs: 10 * MINUTE, offsetMs: 0 } };
  const settings = resolveWindowOptions({ ...defaults, ...options });
  return new WindowedPartitions(settings, state, new ColumnHolder());
}

/** The int64 values of a column. */
export function intsOf(table: GatheredTable, name: string): number[] {
  const vector = table.vectors[table.fields.findIndex((field) => field.name === name)]!;
  return Array.from(vector.ints ?? [], Number).filter((_, row) => !isNull(vector, row));
}

/** What of a part these tests look at: `0-10 page=x [1,2]`, minutes and ids. */
async function show(item: PartRows | CommitPoint): Promise<string> {
  if (item.type === "commit") {
    const { number, windows, late, deadLetters } = item;
    const letters = deadLetters.map(({ reason, line }) => `${reason}@${line}`);
    return `commit ${number}: ${windows} closed, ${late} late, [${letters.join(",")}]`;
  }
  const { window, partition, isEarly, commitNumber, part } = item;
  const times = `${window.start / MINUTE}-${window.end / MINUTE}`;
  const ids = intsOf(await item.toTable(), "id");
  return `${times} ${partition.path}[${ids.join(",")}] #${commitNumber}.${part}${
    isEarly ? " early" : ""
  }`;
}

/** All that windows let out, as text. */
export async function shown(items: Iterable<PartRows | CommitPoint>): Promise<string[]> {
  return await Promise.all(Array.from(items, show));
}

/** The rows that a table holds: parts whose commit was made, and nothing of what was to follow. */
export class CommittedRows {
  readonly ids: number[] = [];
  readonly deadLetters: CommitPoint["deadLetters"][number][] = [];
  #pending: PartRows[] = [];
  late = 0;

  /** Takes in what windows let out, as a table does. */
  async take(item: PartRows | CommitPoint): Promise<void> {
    if (item.type === "part") {
      this.#pending.push(item);
      return;
    }
    const { closedThrough } = item.state;
    for (const part of this.#pending.filter(({ window }) => window.end <= closedThrough)) {
      this.ids.push(...intsOf(await part.toTable(), "id"));
    }
    this.#pending = this.#pending.filter(({ window }) => window.end > closedThrough);
    this.deadLetters.push(...item.deadLetters);
    this.late += item.late;
  }

  /** What a process that is gone has not committed is nowhere. */
  forgetPending(): void {
    this.#pending = [];
  }

  /** How many parts wait for a commit. */
  get pending(): number {
    return this.#pending.length;
  }
}
