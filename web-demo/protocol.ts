/** What the page and its worker say to each other. The worker owns everything; the page shows it. */

import type { DeadLetter, Duration, ParquetCompression } from "sluice";

/** Where a table and its journal are kept. */
export type StorageKind = "opfs" | "idb";

/** A part of the event time that a table can be partitioned by. */
export type TimePartName = "year" | "month" | "day" | "hour";

/** How a table is made. Fixed for as long as the table is there. */
export interface TableSettings {
  readonly windowLength: Duration;
  /** Empty for the time of arrival. */
  readonly timeField: string;
  /** Parts of the event time, then fields. */
  readonly timeParts: readonly TimePartName[];
  readonly fields: readonly string[];
  readonly lateness: Duration;
  readonly compression: ParquetCompression;
  readonly storage: StorageKind;
}

/** Where events come from. */
export type Source =
  | { readonly kind: "simulated"; readonly hasTrouble: boolean }
  | { readonly kind: "file"; readonly file: File }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "url"; readonly url: string };

/** What the page asks for. `id` names an answer that is waited for. */
export type Request =
  | { readonly type: "start"; readonly source: Source; readonly settings: TableSettings }
  | { readonly type: "speed"; readonly eventsPerSecond: number }
  | { readonly type: "go-on" }
  | { readonly type: "stop" }
  | { readonly type: "clear" }
  | { readonly type: "guess"; readonly id: number; readonly source: Source }
  | { readonly type: "look-inside"; readonly id: number; readonly path: string }
  | { readonly type: "dead-letters"; readonly id: number }
  | { readonly type: "file"; readonly id: number; readonly path: string }
  | { readonly type: "zip"; readonly id: number; readonly target?: FileSystemFileHandle };

/** What the worker says. */
export type Message =
  | { readonly type: "state"; readonly state: State }
  /** Files that are new in the table. */
  | { readonly type: "files"; readonly files: readonly TableFile[] }
  /** The table is gone. */
  | { readonly type: "reset" }
  | { readonly type: "answer"; readonly id: number; readonly value: unknown }
  | { readonly type: "refusal"; readonly id: number; readonly message: string };

/**
 * - `starting`: storage is being looked at;
 * - `following`: another tab writes the table;
 * - `ready`: nothing is under way;
 * - `kept`: a run was cut short, and can go on;
 * - `running`, `finishing`: events come in; the last windows are being written.
 */
export type Phase = "starting" | "following" | "ready" | "kept" | "running" | "finishing";

/** All that the live picture shows. */
export interface State {
  readonly phase: Phase;
  /** What went wrong last. */
  readonly error: string | undefined;
  /** What became of the last run, in a sentence. */
  readonly note: string | undefined;
  readonly settings: TableSettings | undefined;
  /** What a run that was cut short came from, and how many events of it are in the journal. */
  readonly kept:
    | { readonly source: Source["kind"]; readonly name: string; readonly journalled: number }
    | undefined;
  readonly counts: Counts;
  readonly progress: SourceProgress | undefined;
  /** Milliseconds since the epoch. */
  readonly watermark: number | undefined;
  readonly windows: readonly WindowState[];
  /** The field that `WindowState.rowsByKey` is of. */
  readonly keyName: string | undefined;
  readonly keys: readonly string[];
  readonly rates: Rates;
  readonly storage: { readonly usage: number; readonly quota: number } | undefined;
}

/** Counts of the table; `accepted` and `held` are of this run. */
export interface Counts {
  /** Safe from a crash. */
  readonly accepted: number;
  /** In open windows. */
  readonly held: number;
  readonly written: number;
  readonly late: number;
  readonly rescued: number;
  readonly deadLettered: number;
  readonly files: number;
  readonly bytes: number;
}

/** How much of a source with an end was read. */
export interface SourceProgress {
  readonly bytesRead: number;
  /** Absent where nobody says. */
  readonly bytesTotal: number | undefined;
  readonly etaMs: number | undefined;
}

/** A window of the timeline. */
export interface WindowState {
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  /** `closing`: the watermark has passed it, and its files are being written. */
  readonly status: "open" | "closing" | "closed";
  readonly rows: number;
  readonly files: number;
  /** Aligned with `State.keys`. */
  readonly rowsByKey: readonly number[];
}

/** The last minutes, sample by sample. */
export interface Rates {
  /** Seconds since the epoch. */
  readonly times: readonly number[];
  readonly eventsPerSecond: readonly number[];
  readonly bytesReadPerSecond: readonly number[];
  readonly bytesWrittenPerSecond: readonly number[];
}

/** A file of the table. */
export interface TableFile {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}

/** What a look into the events of a source suggests. */
export interface FieldGuess {
  /** Top-level fields, in order of appearance. */
  readonly fields: readonly string[];
  readonly timeField: string | undefined;
  readonly partitionField: string | undefined;
}

/** A stored file, read back. */
export interface FileContents {
  readonly rows: number;
  readonly createdBy: string | undefined;
  readonly rowGroups: number;
  readonly columns: readonly FileColumn[];
  readonly names: readonly string[];
  /** The first rows, as text. */
  readonly firstRows: readonly (readonly (string | null)[])[];
}

/** A column of a file. */
export interface FileColumn {
  readonly name: string;
  readonly type: string;
  readonly encodings: readonly string[];
  readonly compression: string;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
}

/** Dead letters of the table, the newest first. */
export interface DeadLetterList {
  readonly total: number;
  readonly byReason: readonly { readonly reason: string; readonly count: number }[];
  readonly newest: readonly DeadLetter[];
}
